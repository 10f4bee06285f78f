"""`truthline history PATH`: replay first parents, one JSON line for each commit, oldest first."""

from __future__ import annotations

import argparse
import json

from scanner.command.opening import facts_from, kept_by, settings_for, today
from scanner.engine.formats import history_line
from scanner.engine.git import LINK, PYTHON, Repository
from scanner.engine.timeline import timeline
from scanner.engine.trees import committed
from scanner.terminal import destination


def run(options: argparse.Namespace) -> int:
    """Replay as asked and return the exit code."""
    repository = Repository(options.path)
    tip = repository.resolve(options.branch)
    baseline = repository.resolve(options.baseline) if options.baseline is not None else tip
    settings = settings_for(options, committed(repository, tip))
    commits = repository.history(tip, limit=options.limit)
    with destination(options.output) as output, facts_from(options, repository.blobs) as facts_of:
        facts_of.prefetch(_python_blobs(repository, [commit.sha for commit in commits]))
        kept = kept_by(facts_of, settings.config)
        pinning = committed(repository, baseline)
        for moment in timeline(repository, commits, settings.config, facts_of, pinning, kept):
            output.write(json.dumps(history_line(moment, today())).encode() + b"\n")
            output.flush()
    return 0


def _python_blobs(repository: Repository, commits: list[str]) -> set[str]:
    """Return the Python blobs of the first commit's tree and of every later change."""
    files = [(path, sha) for path, sha in repository.tree(commits[0]).items()]
    for changes in repository.changes(commits[1:]):
        files += [(change.path, change.new) for change in changes if change.new]
    return {sha for path, sha in files if path.endswith(PYTHON) and sha != LINK}
