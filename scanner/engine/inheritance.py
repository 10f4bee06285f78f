"""A class's bases, and theirs: what a class definition reaches by inheriting."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine.facts import IS_CLASS, Definition
from scanner.engine.questions import State, Target
from scanner.engine.world import World

# More steps from class to base are not followed.
_DEEPEST = 20


def inherited(asker: str, path: str, definition: Definition, world: World) -> Iterator[Target]:
    """Yield the classes of the repository that a class in a file inherits from, its own bases first, each once.

    The rules look at `asker` again when that changes.
    """
    pending = [(path, base) for base in definition.bases]
    seen = {(path, definition.name)}
    while pending and len(seen) < _DEEPEST:
        place, base = pending.pop()
        target = world.lookup(asker, place, base) if base else None
        if target is None or target.state is not State.FOUND or not target.traits & IS_CLASS:
            continue
        if (target.path, target.name) not in seen:
            yield target
            seen.add((target.path, target.name))
            pending.extend((target.path, base) for base in target.bases)
