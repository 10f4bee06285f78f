"""Commits → steps: what each introduced, fixed and moved, and the counts after it."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from scanner.engine.baseline import Obligations
from scanner.engine.config import Config
from scanner.engine.coverage import Coverage
from scanner.engine.difference import Moved, difference
from scanner.engine.git import LINK, PYTHON, Change, Commit, Repository
from scanner.engine.ranking import Ranking
from scanner.engine.score import TallyKey, TallyRow, key_of
from scanner.engine.snapshot import Delta, FactsOf, Snapshot
from scanner.engine.trees import Tree, committed
from scanner.engine.violation import Violation

# Files of a commit from which on what it brought is worth telling the garbage collector about.
_MANY = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One replayed commit.

    `fixed` and `Moved.source` are fingerprints that were open before. `relocated` kept theirs, with another line,
    message or related place. `open` counts all violations after the commit; `tally` holds the keys that changed.
    """

    commit: Commit
    introduced: tuple[Violation, ...]
    fixed: tuple[str, ...]
    moved: tuple[Moved, ...]
    relocated: tuple[Violation, ...]
    open: int
    tally: Mapping[TallyKey, TallyRow]
    obligations: Obligations
    coverage: Coverage


def snapshot_at(
    repository: Repository, commit: str, config: Config, facts_of: FactsOf, ranking: Ranking | None = None
) -> Snapshot:
    """Return the snapshot of a commit's whole tree; without a ranking, the commit is its own baseline."""
    return snapshot_of(committed(repository, commit), config, facts_of, ranking)


def snapshot_of(tree: Tree, config: Config, facts_of: FactsOf, ranking: Ranking | None = None) -> Snapshot:
    """Return the snapshot of a whole tree; without a ranking, it is its own baseline."""
    snapshot = Snapshot(config, facts_of, ranking)
    snapshot.apply(tree.additions(), tree.versions_of, tree.day)
    return snapshot


def lead(snapshot: Snapshot, changes: Sequence[Change], tree: Tree, facts_of: FactsOf) -> None:
    """Take a snapshot to another tree, from anywhere, so that it is what a scan of that tree alone would make.

    A file that cannot be read there is told by what that tree's history has before it: it must not be known yet.
    """
    python = {change.path: change.new for change in changes if change.path.endswith(PYTHON) and change.new != LINK}
    unparsed = {blob for blob, facts in facts_of({blob for blob in python.values() if blob}) if not facts.parsed}
    unread = {path for path, blob in python.items() if blob in unparsed}
    if unread:
        snapshot.apply([Change(change.path, change.old, None) for change in changes if change.path in unread])
    snapshot.apply(changes, tree.versions_of, tree.day)


def replay(repository: Repository, commits: Sequence[Commit], snapshot: Snapshot) -> Iterator[Step]:
    """Yield a step for each of the commits, which follow one another along first parents, oldest first.

    `snapshot` is at the first one's parent and goes along: after a step it is at that step's commit. A new one takes
    the first commit's whole tree, so that the first step introduces everything that is open there.
    """
    if not commits:
        return
    counts: Counter[TallyKey] = Counter(map(key_of, snapshot.violations.values()))
    try:
        gc.freeze()
        with closing(_changes(repository, commits, whole=snapshot.is_new)) as told:
            for commit, changes in zip(commits, told, strict=True):
                delta = snapshot.apply(changes, partial(repository.path_versions, commit.sha), commit.day)
                if len(changes) > _MANY:
                    # What came stays: the garbage collector need not look through it again while the next commits,
                    # of a few files each, come by.
                    gc.freeze()
                yield _step(commit, changes, delta, snapshot, counts)
    finally:
        gc.unfreeze()


def _changes(repository: Repository, commits: Sequence[Commit], *, whole: bool) -> Generator[list[Change]]:
    shas = [commit.sha for commit in commits]
    if whole:
        yield _additions(repository, shas.pop(0))
    yield from repository.changes(shas)


def _additions(repository: Repository, commit: str) -> list[Change]:
    return [Change(path, None, blob) for path, blob in repository.tree(commit).items()]


def _step(
    commit: Commit, changes: Sequence[Change], delta: Delta, snapshot: Snapshot, counts: Counter[TallyKey]
) -> Step:
    told = difference(delta.removed, delta.added, changes)
    return Step(
        commit=commit,
        introduced=told.introduced,
        fixed=tuple(violation.fingerprint for violation in told.fixed),
        moved=told.moved,
        relocated=told.relocated,
        open=len(snapshot.violations),
        tally=_tally(delta, told.fixed, told.introduced, counts),
        obligations=snapshot.obligations,
        coverage=snapshot.coverage,
    )


def _tally(
    delta: Delta, fixed: Iterable[Violation], introduced: Iterable[Violation], counts: Counter[TallyKey]
) -> dict[TallyKey, TallyRow]:
    """Bring the counts up to date and return the keys that changed."""
    net = Counter(map(key_of, delta.added.values()))
    net.subtract(map(key_of, delta.removed.values()))
    counts.update(net)
    new, old = Counter(map(key_of, introduced)), Counter(map(key_of, fixed))
    keys = sorted({key for key, by in net.items() if by} | new.keys() | old.keys())
    return {key: TallyRow(counts[key], new[key], old[key]) for key in keys}
