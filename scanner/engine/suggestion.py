"""What a repository's paths say about its configuration when nobody has written one yet.

Paths are those of a tree's files and, beside them, of the project files that no tree holds (`Repository.projects`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from scanner.engine.config import DEFAULT_SCOPES, Config
from scanner.engine.generated import Blobs, generated_files
from scanner.engine.git import LINK, PROJECT, Repository
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
_FOLDER = re.compile(r"\w+/\*\*")
_SOURCE_FOLDERS = frozenset({"src", "lib", "python", "source"})
_PROJECT_FILES = frozenset({"setup.py", "manage.py"})
# Two projects may have them both: packages can be spread over several, and nobody imports how one is built.
_NOT_IMPORTED = _PROJECT_FILES | {"__init__.py"}
# No checkout has a folder of such a name, but a tree may.
_NOWHERE = frozenset({"", ".", ".."})
_WILD = frozenset("*?[]")
# A package of fewer modules is no service of its own where there are larger ones.
_LEAST_MODULES = 5


def suggest_at(repository: Repository, commit: str) -> Config:
    """Return a configuration for a commit's tree. Raises GitError."""
    return suggest_for(repository.tree(commit), repository.projects(commit), repository.blobs)


def suggest_for(tree: Mapping[str, str], projects: Collection[str], blobs: Blobs) -> Config:
    """Return a configuration for a tree (path → blob) and its project files. Raises GitError."""
    paths = [*tree, *projects]
    chosen = _production(suggest(paths), tree)
    return suggest(paths, generated_files(blobs, {path: tree[path] for path in chosen if tree[path] != LINK}))


def suggest(paths: Collection[str], generated: Collection[str] = ()) -> Config:
    """Return a configuration for a tree: scopes that fit it, roots such as `src`, top-level packages as services.

    `generated` are the files that say that a program wrote them.
    """
    python = [path for path in paths if path.endswith(".py") and _NOWHERE.isdisjoint(path.split("/"))]
    projects = _project_folders(paths)
    config = Config(scopes=tuple(_scopes(python, projects)))
    config = replace(config, roots=_roots(_production(config, python), projects))
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


def complete(config: Config, paths: Callable[[], Collection[str]]) -> Config:
    """Return the config with roots taken from a tree's paths, asked for unless it names them itself."""
    if config.roots is not None:
        return config
    found = paths()
    return replace(config, roots=_roots(_production(config, found), _project_folders(found)))


def matching(glob: str, paths: Iterable[str]) -> list[str]:
    """Return the paths that a scope's glob matches."""
    return list(filter(re.compile(translate(glob), re.DOTALL).match, paths))


def _production(config: Config, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.endswith(".py") and config.scope_of(path) == "production"]


def _project_folders(paths: Iterable[str]) -> set[str]:
    """Return the folders below the root that hold a project file; in a hidden one is no product."""
    folders = {folder for folder, _, name in (path.rpartition("/") for path in paths) if name == PROJECT}
    return {folder for folder in folders if all(part and not part.startswith(".") for part in folder.split("/"))}


def _scopes(paths: Collection[str], projects: Collection[str]) -> Iterator[tuple[Scope, tuple[str, ...]]]:
    """Yield each class with its default globs and those others that some path of the tree matches.

    What is said of the folders in the root is said of those in a project's folder, too.
    """
    files = [*paths, *(f"{folder}/{PROJECT}" for folder in projects)]
    inside: dict[str, list[str]] = {folder: [] for folder in sorted(projects) if _WILD.isdisjoint(folder)}
    for path in files:
        for folder in ancestors(path):
            if folder in inside:
                inside[folder].append(path[len(folder) + 1 :])
    for scope in _ORDER:
        others = [glob for glob in _OTHER_GLOBS[scope] if matching(glob, paths)]
        globs = [*DEFAULT_SCOPES[scope], *others, *_folders(scope, files), *_inner_folders(scope, paths)]
        here = [glob for glob in (*DEFAULT_SCOPES[scope], *_OTHER_GLOBS[scope]) if _FOLDER.fullmatch(glob)]
        for folder, held in inside.items():
            found = [*(glob for glob in here if matching(glob, held)), *_folders(scope, held)]
            globs += [f"{folder}/{glob}" for glob in found]
        yield scope, tuple(dict.fromkeys(globs))


def _folders(scope: Scope, paths: Collection[str]) -> list[str]:
    """Return globs of the folders right here that their names give away: `test_framework`, `tools`, `.github`.

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
        named = {path.partition("/")[0] for path in paths if path.rpartition("/")[2] == PROJECT}
        chosen = {top for top in tops - homes - named if not top.isidentifier()}
        chosen |= {top for top in tops - homes if _SCRIPT_FOLDER.fullmatch(top)}
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


def _roots(production: Collection[str], projects: Collection[str]) -> tuple[str, ...]:
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
    roots, flat = (
        {one for one in found if packages.isdisjoint((one, *ancestors(one)))} for found in (folders, projects)
    )
    return tuple(sorted({"", *roots, *_flat(production, flat, roots)}))


def _flat(production: Iterable[str], projects: set[str], roots: set[str]) -> Iterator[str]:
    """Yield the projects whose modules lie right in their folder, not in a root inside it such as `src`.

    Projects that have a module of the same name are left out: an import would not tell which is meant.
    """
    held: dict[str, set[str]] = {}
    for path in production:
        home = next((folder for folder in ancestors(path) if folder in projects or folder in roots), "")
        held.setdefault(home, set()).add(path[len(home) :].lstrip("/"))
    modules = Counter(module for inside in held.values() for module in inside)
    for project in projects & set(held):
        told = (module for module in held[project] if module.rpartition("/")[2] not in _NOT_IMPORTED)
        if roots.isdisjoint(f"{project}/{name}" for name in _SOURCE_FOLDERS) and all(modules[one] == 1 for one in told):
            yield project


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
