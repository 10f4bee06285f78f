"""A commit's Python files as claims are checked against them: who defines a name, and who imports it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scanner.engine.config import Config
from scanner.engine.facts import Facts
from scanner.engine.questions import module_named


class Site(NamedTuple):
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Tree:
    """A commit's Python files and, of those that hold a wanted name, the facts."""

    sha: str
    files: dict[str, str]
    facts: dict[str, Facts]

    def definitions(self, symbol: str) -> list[Site]:
        return [
            Site(path, row.line)
            for path, facts in sorted(self.facts.items())
            for row in facts.definitions
            if row.name == symbol
        ]

    def importers(self, symbol: str, path: str, config: Config) -> tuple[int, int]:
        """How many files import the name from this file, and how many from elsewhere."""
        here = elsewhere = 0
        for other, facts in self.facts.items():
            sources = {
                _is_module(other, row.level, row.module, path, config)
                for row in facts.imports
                if any(name == symbol for name, _ in row.names)
            }
            here += True in sources
            elsewhere += False in sources
        return here, elsewhere


def module_paths(name: str, config: Config) -> Iterator[str]:
    """Yield the files in which a module may stand."""
    for root in config.roots or ("",):
        place = f"{root}/{name.replace('.', '/')}" if root else name.replace(".", "/")
        yield f"{place}.py"
        yield f"{place}/__init__.py"


def bound_names(facts: Facts) -> set[str]:
    """Return the names that a module binds: its own and those it imports."""
    taken = {bound for row in facts.imports for _, bound in row.names}
    return {*facts.names, *(row.name for row in facts.definitions), *taken}


def _is_module(importer: str, level: int, module: str, path: str, config: Config) -> bool:
    """Whether an import statement of one file names the module that another file is."""
    named = module_named(importer, level, module)
    if named is None:
        return False
    if level:
        place = "/".join(part for part in named.split("/") if part)
        return path in {f"{place}.py", f"{place}/__init__.py"}
    return path in module_paths(named, config)
