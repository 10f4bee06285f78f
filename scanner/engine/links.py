"""Where the imports of one file lead: edges between files, symbols they reach, and those that reach nothing."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

from scanner.engine.facts import DEFERRED, GUARDED, MAIN, REFUSED, TYPE_CHECKING, Facts, Import
from scanner.engine.modules import key_of
from scanner.engine.questions import Question, State, Target, beside, module_named

Ask = Callable[[Question], Target]
_ABSENT = (State.NO_MODULE, State.NO_NAME)


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
        return bool(self.row.where & GUARDED and not self.row.where & (TYPE_CHECKING | REFUSED))

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
    """`symbols` are (file, name) of the classes, functions and values imported from other files; `through` are
    (file of the module named in the import, name); `imports` are in the order of the facts."""

    edges: dict[str, Edge]
    symbols: frozenset[tuple[str, str]]
    through: frozenset[tuple[str, str]]
    broken: tuple[Broken, ...]
    imports: tuple[Linked, ...]


NO_LINKS = Links({}, frozenset(), frozenset(), (), ())


def link(path: str, facts: Facts, ask: Ask) -> Links:
    """Follow the imports of a file."""
    edges: dict[str, Edge] = {}
    symbols: set[tuple[str, str]] = set()
    through: set[tuple[str, str]] = set()
    broken: list[Broken] = []
    imports: list[Linked] = []
    outside: dict[str, bool] = {}
    for row in facts.imports:
        if not row.level:
            # Nine of ten imports leave the repository: they are told by their first part.
            top = row.module.partition(".")[0]
            if top not in outside:
                outside[top] = ask(Question(top, "")).state is State.EXTERNAL
            if outside[top]:
                continue
        for name, target in _follow(path, row, facts.virtual, ask):
            imports.append(Linked(row, name, target))
            if target.state in _ABSENT or (target.state is State.TYPING and not row.where & TYPE_CHECKING):
                broken.append(Broken(row, "" if target.state is State.NO_MODULE else name))
                if target.state is State.NO_MODULE:
                    break
            if target.state is State.FOUND and target.name and target.path != path:
                symbols.add((target.path, target.name))
                through.add((target.via, name))
            reached = _loaded(name, target)
            if reached and reached != path and not row.where & (TYPE_CHECKING | MAIN):
                edge = Edge(bool(row.where & DEFERRED), row.line)
                edges[reached] = min(edges.get(reached, edge), edge)
    return Links(edges, frozenset(symbols), frozenset(through), tuple(broken), tuple(imports))


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
    for name in [name for name, _ in row.names] or [""]:
        wanted = "" if name == "*" else name
        target = ask(Question(module, wanted))
        if target.state in _ABSENT and not row.level:
            if row.module in virtual:
                continue
            target = next(_found_beside(path, row.module, wanted, ask), target)
        yield wanted, target


def _found_beside(path: str, module: str, name: str, ask: Ask) -> Iterator[Target]:
    """Yield what a script would reach, whose own folder and whose project's folder are on the path, too."""
    for place in beside(path, module):
        if ask(Question(place, "")).state is State.FOUND:
            target = ask(Question(place, name))
            if target.state not in _ABSENT:
                yield target
