"""Two things under one name: definitions that have hardly a member in common."""

from __future__ import annotations

from scanner.engine.facts import Definition

_HARDLY = 0.3


def are_homonyms(one: Definition, other: Definition) -> bool:
    """Whether less than 0.3 of the members of either are members of both; never when one has none to compare."""
    mine, theirs = _members(one), _members(other)
    return bool(mine and theirs) and len(mine & theirs) / len(mine | theirs) < _HARDLY


def have_members_in_common(one: Definition, other: Definition) -> bool:
    """Whether some member is one of both, and they are no homonyms."""
    return not _members(one).isdisjoint(_members(other)) and not are_homonyms(one, other)


def _members(definition: Definition) -> set[str]:
    return {name for name in definition.members if not name.startswith("__")}
