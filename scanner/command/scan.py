"""`truthline PATH`: scan a commit, the index or the work tree, print the report, and judge the gate."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from scanner.command.arguments import UsageError
from scanner.command.opening import facts_from, kept_by, say, settings_for, today
from scanner.engine.formats import scan_document
from scanner.engine.gate import Gate, Verdict, judge
from scanner.engine.git import Repository
from scanner.engine.report import Report, examine
from scanner.engine.sarif import sarif_document
from scanner.engine.text import scan_text
from scanner.engine.trees import NO_COMMIT, Tree, committed, staged, worktree
from scanner.terminal import destination

_EXITS: dict[Verdict, int] = {"passed": 0, "failed": 1, "inconclusive": 3}


def run(options: argparse.Namespace) -> int:
    """Scan as asked and return the exit code."""
    if options.fail_on == "new" and options.since is None:
        raise UsageError("--fail-on new needs --since REV: new against what?")
    gate: Gate = options.fail_on or ("never" if options.since is None else "new")
    repository = Repository(options.path)
    tree = _tree(options, repository)
    baseline = committed(repository, repository.resolve(options.baseline)) if options.baseline is not None else None
    since = _since(options, repository, tree) if options.since is not None else None
    settings = settings_for(options, tree)
    with destination(options.output) as output, facts_from(options, tree.blobs) as facts_of:
        kept = kept_by(facts_of, settings.config)
        report = examine(tree, settings, facts_of, baseline, day=today(), since=since, kept=kept)
        output.write(_formatted(report, gate, options).encode("utf-8", "backslashreplace"))
    for note in report.notes:
        say(note)
    return _EXITS[judge(report, gate)]


def _tree(options: argparse.Namespace, repository: Repository) -> Tree:
    if options.staged:
        return staged(repository, today())
    if options.worktree:
        return worktree(repository, today())
    return committed(repository, repository.resolve(options.rev if options.rev is not None else "HEAD"))


def _since(options: argparse.Namespace, repository: Repository, tree: Tree) -> Tree:
    """Return what to compare with. Before the first commit, HEAD is a tree without files: so a hook need not know."""
    base = tree.stands_on
    if base is not None and base.commit == NO_COMMIT and options.since == "HEAD":
        return base
    commit = repository.resolve(options.since)
    return base if base is not None and base.commit == commit else committed(repository, commit)


def _formatted(report: Report, gate: Gate, options: argparse.Namespace) -> str:
    if options.format == "json":
        return json.dumps(scan_document(report), indent=1) + "\n"
    if options.format == "sarif":
        return json.dumps(sarif_document(report), indent=1) + "\n"
    colour = options.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return scan_text(report, _name(options.path), gate=gate, colour=colour)


def _name(path: Path) -> str:
    folder = Path(os.path.abspath(path))  # not resolve(): a link has the name it is known by
    return folder.parent.name if folder.name == ".git" else folder.name
