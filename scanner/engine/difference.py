"""Which violations of two states are the same one, which are new, and which are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scanner.engine.git import Change
from scanner.engine.violation import Violation, fingerprint


class Moved(NamedTuple):
    """A violation that goes on under another fingerprint, severity or scope; `source` is the fingerprint it had."""

    source: str
    violation: Violation


@dataclass(frozen=True, slots=True)
class Difference:
    """What leads from one state to another, each in the order of fingerprints.

    `fixed` are violations of the state before. `relocated` kept their fingerprint, with another line, message or
    related place.
    """

    introduced: tuple[Violation, ...]
    fixed: tuple[Violation, ...]
    moved: tuple[Moved, ...]
    relocated: tuple[Violation, ...]


def difference(
    removed: Mapping[str, Violation], added: Mapping[str, Violation], changes: Sequence[Change]
) -> Difference:
    """Tell violations by fingerprint that a change took away and brought (those that only changed are in both) apart.

    A violation of a renamed file goes on, and so does one whose severity or scope is another now.
    """
    gone = {f: v for f, v in removed.items() if f not in added}
    come = {f: v for f, v in added.items() if f not in removed}
    moved, relocated = [], []
    for kept in sorted(removed.keys() & added.keys()):
        before, after = removed[kept], added[kept]
        if (before.severity, before.scope) != (after.severity, after.scope):
            moved.append(Moved(kept, after))
        else:
            relocated.append(after)
    for source, violation in _renamed(gone, come, _sources(changes)):
        del gone[source], come[violation.fingerprint]
        moved.append(Moved(source, violation))
    return Difference(
        introduced=tuple(come[kept] for kept in sorted(come)),
        fixed=tuple(gone[kept] for kept in sorted(gone)),
        moved=tuple(moved),
        relocated=tuple(relocated),
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
