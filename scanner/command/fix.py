"""`truthline fix PATH`: print patches; on standard error, why other findings stay and what a patch may break."""

from __future__ import annotations

import argparse

from scanner.command.opening import facts_from, settings_for, today
from scanner.engine.fixes.account import Account
from scanner.engine.fixes.patching import Patch
from scanner.engine.fixes.repair import Workshop, wanted
from scanner.engine.git import Repository
from scanner.engine.parser_pool import ParserPool
from scanner.engine.trees import committed
from scanner.terminal import destination, tell


def run(options: argparse.Namespace) -> int:
    """Repair as asked and return the exit code."""
    repository = Repository(options.path)
    tree = committed(repository, repository.resolve(options.rev))
    config = settings_for(options, tree).config
    account = Account()
    with destination(options.output) as output, facts_from(options, tree.blobs) as facts_of, ParserPool(1) as pool:
        workshop = Workshop(config, tree.files, facts_of, repository.blob, tree.versions_of, tree.day)
        findings = wanted(workshop.violations.values(), today(), options.rule, options.symbol, options.only)
        for result in workshop.repair(findings, pool):
            for line in account.lines(result):
                tell(line)
            if isinstance(result, Patch):
                output.write(result.diff)
    tell(account.summary())
    return 0
