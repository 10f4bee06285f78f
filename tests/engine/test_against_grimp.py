"""Truthline's import graph against grimp's, on the sources of packages that the tests run on anyway.

Both are put in grimp's terms: an edge leads from the module that holds an import statement, wherever in it that
stands, to the module which the statement names. For `from a import b` that is a.b when that is a module, else a.
Importing a.b also loads a: neither counts that. Where the two do not agree, one of the rules below has to say why.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import grimp
import pytest

from scanner.engine.config import Config
from scanner.engine.extract import extract
from scanner.engine.git import PYTHON, Repository
from scanner.engine.world import File, World
from tests.engine.trees import files
from tests.scanner.origin import Origin

PACKAGES = ("_pytest", "django", "libcst", "markdown_it", "rich")

# Every kind of difference, and what both see alike, in one small package. `#: reason` stands for each that is to come
# out: for a name that grimp takes for a submodule there are two when it sees nothing else of the package.
SHAPES = """
    ## shapes/__init__.py
    value = 1
    from .shadowed import shadowed
    from . import plain
    ## shapes/shadowed.py
    def shadowed(): pass
    ## shapes/plain.py
    import shapes.deep.below as other
    from . import plain  #: itself
    ## shapes/deep/__init__.py
    from .. import value
    def never():
        from ...outside import nothing
    ## shapes/deep/below.py
    from ..plain import *
    ## shapes/face.py
    from shapes import plain
    ## shapes/folder/part.py
    from shapes import plain  #: unseen
    ## shapes/user.py
    from shapes import shadowed  #: bound
    from shapes.face import plain
    from shapes import folder, missing
    import shapes.deep.missing  #: parent
    def later():
        from . import plain as well
    if __name__ == "__main__":
        from .deep.below import other  #: main
    ## shapes/asking.py
    from . import shadowed  #: bound bound
    ## shapes/typed.py
    from typing import TYPE_CHECKING
    if TYPE_CHECKING:
        from shapes import deep, face  #: typing
    else:
        from shapes.deep import below
    if __name__ == "__main__":
        from shapes import deep  #: main
    """


class Comparison:
    """Both graphs of one installed package, as sets of (importing module, imported module)."""

    def __init__(self, package: str, folder: Path) -> None:
        [home] = find_spec(package).submodule_search_locations
        self.sources = {
            f"{package}/{path.relative_to(home).as_posix()}": path.read_bytes() if path.suffix == PYTHON else b""
            for path in Path(home).rglob("*")
            if path.is_file() and path.parent.name != "__pycache__"
        }
        self.world = _world(self.sources, folder)
        self.names = {file.module: path for path, file in self.world.files.items()}
        self.theirs = set(_edges(grimp.build_graph(package, cache_dir=None)))
        self.graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=True)
        self.theirs_at_run_time = set(_edges(self.graph))
        self.lines = {
            (self.world.files[path].module, self.world.files[target].module): edge.line
            for path, links in self.world.links.items()
            for target, edge in links.edges.items()
        }
        self.ours = self.lines.keys()

    def statements(self, edge: tuple[str, str]) -> set[int]:
        """The lines on which grimp sees an import that runs."""
        return {each["line_number"] for each in self.graph.get_import_details(importer=edge[0], imported=edge[1])}

    def under_main(self, module: str) -> set[int]:
        """The lines of a module that run when it is run itself."""
        return {
            line
            for node in ast.walk(ast.parse(self.sources[self.names[module]]))
            if isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
            for statement in node.body
            for line in range(statement.lineno, statement.end_lineno + 1)
        }

    def why_only_theirs(self, edge: tuple[str, str]) -> str:
        """Why grimp counts an import that Truthline does not, "" for no reason known."""
        importer, imported = edge
        if importer == imported:
            return "itself"  # no circle runs from a module to itself: it is loaded already
        if edge not in self.theirs_at_run_time:
            return "typing"  # grimp says so itself
        if self.statements(edge) <= self.under_main(importer):
            return "main"  # a module that is run is none that anybody imports
        if all(f"import {imported}." in line for line in self._written(importer, self.statements(edge))):
            return "parent"  # of a module without a source: a parent is loaded, too, which neither counts elsewhere
        package, _, name = imported.rpartition(".")
        bound = getattr(import_module(package), name, None) if (importer, package) in self.ours else None
        if bound is not None and not isinstance(bound, ModuleType):
            return "bound"  # Python takes what the package binds before it looks for a submodule
        return ""

    def why_only_ours(self, edge: tuple[str, str]) -> str:
        """Why Truthline counts an import that grimp does not count when the program runs, "" for no reason known."""
        importer, imported = edge
        if not {importer, imported} <= self.graph.modules:
            # Python makes a package of a folder without __init__.py, also inside another package.
            hidden = importer if importer not in self.graph.modules else imported
            return "unseen" if not self._all_packages(self.names[hidden]) else ""
        of_others = {other for who, other in self.theirs - self.ours if who == importer}
        below = {(importer, other) for other in of_others if other.rpartition(".")[0] == imported}
        return "bound" if any(self.why_only_theirs(each) == "bound" for each in below) else ""

    def _written(self, module: str, numbers: set[int]) -> list[str]:
        lines = self.sources[self.names[module]].decode().splitlines()
        return [lines[number - 1].strip() for number in numbers]

    def _all_packages(self, path: str) -> bool:
        folders = [str(folder) for folder in Path(path).parents][:-1]
        return all(f"{folder}/__init__.py" in self.sources for folder in folders)

    def differences(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Every difference, the reason first."""
        yield from ((self.why_only_theirs(edge), edge) for edge in self.theirs - self.ours)
        yield from ((self.why_only_ours(edge), edge) for edge in self.ours - self.theirs_at_run_time)

    def elsewhere(self) -> set[tuple[str, str]]:
        """The edges that Truthline shows on a line where grimp sees no import of that module, nor of one below it."""
        found = set()
        for importer, imported in self.ours & self.theirs_at_run_time:
            seen = self.graph.find_modules_directly_imported_by(importer)
            below = {other for other in seen if f"{other}.".startswith(f"{imported}.")}
            if all(self.lines[importer, imported] not in self.statements((importer, other)) for other in below):
                found.add((importer, imported))
        return found


def _world(sources: dict[str, bytes], folder: Path) -> World:
    """Commit the files and resolve the commit."""
    origin = Origin(folder)
    repository = Repository(origin.path)
    tree = repository.tree(origin.commit(sources))
    python = {path: sha for path, sha in tree.items() if path.endswith(PYTHON)}
    facts = {sha: extract(content) for sha, content in repository.blobs(sorted(set(python.values())))}
    world = World(Config(roots=("",)), None)
    world.replace(
        {}, tree, {path: File("production", "", world.tree.name_of(path), facts[sha]) for path, sha in python.items()}
    )
    return world


def _edges(graph: grimp.ImportGraph) -> Iterable[tuple[str, str]]:
    return ((module, other) for module in graph.modules for other in graph.find_modules_directly_imported_by(module))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_difference_has_a_reason(package: str, tmp_path: Path):
    compared = Comparison(package, tmp_path / "origin")
    assert compared.names.keys() >= compared.graph.modules
    assert len(compared.ours & compared.theirs) > len(compared.graph.modules)
    assert {edge for reason, edge in compared.differences() if not reason} == set()
    assert compared.elsewhere() == set()


def test_each_reason_is_one_of_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shapes = files(SHAPES)
    for path, content in shapes.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    compared = Comparison("shapes", tmp_path / "origin")
    lines = "".join(shapes.values()).splitlines()
    told = Counter(reason for line in lines for reason in line.partition("#: ")[2].split())
    assert Counter(reason for reason, _ in compared.differences()) == told
    assert compared.elsewhere() == set()
