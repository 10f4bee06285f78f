"""Following a history commit by commit gives the same as looking at each commit afresh."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from scanner.engine import replay as replaying
from scanner.engine.config import Canonical, Config, Deprecated, Environment, Limits, Transitional
from scanner.engine.extract import extract
from scanner.engine.facts import Facts
from scanner.engine.git import Repository
from scanner.engine.replay import replay, snapshot_at
from scanner.engine.rule import all_rules
from scanner.engine.score import TallyKey, key_of
from scanner.engine.snapshot import FactsOf, Snapshot
from scanner.engine.violation import Violation
from tests.engine.generated_history import History

CONFIG = Config(
    services=("shop", "auth"),
    shared=("shared",),
    roots=("",),
    canonical=(Canonical("Store", "shop.core.store", ("shop",)), Canonical("connect", "shared.base")),
    deprecated=(Deprecated("shop.web.utils", "shop.core"), Deprecated("auth.models")),
    transitional=tuple(
        Transitional(f"shop.{name}", until)
        for name, until in (("a", "2023-11-30"), ("core.a", "2023-12-31"), ("web.b", "2024-01-15"), ("b", "phase 2"))
    ),
    environment=Environment(("shared.base",)),
    limits=Limits(file_lines=30),
)


def reader(repository: Repository) -> FactsOf:
    known: dict[str, Facts] = {}

    def facts_of(shas: Collection[str]) -> Iterator[tuple[str, Facts]]:
        wanted = [sha for sha in shas if sha not in known]
        known.update((sha, extract(source or b"")) for sha, source in repository.blobs(wanted))
        return ((sha, known[sha]) for sha in shas)

    return facts_of


class Book:
    """What someone who is told only the steps knows."""

    def __init__(self) -> None:
        self.open: dict[str, Violation] = {}
        self.tally: Counter[TallyKey] = Counter()
        self.seen: Counter[str] = Counter()

    def follow(self, step: replaying.Step) -> None:
        introduced, fixed = Counter(map(key_of, step.introduced)), Counter(key_of(self.open[f]) for f in step.fixed)
        for source in (*step.fixed, *(move.source for move in step.moved)):
            del self.open[source]
        for violation in (*step.introduced, *(move.violation for move in step.moved)):
            assert violation.fingerprint not in self.open
            self.open[violation.fingerprint] = violation
        for violation in step.relocated:
            assert self.open[violation.fingerprint] != violation
            self.open[violation.fingerprint] = violation
        for key, row in step.tally.items():
            self.tally[key] = row.open
            assert (row.introduced, row.fixed) == (introduced[key], fixed[key])
        assert introduced.keys() | fixed.keys() <= step.tally.keys()
        self.seen += Counter(
            introduced=len(step.introduced), fixed=len(step.fixed), moved=len(step.moved), relocated=len(step.relocated)
        )
        self.seen += Counter(v.rule for v in step.introduced)


@pytest.mark.parametrize(("seed", "length"), [(4, 220), (14, 120)])
def test_every_step_equals_a_full_scan(tmp_path: Path, seed: int, length: int) -> None:
    History(tmp_path / "repository", seed).write(length)
    repository = Repository(tmp_path / "repository")
    facts_of = reader(repository)
    commits = repository.history(repository.resolve("main"))
    assert len(commits) == length
    ranking = snapshot_at(repository, commits[-1].sha, CONFIG, facts_of).ranking
    book = Book()
    steps = replay(repository, commits, Snapshot(CONFIG, facts_of, ranking))
    for commit, step in zip(commits, steps, strict=True):
        book.follow(step)
        full = snapshot_at(repository, commit.sha, CONFIG, facts_of, ranking)
        assert book.open == full.violations, commit.sha
        assert +book.tally == Counter(map(key_of, full.violations.values()))
        assert step.open == len(full.violations)
        assert (step.coverage, step.obligations) == (full.coverage, full.obligations)
        assert sum(len(found) for by_key in full._found.values() for found in by_key.values()) == len(
            full.violations
        ), "two findings share a fingerprint"
    if length > 200:
        # A long history has everything in it, else the test proves nothing.
        happened = {"introduced", "fixed", "moved", "relocated", *(all_rules().keys() - {"rule-failed"})}
        assert min(book.seen[what] for what in happened) > 5
        assert sum(commit.merge for commit in commits) > 10


def test_resuming_goes_on_where_it_stopped(tmp_path: Path) -> None:
    History(tmp_path / "repository", 2).write(60)
    repository = Repository(tmp_path / "repository")
    facts_of = reader(repository)
    commits = repository.history(repository.resolve("main"))
    ranking = snapshot_at(repository, commits[-1].sha, CONFIG, facts_of).ranking
    whole = list(replay(repository, commits, Snapshot(CONFIG, facts_of, ranking)))
    for cut in (1, 17, 40):
        start = snapshot_at(repository, commits[cut - 1].sha, CONFIG, facts_of, ranking)
        assert list(replay(repository, commits[cut:], start)) == whole[cut:]
    assert list(replay(repository, [], Snapshot(CONFIG, facts_of))) == []


def test_a_tree_is_let_go_of_without_the_garbage_collector(tmp_path: Path) -> None:
    History(tmp_path / "repository", 5).write(6)
    repository = Repository(tmp_path / "repository")
    commits = repository.history(repository.resolve("main"))
    snapshot = snapshot_at(repository, commits[0].sha, CONFIG, reader(repository))
    assert len(list(replay(repository, commits[1:], snapshot))) == 5
    gone = weakref.ref(snapshot.world)
    gc.collect()
    gc.disable()
    try:
        del snapshot
        assert gone() is None, "something in it refers to the whole of it"
    finally:
        gc.enable()
