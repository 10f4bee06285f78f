"""Which production files hold which body: all that have the same one are copies of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from scanner.engine.facts import Copyable, Facts
from scanner.engine.violation import Scope


class _File(Protocol):
    @property
    def scope(self) -> Scope: ...

    @property
    def facts(self) -> Facts | None: ...


def copyable(file: _File | None) -> Sequence[Copyable]:
    """Return what may be a copy in a file; only production files are asked."""
    return file.facts.copyable if file and file.facts and file.scope == "production" else ()


def follow_bodies(
    held: dict[str, tuple[str, ...]], before: Mapping[str, _File], after: Mapping[str, _File]
) -> set[str]:
    """Bring up to date which files hold which body, once for each such body, when files change.

    Return the digests that these files hold or held.
    """
    gone: dict[str, list[str]] = {}
    come: dict[str, list[str]] = {}
    for files, paths in ((before, gone), (after, come)):
        for path, file in files.items():
            for row in copyable(file):
                paths.setdefault(row.body, []).append(path)
    touched = gone.keys() | come.keys()
    for body in touched:
        left = set(gone.get(body, ()))
        if now := (*(path for path in held.pop(body, ()) if path not in left), *come.get(body, ())):
            held[body] = now
    return touched
