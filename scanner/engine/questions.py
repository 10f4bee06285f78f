"""What importers ask of modules, what they are told, and marks of what an answer looked at."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from scanner.engine.modules import ancestors, package_of


class State(Enum):
    """How a question ended."""

    FOUND = "found"
    UNKNOWN = "unknown"  # it may well exist: compiled, made at run time, outside the repository
    EXTERNAL = "external"  # the repository has no such top-level name
    NO_MODULE = "no module"
    NO_NAME = "no name"
    TYPING = "typing"  # it exists for type checkers only


class Target(NamedTuple):
    """What a question reached. A module has the name "", and a path unless it is a folder without __init__.py.

    `via` is the file of the module that was asked. Only who asks what a dotted name means in a file is told more of
    a class or function: what a class is (interface.TOLD) or IS_FUNCTION in `traits`, the class's bases or what the
    function returns in `bases`.
    """

    state: State
    path: str = ""
    name: str = ""
    via: str = ""
    traits: int = 0
    bases: tuple[str, ...] = ()


class Question(NamedTuple):
    """Names (or "" for the module itself) of a module: all that one import statement takes, as many files do.

    `module` is a dotted name; or, for a module that is known by its place, "/" and the key of a folder, then "//" and
    the rest of its key; or "=" and a path for a dotted name as it is written in that file.
    """

    module: str
    names: tuple[str, ...]


# The names of a question about the module itself.
MODULE = ("",)
# One for each name of a question.
Targets = tuple[Target, ...]


def module_named(path: str, level: int, module: str) -> str | None:
    """Return how a Question names the module of an import statement in a file; None above the repository's root."""
    if not level:
        return module
    package = package_of(path)
    folders = [package, *ancestors(package), ""] if package else [""]
    if level > len(folders):
        return None
    return placed(folders[level - 1], module)


def placed(folder: str, module: str) -> str:
    """Return how a Question names a module (or "" for the folder's package itself) that lies below a folder."""
    return f"/{folder}//{module.replace('.', '/')}" if module else f"/{folder}"


def beside(path: str, module: str) -> Iterator[str]:
    """Yield how a Question names an absolute module as a script sees it: beside itself, and in the folders around."""
    package = package_of(path)
    for folder in [package, *ancestors(package)] if package else []:
        yield placed(folder, module)


def mark_key(key: str) -> str:
    """Return the mark of having looked at what stands at a key."""
    return f"k{key}"


def mark_rest(path: str) -> str:
    """Return the mark of having looked at a file's stars, `__all__` and traits, or whether it has facts."""
    return f"r{path}"


def mark_name(path: str, name: str) -> str:
    """Return the mark of having looked at one name of a file."""
    return f"n{path}\0{name}"


def mark_provided(name: str) -> str:
    """Return the mark of having looked whether other modules provide a module (`a.b`) or a name (`module.name`)."""
    return f"p{name}"
