"""What a repository's paths say about its configuration when nobody has written one yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from scanner.engine.config import DEFAULT_SCOPES, Config
from scanner.engine.globs import translate
from scanner.engine.violation import Scope

# Beside the defaults, and only where the tree holds such a file: what projects keep outside their product.
_OTHER_GLOBS: dict[Scope, tuple[str, ...]] = {
    "tests": ("test/**", "t/**", "**/*_test.py"),
    "scripts": ("docs/**", "doc/**", "examples/**", "benchmarks/**", "setup.py", "noxfile.py"),
    "archive": (),
    "generated": ("**/_vendor/**", "**/_vendored/**", "**/vendor/**", "**/*_pb2.py", "**/*_pb2_grpc.py"),
}
_SOURCE_FOLDERS = frozenset({"src", "lib", "python", "source"})
_PROJECT_FILES = frozenset({"setup.py", "manage.py"})


def suggest(paths: Collection[str]) -> Config:
    """Return a configuration for a tree: scopes that fit it, roots such as `src`, top-level packages as services."""
    python = [path for path in paths if path.endswith(".py")]
    config = complete(Config(scopes=tuple(_scopes(python))), python)
    return replace(config, services=tuple(sorted(_top_packages(_production(config, python), config.roots or ("",)))))


def complete(config: Config, paths: Collection[str]) -> Config:
    """Return the config with roots taken from a tree's paths, unless it names them itself."""
    if config.roots is not None:
        return config
    return replace(config, roots=tuple(sorted(_roots(_production(config, paths)))))


def _production(config: Config, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.endswith(".py") and config.scope_of(path) == "production"]


def _scopes(paths: Collection[str]) -> Iterator[tuple[Scope, tuple[str, ...]]]:
    """Yield each class with its default globs and those others that some path of the tree matches."""
    for scope, defaults in DEFAULT_SCOPES.items():
        others = (glob for glob in _OTHER_GLOBS[scope] if any(map(re.compile(translate(glob)).match, paths)))
        yield scope, (*defaults, *others)


def _roots(production: Iterable[str]) -> set[str]:
    """Return "" and the folders that hold a project's code without being packages: `src`, one with a setup.py, …"""
    folders: set[str] = set()
    packages: set[str] = set()
    for path in production:
        file = PurePosixPath(path)
        parents = [str(parent) for parent in file.parents if parent.name]
        if file.name == "__init__.py":
            packages.update(parents[:1])
        folders.update(parent for parent in parents if PurePosixPath(parent).name in _SOURCE_FOLDERS)
        if file.name in _PROJECT_FILES:
            folders.update(parents[:1])
    return {"", *(folder for folder in folders if not packages & {folder, *map(str, PurePosixPath(folder).parents)})}


def _top_packages(production: Iterable[str], roots: Collection[str]) -> set[str]:
    """Return the names of the folders right below a root that hold production code and can be imported."""
    prefixes = sorted((f"{root}/" if root else "" for root in roots), key=len, reverse=True)
    names = set()
    for path in production:
        inner = path.removeprefix(next(prefix for prefix in prefixes if path.startswith(prefix)))
        top, slash, _ = inner.partition("/")
        if slash and top.isidentifier():
            names.add(top)
    return names
