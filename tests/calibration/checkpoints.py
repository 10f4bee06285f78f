"""Does following a real history give what looking afresh gives? `python -m tests.calibration.checkpoints PATH`.

    python -m tests.calibration.checkpoints PATH [--rev REV] [--config FILE] [--checkpoints 60] [--cache DIR]

Replays every first parent of a revision with the revision as baseline. At evenly spaced checkpoints, the violations
(as sets, with all their fields), the circles of imports, the obligations and the coverage have to equal those of the
tree resolved anew; the difference is printed and the exit code is 1. Between consecutive commits, it counts the
findings on lines that did not change, and those of them that closed while another of the same rule opened on the very
line: the design allows 0.1 %. Prints one Markdown row.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanner.engine.cache import FactsCache
from scanner.engine.facts_source import FactsSource
from scanner.engine.git import Repository
from scanner.engine.replay import Step, replay, snapshot_at
from scanner.engine.report import settings_from, settings_of
from scanner.engine.snapshot import Snapshot
from scanner.engine.trees import committed
from scanner.engine.violation import Violation

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
# Old line → new line of a file, None for a line that changed.
Lines = Callable[[int], int | None]


@dataclass
class Churn:
    """Findings on lines that did not change, counted once for every commit they pass."""

    passed: int = 0
    in_changed_files: int = 0
    reopened: Counter[str] = field(default_factory=Counter)

    def follow(self, source: Repository, step: Step, standing: dict[str, Violation]) -> None:
        """Take a step; `standing` is what was open before it."""
        kept = _kept_lines(source, step.commit.sha) if step.commit.parent else {}
        self.passed += len(standing)
        for violation in standing.values():
            if violation.path in kept:
                unchanged = kept[violation.path](violation.line) is not None
                self.in_changed_files += unchanged
                self.passed -= not unchanged
        opened = {(v.rule, v.path, v.line) for v in step.introduced}
        for fingerprint in step.fixed:
            gone = standing[fingerprint]
            line = kept[gone.path](gone.line) if gone.path in kept else gone.line
            if line is not None and (gone.rule, gone.path, line) in opened:
                self.reopened[gone.rule] += 1


def _kept_lines(source: Repository, commit: str) -> dict[str, Lines]:
    """Return, for each file of a commit's difference from its first parent, which lines it kept and where."""
    command = ["git", "-C", source.git_dir, "diff-tree", "-r", "-U0", "-p", "--no-renames", "--no-color", f"{commit}^1"]
    told = subprocess.run([*command, commit, "--", "*.py"], check=True, capture_output=True).stdout
    kept: dict[str, Lines] = {}
    for part in re.split(rb"^diff --git ", told, flags=re.M)[1:]:
        name = re.search(rb"^--- a/(.*)$", part, flags=re.M)
        if name is not None:
            hunks = [tuple(int(n) if n else 1 for n in found.groups(b"1")) for found in _hunks(part)]
            kept[name[1].decode("utf-8", "surrogateescape")] = _mapping(hunks)
    return kept


def _hunks(part: bytes) -> Iterator[re.Match[bytes]]:
    return (found for line in part.splitlines() if (found := _HUNK.match(line)))


def _mapping(hunks: list[tuple[int, ...]]) -> Lines:
    # A hunk that only adds names the line before it.
    starts = [start if count else start + 1 for start, count, _, _ in hunks]

    def line_after(line: int) -> int | None:
        at = bisect_right(starts, line) - 1
        if at < 0:
            return line
        start, count, new_start, new_count = hunks[at]
        if count and start <= line < start + count:
            return None
        end, new_end = (start + count, new_start + new_count) if count else (start + 1, new_start + new_count)
        return line - end + (new_end if new_count else new_start + 1)

    return line_after


def differences(followed: Snapshot, afresh: Snapshot) -> Iterator[str]:
    """Yield what two snapshots of one commit do not agree about."""
    mine, theirs = set(followed.violations.values()), set(afresh.violations.values())
    for violation in mine ^ theirs:
        what = "only when followed" if violation in mine else "only when looked at afresh"
        yield f"{what}: {violation.rule} {violation.path}:{violation.line} {violation.message}"
    for name in ("obligations", "coverage"):
        if getattr(followed, name) != getattr(afresh, name):
            yield f"{name}: {getattr(followed, name)} and afresh {getattr(afresh, name)}"
    for name in ("loading", "calling"):
        if getattr(followed.world, name).through != getattr(afresh.world, name).through:
            yield f"the circles of {name}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.calibration.checkpoints", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rev", default="HEAD")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--checkpoints", type=int, default=60)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    source = Repository(options.path)
    head = source.resolve(options.rev)
    tree = committed(source, head)
    told = options.config.read_bytes() if options.config else None
    config = (settings_from(told, str(options.config), tree) if told else settings_of(tree)).config
    commits = source.history(head)
    chosen = {round(n * (len(commits) - 1) / (options.checkpoints - 1)) for n in range(options.checkpoints)}
    churn, standing, wrong = Churn(), {}, 0
    with FactsSource(source.blobs, FactsCache(options.cache, print), 2, lambda done, wanted: None) as facts_of:
        ranking = snapshot_at(source, head, config, facts_of).ranking
        followed = Snapshot(config, facts_of, ranking)
        for n, step in enumerate(replay(source, commits, followed)):
            churn.follow(source, step, standing)
            standing = dict(followed.violations)
            if n in chosen:
                for line in differences(followed, snapshot_at(source, step.commit.sha, config, facts_of, ranking)):
                    print(f"{step.commit.sha[:12]} {line}", file=sys.stderr)
                    wrong += 1
    reopened = churn.reopened.total()
    rules = ", ".join(f"{rule} {count}" for rule, count in churn.reopened.most_common(3)) or "none"
    print(
        f"| {options.path.absolute().parent.name} at {head[:9]} | {len(commits):,} | {len(chosen)} | {wrong} |"
        f" {churn.passed:,} | {churn.in_changed_files:,} | {reopened} ({rules}) |"
        f" {reopened / max(churn.passed, 1):.5%} | {reopened / max(churn.in_changed_files, 1):.3%} |"
    )
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
