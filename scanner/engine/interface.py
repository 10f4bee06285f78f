"""What a module offers to those who import from it: its names and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from scanner.engine.facts import (
    DEFERRED,
    ENUM,
    HAS_GETATTR,
    HOLDING,
    INSTALLS_FINDER,
    IS_CLASS,
    OWNING,
    RECORD,
    REGISTERS_MODULES,
    REPLACES_ITSELF,
    SETS_NAMES,
    SETS_PATH,
    SINGLETON_META,
    STATEFUL,
    TYPE_CHECKING,
    VALUE,
    Definition,
    Facts,
)

# What is told of a class to who asks what a dotted name means.
TOLD = IS_CLASS | VALUE | STATEFUL | RECORD | HOLDING | ENUM | SINGLETON_META | OWNING
# Any name may be asked of such a module, or any submodule of such a package.
ANY_NAME = HAS_GETATTR | REPLACES_ITSELF | SETS_NAMES
ANY_SUBMODULE = INSTALLS_FINDER | SETS_PATH | REGISTERS_MODULES | REPLACES_ITSELF

# Every module has these.
IMPLICIT = frozenset(
    {"__name__", "__doc__", "__file__", "__path__", "__spec__", "__loader__", "__package__", "__dict__"}
    | {"__builtins__", "__annotations__", "__cached__"}
)


# Beside IS_CLASS and VALUE in the traits of what a name is; facts tell a function by not being a class.
IS_FUNCTION = 1 << 16


class Defined(NamedTuple):
    """The name is a class or function defined here; `bases` are a class's bases, or what a function returns."""

    traits: int
    bases: tuple[str, ...]


class Taken(NamedTuple):
    """The name is imported; `name` is "" when it is the module itself."""

    level: int
    module: str
    name: str


class Alias(NamedTuple):
    """The name is another name for something this module knows by a dotted name."""

    target: str


class Value(NamedTuple):
    """The name is bound to something nobody follows."""


Origin = Defined | Taken | Alias | Value
_VALUE = Value()
_NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Interface:
    """A module's names with all the places each may come from, in source order; `typing` names exist only for type
    checkers. Two equal interfaces answer every question alike."""

    names: dict[str, tuple[Origin, ...]]
    typing: frozenset[str]
    stars: tuple[Taken, ...]
    exports: frozenset[str] | None
    traits: int

    def differing(self, other: Interface) -> set[str]:
        """Return the names for which the two do not say the same."""
        mine, theirs = self.names, other.names
        names = {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}
        return names | (self.typing ^ other.typing)

    def same_rest(self, other: Interface) -> bool:
        """Whether all but the names is equal."""
        mine, theirs = (self.stars, self.exports, self.traits), (other.stars, other.exports, other.traits)
        return mine == theirs and self.computes_exports is other.computes_exports

    @property
    def computes_exports(self) -> bool:
        """Whether there is an `__all__` that only the running program knows."""
        return self.exports is None and "__all__" in self.names

    def gives_to_stars(self, name: str) -> bool:
        """Whether `from this import *` brings the name, or may bring it."""
        if self.exports is not None:
            return name in self.exports
        return self.computes_exports or not name.startswith("_")


class _File(Protocol):
    @property
    def facts(self) -> Facts | None: ...


class Interfaces:
    """The interfaces of a tree's files, each made when somebody first asks for it.

    An object of its own, so that nothing that is kept for resolving refers to the whole tree: a tree is let go of at
    once and not when the garbage collector comes by.
    """

    def __init__(self, files: Mapping[str, _File]) -> None:
        self._files = files
        self._known: dict[str, Interface] = {}

    def get(self, path: str) -> Interface | None:
        """Return a file's interface, None when it has no facts."""
        interface = self._known.get(path)
        if interface is None:
            file = self._files.get(path)
            if file is None or file.facts is None:
                return None
            interface = self._known[path] = interface_of(file.facts)
        return interface

    def forget(self, path: str) -> Interface | None:
        """Return the interface that was made for a path, if one was; a new one is made when it is asked for again."""
        return self._known.pop(path, None)


def interface_of(facts: Facts) -> Interface:
    """Return what a module with these facts offers."""
    places: list[tuple[int, bool, str, Origin]] = []
    stars: list[Taken] = []
    for row in facts.imports:
        if row.where & DEFERRED or row.enclosing:
            continue
        typing = bool(row.where & TYPE_CHECKING)
        for name, bound in row.names:
            if name == "*":
                stars.append(Taken(row.level, row.module, "*"))
            else:
                places.append((row.line, typing, bound, _taken(row.level, row.module, name)))
        if not row.names:
            module = row.module if row.alias else row.module.partition(".")[0]
            places.append((row.line, typing, row.alias or module, _taken(0, module, "")))
    for definition in facts.definitions:
        typing = bool(definition.where & TYPE_CHECKING)
        places.append((definition.line, typing, definition.name, _defined(definition)))
    names: dict[str, tuple[Origin, ...]] = {}
    typing_names = set(facts.typing_names)
    for _, typing, name, origin in sorted(places, key=lambda place: place[0]):
        names[name] = (*names[name], origin) if name in names else _alone(origin)
        if typing:
            typing_names.add(name)
    runtime = {name for _, typing, name, _ in places if not typing}.union(facts.names)
    aliases = dict(facts.aliases)
    for name in facts.names:
        origin = Alias(aliases[name]) if name in aliases else _VALUE
        names[name] = (*names[name], origin) if name in names else _alone(origin)
    for name in facts.typing_names:
        names.setdefault(name, _alone(_VALUE))
    exports = frozenset(facts.exports) if facts.exports is not None else None
    traits = facts.module | (HAS_GETATTR if "__getattr__" in runtime else 0)
    return Interface(names, frozenset(typing_names - runtime) or _NO_NAMES, tuple(stars), exports, traits)


@lru_cache(maxsize=1 << 14)
def _taken(level: int, module: str, name: str) -> Taken:
    """Return an origin that many modules have, once."""
    return Taken(level, module, name)


@lru_cache(maxsize=1 << 14, typed=True)
def _alone(origin: Origin) -> tuple[Origin, ...]:
    return (origin,)


def _defined(definition: Definition) -> Defined:
    if definition.traits & IS_CLASS:
        return Defined(definition.traits & TOLD, definition.bases)
    return Defined(IS_FUNCTION, definition.returns)
