"""Facts of containers on module and class level: where they are made, what functions do to them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from scanner.engine.facts import Container
from scanner.engine.functions import is_container
from scanner.engine.nodes import DEFINITIONS, names_in
from scanner.engine.sharing import Scope, Use, Walk
from scanner.engine.syntax import dotted

_WEAK = frozenset({"WeakValueDictionary", "WeakKeyDictionary", "WeakSet"})


class Place(NamedTuple):
    """Where a container is made; `owner` is the class's qualified name, "" on module level."""

    owner: str
    name: str
    line: int
    end_line: int
    is_classvar: bool


def _places(body: Sequence[ast.stmt], owner: str) -> Iterator[Place]:
    """Yield the containers that the statements of a class or module make; tables in capitals are constants."""
    for statement in body:
        if isinstance(statement, ast.Assign) and is_container(statement.value):
            target, annotation = statement.targets[0], ""
        elif isinstance(statement, ast.AnnAssign) and is_container(statement.value):
            target, kind = statement.target, statement.annotation
            annotation = dotted(kind.value if isinstance(kind, ast.Subscript) else kind)
        else:
            continue
        if isinstance(target, ast.Name) and not _is_bounded(statement.value) and not _is_constant(target.id):
            is_classvar = annotation.rpartition(".")[2] == "ClassVar"
            end = statement.end_lineno or statement.lineno
            yield Place(owner, target.id, statement.lineno, end, is_classvar)


def _is_constant(name: str) -> bool:
    return name.lstrip("_").isupper() or (name.startswith("__") and name.endswith("__"))


def _is_bounded(value: ast.expr | None) -> bool:
    """Whether a container holds its entries weakly, or a number of them at most."""
    return isinstance(value, ast.Call) and (
        dotted(value.func).rpartition(".")[2] in _WEAK or any(keyword.arg == "maxlen" for keyword in value.keywords)
    )


@dataclass(slots=True)
class Containers:
    """The containers of a module, and the functions that mention one."""

    places: list[Place] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    scopes: list[Scope] = field(default_factory=list)

    def read(self, tree: ast.Module) -> None:
        """Look for containers on the levels of the module and of its classes; nested ones are left out."""
        self._look(tree.body, "")
        for statement in tree.body:
            if isinstance(statement, ast.ClassDef):
                self._look(statement.body, statement.name)

    def _look(self, body: list[ast.stmt], owner: str) -> None:
        for place in _places(body, owner):
            self.places.append(place)
            self.names.add(place.name)

    def changed(self, module: Sequence[ast.stmt]) -> Iterator[Container]:
        """Yield the containers that functions change; `module` are the statements of the whole module."""
        if not self.scopes:
            return
        uses = {(place.owner, place.name): Use() for place in self.places}
        for scope in self.scopes:
            Walk(scope, uses, self.names).run()
        mentions = _mentions(module)
        for place in self.places:
            use = uses[place.owner, place.name]
            changers = use.changers | (set() if use.hidden else use.through_self)
            if changers:
                fillers = tuple(sorted(use.fillers & changers))
                kept = bool(fillers) and not use.released and not _is_mentioned(place, mentions)
                yield Container(*place, tuple(sorted(changers)), fillers, kept)


def _mentions(module: Sequence[ast.stmt]) -> dict[str, set[int]]:
    """Return the names that the module's own statements mention, with the lines these begin on."""
    lines: dict[str, set[int]] = {}
    for statement in module:
        if not isinstance(statement, DEFINITIONS):
            for name in names_in(statement):
                lines.setdefault(name, set()).add(statement.lineno)
    return lines


def _is_mentioned(place: Place, mentions: Mapping[str, set[int]]) -> bool:
    """Whether the module's own statements do anything with a container beside making it."""
    return not place.owner and bool(mentions.get(place.name, set()) - {place.line})
