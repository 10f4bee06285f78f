"""Where the imports of one file lead: edges between files, symbols they reach, and those that reach nothing."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from scanner.engine.facts import DEFERRED, GUARDED, MAIN, NAMES_ESCAPE, REFUSED, TYPE_CHECKING, Facts, Import
from scanner.engine.interface import ANY_NAME, ANY_SUBMODULE
from scanner.engine.modules import key_of, package_of
from scanner.engine.questions import MODULE, Question, State, Target, Targets, beside, module_named, placed

Ask = Callable[[Question], Targets]
_ABSENT = (State.NO_MODULE, State.NO_NAME)
# What a name is that the module asked for it binds, if only by an import that reaches nothing.
_BOUND = (State.UNKNOWN, State.TYPING)


class Edge(NamedTuple):
    """An import of another file: the line of its first statement; deferred when all of them stand in functions."""

    deferred: bool
    line: int


class Broken(NamedTuple):
    """An import that reaches nothing: its row in the facts, and the missing name, "" when the module is missing."""

    row: Import
    name: str

    @property
    def guarded(self) -> bool:
        """Whether the failure is caught when the program runs."""
        escapes = TYPE_CHECKING | REFUSED | (NAMES_ESCAPE if self.name else 0)
        return bool(self.row.where & GUARDED and not self.row.where & escapes)

    @property
    def subject(self) -> str:
        """What is missing, as the import writes it."""
        return f"{self.row.written}:{self.name}" if self.name else self.row.written

    @property
    def message(self) -> str:
        """One sentence that says what is missing."""
        return f"{self.row.written} has no {self.name}." if self.name else f"There is no module {self.row.written}."

    def symbol(self, registered: Container[str]) -> str:
        """Return the missing name; of a missing module, a registered symbol that was wanted of it, else the module."""
        wanted = (name for name, _ in self.row.names if name in registered)
        return self.name or next(wanted, self.row.module or self.row.written)


class Linked(NamedTuple):
    """One name of an import of this repository's modules ("" for a module or a star), and what it reaches."""

    row: Import
    name: str
    target: Target


class Links(NamedTuple):
    """Where the imports of the file `path` lead: the files they load, those that reach nothing, and all of them in the
    order of the facts."""

    path: str
    edges: dict[str, Edge]
    broken: tuple[Broken, ...]
    imports: tuple[Linked, ...]
    symbols: tuple[tuple[str, str], ...]
    """(file, name) of the classes, functions and values imported from other files, each once."""

    def targets(self, *, deferred: bool) -> set[str]:
        """Return the files that loading this one loads; with `deferred`, those that its functions load, too."""
        return {path for path, edge in self.edges.items() if deferred or not edge.deferred}

    @property
    def through(self) -> frozenset[tuple[str, str]]:
        """(file of the module named in the import, name) of these."""
        return frozenset((target.via, name) for name, target in _symbols(self.path, self.imports))


def linked(path: str, edges: dict[str, Edge], broken: tuple[Broken, ...], imports: tuple[Linked, ...]) -> Links:
    """Return the links of a file with these imports."""
    symbols = dict.fromkeys((target.path, target.name) for _, target in _symbols(path, imports))
    return Links(path, edges, broken, imports, tuple(symbols))


def _symbols(path: str, imports: Iterable[Linked]) -> Iterator[tuple[str, Target]]:
    for _, name, target in imports:
        if target.name and target.state is State.FOUND and target.path != path:
            yield name, target


NO_LINKS = linked("", {}, (), ())


def link(path: str, facts: Facts, ask: Ask) -> Links:
    """Follow the imports of a file."""
    edges: dict[str, Edge] = {}
    broken: list[Broken] = []
    imports: list[Linked] = []
    outside: dict[str, bool] = {}
    for row in facts.imports:
        where = row.where
        if not row.level:
            # Nine of ten imports leave the repository: they are told by their first part.
            top = row.module.partition(".")[0]
            if top not in outside:
                [reached] = ask(Question(top, MODULE))
                outside[top] = reached.state is State.EXTERNAL
            if outside[top]:
                continue
        for name, reached in _follow(path, row, facts.virtual, ask):
            target = reached
            if reached.state in _BOUND and reached.via == path and _takes_from_itself(row, name, facts):
                [below] = ask(Question(placed(package_of(path), name), MODULE))
                target = reached._replace(state=State.NO_NAME) if below.state is State.NO_MODULE else reached
            imports.append(Linked(row, name, target))
            state = target.state
            if state in _ABSENT or (state is State.TYPING and not where & TYPE_CHECKING):
                broken.append(Broken(row, "" if state is State.NO_MODULE else name))
                if state is State.NO_MODULE:
                    break
            loaded = _loaded(name, target)
            if loaded and loaded != path and not where & (TYPE_CHECKING | MAIN):
                edge = Edge(bool(where & DEFERRED), row.line)
                edges[loaded] = min(edges.get(loaded, edge), edge)
    return linked(path, edges, tuple(broken), tuple(imports))


def _takes_from_itself(row: Import, name: str, facts: Facts) -> bool:
    """Whether a package that takes a name from itself, and neither defines nor assigns it, gets it by no other import
    either: then it can only be a submodule."""
    if facts.module & (ANY_NAME | ANY_SUBMODULE) or row.where & DEFERRED:
        return False
    for other in facts.imports:
        if other.where & DEFERRED or other.enclosing:
            continue
        bound = [bound for _, bound in other.names] or [other.alias or other.module.partition(".")[0]]
        if "*" in bound or (name in bound and other.written != row.written):
            return False
    return (name, name) in row.names


def _loaded(name: str, target: Target) -> str:
    """Return the file that an import loads: of the submodule it names, else of the module that it asks for the name.

    A module that comes out of another one's names is loaded by that one, which is the first to run.
    """
    found = target.state is State.FOUND and not target.name and target.path
    if found and (not target.via or not name or key_of(target.path) == f"{key_of(target.via)}/{name}".lstrip("/")):
        return target.path
    return target.via


def _follow(path: str, row: Import, virtual: tuple[str, ...], ask: Ask) -> Iterator[tuple[str, Target]]:
    """Yield each name of an import statement ("" for a module) with what it reaches."""
    module = module_named(path, row.level, row.module)
    if module is None:
        return
    names = _wanted(row.names)
    for name, target in zip(names, ask(Question(module, names)), strict=True):
        if target.state not in _ABSENT or row.level:
            yield name, target
        elif row.module not in virtual:
            yield name, next(_found_beside(path, row.module, name, ask), target)


@lru_cache(maxsize=1 << 14)
def _wanted(names: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return what an import statement asks its module for."""
    return tuple("" if name == "*" else name for name, _ in names) or MODULE


def _found_beside(path: str, module: str, name: str, ask: Ask) -> Iterator[Target]:
    """Yield what a script would reach, whose own folder and whose project's folder are on the path, too."""
    for place in beside(path, module):
        [there] = ask(Question(place, MODULE))
        if there.state is State.FOUND:
            [target] = ask(Question(place, (name,)))
            if target.state not in _ABSENT:
                yield target
