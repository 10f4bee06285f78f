"""Two things under one name: definitions that have hardly a member in common."""

from __future__ import annotations

from scanner.engine.facts import Definition

_HARDLY = 0.3


def are_homonyms(one: Definition, other: Definition) -> bool:
    """Whether less than 0.3 of the members of either are members of both; never when one has none to compare."""
    mine, theirs = _members(one), _members(other)
    return bool(mine and theirs) and len(mine & theirs) / len(mine | theirs) < _HARDLY


def _members(definition: Definition) -> set[str]:
    return {name for name in definition.members if not name.startswith("__")}
