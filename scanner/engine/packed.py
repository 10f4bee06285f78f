"""Facts of a tree's files, packed but for what is asked of every file: most of the many are asked for little."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from scanner.engine.codec import FIELDS, pack, unpack
from scanner.engine.facts import Allowance, Copyable, Definition, Facts, Import
from scanner.engine.violation import Scope

# Three quarters of what is told. The rules look at these in few files, or at one file after the other.
_LARGE = ("definitions", "copyable")
_MOST_UNPACKED = 300

Row = TypeVar("Row", Copyable, Definition, Import)


class Packed(Facts):
    """Facts that are unpacked as far as somebody asked for them lately, and else are Facts like any other."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes, allowances: tuple[Allowance, ...]) -> None:
        """Take what `pack` returned. Every scan asks for the allowances there are."""
        self.packed = packed
        self.allowances = allowances

    def __getattr__(self, name: str) -> Any:
        # Only for a slot that nothing is in.
        if name not in FIELDS:
            raise AttributeError(name)
        told = unpack(self.packed, _LARGE if self._is_unpacked("outcome") else FIELDS)
        self.fill(told)
        _unpacked.append(self)
        if len(_unpacked) > _MOST_UNPACKED:
            _unpacked.popleft().fold()
        return told[name]

    def __reduce__(self) -> tuple[type[Packed], tuple[bytes, tuple[Allowance, ...]]]:
        return Packed, (self.packed, self.allowances)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Facts) and all(getattr(self, name) == getattr(other, name) for name in FIELDS)

    __hash__ = None  # type: ignore[assignment]

    def fill(self, told: Mapping[str, Any]) -> None:
        """Take fields as they are unpacked."""
        for name, value in told.items():
            setattr(self, name, value)

    def fold(self) -> None:
        """Let go of what takes the most room."""
        for name in _LARGE:
            if self._is_unpacked(name):
                delattr(self, name)

    def _is_unpacked(self, name: str) -> bool:
        try:
            object.__getattribute__(self, name)
        except AttributeError:
            return False
        return True


# Those whose large fields are there, the longest unpacked first.
_unpacked: deque[Packed] = deque()


def _without_bodies(facts: Facts) -> Facts:
    """Leave out what is asked of production files alone; tests are three quarters of a large tree."""
    rows = (row._replace(decorators=(), members=(), body="") for row in facts.definitions)
    on_classes = tuple(row for row in facts.containers if row.owner)
    return replace(
        facts, definitions=tuple(rows), nested=(), environment=(), copyable=(), instances=(), containers=on_classes
    )


def _packed(facts: Facts) -> Packed:
    """Pack facts, but for what is asked of every file."""
    packed = Packed(pack(facts), facts.allowances)
    told = ((name, getattr(facts, name)) for name in FIELDS)
    packed.fill({name: value for name, value in told if not value or name not in _LARGE})
    return packed


class Packing:
    """Makes the facts of a tree smaller. Equal names become one object."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def keep(self, facts: Facts, scope: Scope) -> Facts:
        """Return what is asked of a file of that scope. Those of production are asked for all they have, and stay as
        they are; of the others, all that is not asked of every file is packed."""
        if scope == "production":
            kept = facts
            kept.definitions = tuple(map(self._row, facts.definitions))
            kept.copyable = tuple(map(self._row, facts.copyable))
        else:
            kept = _packed(_without_bodies(facts))
        kept.outcome = "ok"  # of what could not be read, nothing is asked
        kept.imports = tuple(map(self._row, facts.imports))
        return kept

    def _row(self, row: Row) -> Row:
        return type(row)._make(map(self._one, row))

    def _one(self, value: Any) -> Any:
        """Return the object that stands for all equal ones. Of a tuple, its parts are such, too."""
        known = self._known.get(value)
        if known is None:
            known = tuple(map(self._one, value)) if isinstance(value, tuple) else value
            self._known[value] = known
        return known
