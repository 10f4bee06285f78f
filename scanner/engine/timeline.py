"""A history as the command line tells it: replayed steps, each with its score under the baseline's D."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanner.engine import rule
from scanner.engine.baseline import comparable, pin
from scanner.engine.config import Config
from scanner.engine.coverage import missing_since
from scanner.engine.git import Commit, Repository
from scanner.engine.kept import KeptTrees
from scanner.engine.replay import Step, replay, snapshot_of
from scanner.engine.score import Debts, Score, score
from scanner.engine.snapshot import FactsOf, Snapshot
from scanner.engine.trees import Tree
from scanner.engine.violation import Violation


@dataclass(frozen=True, slots=True)
class Moment:
    """One commit of the history. `comparable` is false where the score must not be compared with the baseline's."""

    step: Step
    score: Score
    comparable: bool


def timeline(
    repository: Repository,
    commits: Sequence[Commit],
    config: Config,
    facts_of: FactsOf,
    baseline: Tree,
    kept: KeptTrees | None = None,
) -> Iterator[Moment]:
    """Replay commits (first parents, oldest first); the first one introduces everything that is open there.

    `kept` may know most of the baseline's tree.
    """
    pinning = kept.snapshot(baseline) if kept else snapshot_of(baseline, config, facts_of)
    pinned, ranking = pin(pinning.obligations), pinning.ranking
    del pinning  # as large as the tree
    debts = Debts(rule.areas())
    standing: dict[str, Violation] = {}
    awaited: int | None = None
    production = 0
    for step in replay(repository, commits, Snapshot(config, facts_of, ranking)):
        for gone in (*step.fixed, *(move.source for move in step.moved)):
            debts.add(standing.pop(gone), -1)
        for come in (*step.introduced, *(move.violation for move in step.moved)):
            debts.add(come)
            standing[come.fingerprint] = come
        files = step.coverage.production.files
        awaited = missing_since(awaited, production, files)
        production = files
        result = score(debts, pinned, step.coverage, missing=awaited is not None)
        yield Moment(step, result, comparable(pinned, step.obligations.total))
