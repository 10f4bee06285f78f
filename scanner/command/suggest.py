"""`truthline suggest PATH`: print a ready truthline.toml for a commit, whatever configuration that has."""

from __future__ import annotations

import argparse

from scanner.command.opening import facts_from
from scanner.engine.git import Repository
from scanner.engine.proposal import propose
from scanner.engine.replay import snapshot_at
from scanner.engine.suggestion import suggest_at
from scanner.terminal import destination


def run(options: argparse.Namespace) -> int:
    """Propose as asked and return the exit code."""
    repository = Repository(options.path)
    commit = repository.resolve(options.rev)
    config = suggest_at(repository, commit)
    with destination(options.output) as output, facts_from(options, repository.blobs) as facts_of:
        output.write(propose(snapshot_at(repository, commit, config, facts_of)).toml.encode())
    return 0
