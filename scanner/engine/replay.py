"""Commits → steps: what each introduced, fixed and moved, and the counts after it."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from scanner.engine.baseline import Obligations
from scanner.engine.config import Config
from scanner.engine.coverage import Coverage
from scanner.engine.git import Change, Commit, Repository
from scanner.engine.ranking import Ranking
from scanner.engine.score import TallyKey, TallyRow, key_of
from scanner.engine.snapshot import Delta, FactsOf, Snapshot
from scanner.engine.violation import Violation, fingerprint

# Files of a commit from which on what it brought is worth telling the garbage collector about.
_MANY = 500


class Moved(NamedTuple):
    """A violation that goes on under another fingerprint, severity or scope; `source` is the fingerprint it had."""

    source: str
    violation: Violation


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
    """Return the snapshot of a whole tree; without a ranking, the commit is its own baseline."""
    snapshot = Snapshot(config, facts_of, ranking)
    [told] = repository.history(commit, limit=1)
    snapshot.apply(_additions(repository, commit), partial(repository.path_versions, commit), told.day)
    return snapshot


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
    gone = {f: v for f, v in delta.removed.items() if f not in delta.added}
    come = {f: v for f, v in delta.added.items() if f not in delta.removed}
    moved, relocated = [], []
    for kept in sorted(delta.removed.keys() & delta.added.keys()):
        before, after = delta.removed[kept], delta.added[kept]
        if (before.severity, before.scope) != (after.severity, after.scope):
            moved.append(Moved(kept, after))
        else:
            relocated.append(after)
    for source, violation in _renamed(gone, come, _sources(changes)):
        del gone[source], come[violation.fingerprint]
        moved.append(Moved(source, violation))
    return Step(
        commit=commit,
        introduced=tuple(come[kept] for kept in sorted(come)),
        fixed=tuple(sorted(gone)),
        moved=tuple(moved),
        relocated=tuple(relocated),
        open=len(snapshot.violations),
        tally=_tally(delta, gone.values(), come.values(), counts),
        obligations=snapshot.obligations,
        coverage=snapshot.coverage,
    )


def _sources(changes: Sequence[Change]) -> dict[str, str]:
    """Return new path → old path of renames: those git saw, and blobs gone from one path and come to another."""
    sources = {change.path: change.renamed_from for change in changes if change.renamed_from}
    left: dict[str, list[str]] = {}
    for change in changes:
        if change.new is None and change.old is not None and change.path not in sources.values():
            left.setdefault(change.old, []).append(change.path)
    for change in changes:
        if change.old is None and change.new in left and change.path not in sources:
            candidates = left[change.new]
            if candidates:
                # Several equal files may have moved: those that kept their names are most likely the same.
                source = next((path for path in candidates if _name(path) == _name(change.path)), candidates[0])
                candidates.remove(source)
                sources[change.path] = source
    return sources


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _renamed(
    gone: Mapping[str, Violation], come: Mapping[str, Violation], sources: Mapping[str, str]
) -> list[tuple[str, Violation]]:
    """Return the violations that moved with their file: the fingerprint they had, and what they are now."""
    targets = {old: new for new, old in sources.items()}
    found = []
    for source, violation in gone.items():
        path = targets.get(violation.path)
        if path is not None:
            successor = come.get(fingerprint(violation.rule, path, *violation.identity))
            if successor is not None:
                found.append((source, successor))
    return sorted(found, key=lambda pair: pair[0])


def _tally(
    delta: Delta, fixed: Iterable[Violation], introduced: Iterable[Violation], counts: Counter[TallyKey]
) -> dict[TallyKey, TallyRow]:
    """Bring the counts up to date and return the keys that changed."""
    difference = Counter(map(key_of, delta.added.values()))
    difference.subtract(map(key_of, delta.removed.values()))
    counts.update(difference)
    new, old = Counter(map(key_of, introduced)), Counter(map(key_of, fixed))
    keys = sorted({key for key, by in difference.items() if by} | new.keys() | old.keys())
    return {key: TallyRow(counts[key], new[key], old[key]) for key in keys}
