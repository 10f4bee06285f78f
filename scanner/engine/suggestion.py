"""What a repository's paths say about its configuration when nobody has written one yet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from scanner.engine.config import DEFAULT_SCOPES, Config
from scanner.engine.generated import Blobs, generated_files
from scanner.engine.git import LINK, Repository
from scanner.engine.globs import translate
from scanner.engine.modules import ancestors
from scanner.engine.violation import Scope

# What was put away, or written by a machine, stays that also where it holds tests.
_ORDER: tuple[Scope, ...] = ("archive", "generated", "tests", "scripts")
# Beside the defaults, and only where the tree holds such a file: what projects keep outside their product.
_OTHER_GLOBS: dict[Scope, tuple[str, ...]] = {
    "archive": ("**/archived/**",),
    "generated": (
        "**/_vendor/**", "**/_vendored/**", "**/vendor/**", "**/*_pb2.py", "**/*_pb2_grpc.py", "**/_generated/**",
        "**/generated/**", "**/*_generated.py", "**/alembic/versions/**",
    ),
    "tests": ("test/**", "t/**", "**/*_test.py"),
    "scripts": ("docs/**", "doc/**", "examples/**", "benchmarks/**", "setup.py", "noxfile.py"),
}  # fmt: skip
_TEST_FOLDER = re.compile(r"test_\w+|\w+_tests?")
_SCRIPT_FOLDER = re.compile(r"(\w+_)?(scripts|tools)")
_SOURCE_FOLDERS = frozenset({"src", "lib", "python", "source"})
_PROJECT_FILES = frozenset({"setup.py", "manage.py"})
# No checkout has a folder of such a name, but a tree may.
_NOWHERE = frozenset({"", ".", ".."})
_WILD = frozenset("*?[]")
# A package of fewer modules is no service of its own where there are larger ones.
_LEAST_MODULES = 5


def suggest_at(repository: Repository, commit: str) -> Config:
    """Return a configuration for a commit's tree. Raises GitError."""
    return suggest_for(repository.tree(commit), repository.blobs)


def suggest_for(tree: Mapping[str, str], blobs: Blobs) -> Config:
    """Return a configuration for a tree (path → blob). Raises GitError."""
    chosen = _production(suggest(tree), tree)
    return suggest(tree, generated_files(blobs, {path: tree[path] for path in chosen if tree[path] != LINK}))


def suggest(paths: Collection[str], generated: Collection[str] = ()) -> Config:
    """Return a configuration for a tree: scopes that fit it, roots such as `src`, top-level packages as services.

    `generated` are the files that say that a program wrote them.
    """
    python = [path for path in paths if path.endswith(".py") and _NOWHERE.isdisjoint(path.split("/"))]
    config = complete(Config(scopes=tuple(_scopes(python))), python)
    if generated:
        scopes = dict(config.scopes)
        scopes["generated"] = (*scopes["generated"], *_globs(generated, python))
        config = replace(config, scopes=tuple(scopes.items()))
    return replace(config, services=tuple(sorted(_services(_production(config, python), config.roots or ("",)))))


def _globs(generated: Collection[str], python: Collection[str]) -> list[str]:
    """Return the files, or in place of all Python files of a folder the folder."""
    chosen, folders = set(generated), Counter(path.rpartition("/")[0] for path in python)
    full = {
        folder
        for folder, count in Counter(path.rpartition("/")[0] for path in chosen).items()
        if folder and 1 < count == folders[folder]
    }
    alone = {path for path in chosen if path.rpartition("/")[0] not in full}
    return sorted(glob for glob in alone | {f"{folder}/*.py" for folder in full} if not set(glob) & set("[]?"))


def complete(config: Config, paths: Collection[str]) -> Config:
    """Return the config with roots taken from a tree's paths, unless it names them itself."""
    if config.roots is not None:
        return config
    return replace(config, roots=tuple(sorted(_roots(_production(config, paths)))))


def matching(glob: str, paths: Iterable[str]) -> list[str]:
    """Return the paths that a scope's glob matches."""
    return list(filter(re.compile(translate(glob), re.DOTALL).match, paths))


def _production(config: Config, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.endswith(".py") and config.scope_of(path) == "production"]


def _scopes(paths: Collection[str]) -> Iterator[tuple[Scope, tuple[str, ...]]]:
    """Yield each class with its default globs and those others that some path of the tree matches."""
    for scope in _ORDER:
        others = [glob for glob in _OTHER_GLOBS[scope] if matching(glob, paths)]
        yield scope, (*DEFAULT_SCOPES[scope], *others, *_folders(scope, paths), *_inner_folders(scope, paths))


def _folders(scope: Scope, paths: Collection[str]) -> list[str]:
    """Return globs of the root's folders that their names give away: `test_framework`, `tools`, `.github`.

    A folder whose name no import can write and that holds no project of its own is full of scripts. What is all
    there is was not put beside the product.
    """
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    homes = {path.partition("/")[0] for path in paths if path.rpartition("/")[2] in {"__init__.py", *_PROJECT_FILES}}
    homes |= {path.split("/")[0] for path in paths if _SOURCE_FOLDERS & set(path.split("/")[:-1])}
    chosen = set()
    if scope == "tests":
        chosen = {top for top in tops if _TEST_FOLDER.fullmatch(top) and not _SCRIPT_FOLDER.fullmatch(top)}
    if scope == "scripts":
        chosen = {top for top in tops - homes if _SCRIPT_FOLDER.fullmatch(top) or not top.isidentifier()}
        chosen = {top for top in chosen if _WILD.isdisjoint(top)}  # its glob would be about other folders too
    return [f"{top}/**" for top in sorted(chosen - {"scripts", "tests"})] if tops - chosen else []


def _inner_folders(scope: Scope, paths: Collection[str]) -> list[str]:
    """Return globs of folders within packages that what lies in them gives away.

    A folder `test` that holds tests is one of tests (one that helps others to test, like Django's, holds none);
    `versions` beside an `env.py` holds what Alembic wrote of a database's past.
    """
    chosen: set[str] = set()
    for folders, _, name in (path.rpartition("/") for path in paths):
        parts = folders.split("/")
        if scope == "tests" and "test" in parts[1:] and (name.startswith("test_") or name == "conftest.py"):
            chosen.add("/".join(parts[: parts.index("test", 1) + 1]))
        if scope == "generated" and name == "env.py" and parts[-1] != "alembic":
            chosen.add(f"{folders}/versions".lstrip("/"))
    return [f"{folder}/**" for folder in sorted(chosen) if matching(f"{folder}/**", paths)]


def _roots(production: Iterable[str]) -> set[str]:
    """Return "" and the folders that hold a project's code without being packages: `src`, one with a setup.py, …"""
    folders: set[str] = set()
    packages: set[str] = set()
    for path in production:
        folder, _, name = path.rpartition("/")
        if name == "__init__.py" and folder:
            packages.add(folder)
        if name in _PROJECT_FILES and folder:
            folders.add(folder)
        if not _SOURCE_FOLDERS.isdisjoint(parts := folder.split("/")):
            around = ("/".join(parts[: depth + 1]) for depth, part in enumerate(parts) if part in _SOURCE_FOLDERS)
            folders.update(around)
    return {"", *(folder for folder in folders if packages.isdisjoint((folder, *ancestors(folder))))}


def _services(production: Iterable[str], roots: Collection[str]) -> set[str]:
    """Return the names of the packages right below a root that are large enough to be services.

    A package has an `__init__.py`, its own or a subpackage's; where there is none, every folder that can be imported
    counts as one.
    """
    prefixes = sorted((f"{root}/" if root else "" for root in roots), key=len, reverse=True)
    modules: Counter[str] = Counter()
    packages = set()
    for path in production:
        inner = path.removeprefix(next(prefix for prefix in prefixes if path.startswith(prefix)))
        top, slash, rest = inner.partition("/")
        if slash and top.isidentifier():
            modules[top] += 1
            if rest.rpartition("/")[2] == "__init__.py":
                packages.add(top)
    large = {top for top in packages if modules[top] >= _LEAST_MODULES}
    return large or packages or set(modules)
