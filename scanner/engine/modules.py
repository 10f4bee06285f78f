"""Paths → modules: which file stands for which dotted name, where packages lie, which service a module belongs to.

A module's key is its path without the ending, `pkg/mod`, and a package's key its folder: keys need no root, so
relative imports work without knowing one. Absolute names are looked for below the configured roots.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from scanner.engine.config import Config
from scanner.engine.git import LINK, PYTHON

Kind = Literal["package", "module", "namespace", "link", "nothing"]

# Among several files for one module, Python takes the first: a package, then compiled code, then source.
_RANKS = {(True, ".py"): 1, (False, ".so"): 3, (False, ".pyd"): 4, (False, ".pyx"): 5, (False, ".py"): 6}


class Status(NamedTuple):
    """What stands at a key. `path` is the Python file to read, "" when there is none: then any name may exist."""

    kind: Kind
    path: str = ""

    @property
    def opaque(self) -> bool:
        """Whether something is there that cannot be read: compiled code, a stub, a link."""
        return not self.path and self.kind in {"package", "module", "link"}


NOTHING = Status("nothing")


def key_of(path: str) -> str:
    """Return the key of the module or package that a file stands for."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    if stem == "__init__":
        return folder
    return f"{folder}/{stem}" if folder else stem


def package_of(path: str) -> str:
    """Return the key of the package whose relative imports a file makes: the folder it lies in."""
    return path.rpartition("/")[0]


def ancestors(key: str) -> Sequence[str]:
    """Return the folders around a key, nearest first, the root ("") left out."""
    parts = key.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1)]


def absolute(path: str, module: str, level: int, name: str) -> str:
    """Return the absolute form of the module that an import names in a file which is itself imported as `module`."""
    if not level:
        return name
    parts = module.split(".")
    depth = len(parts) - level + (path.rpartition("/")[2] == "__init__.py")
    return ".".join([*parts[: max(depth, 0)], *([name] if name else [])])


class ModuleTree:
    """The files of one tree by the modules they stand for."""

    def __init__(self, config: Config) -> None:
        self.go_by(config)
        self._files: dict[str, list[tuple[int, str]]] = {}
        self._links: set[str] = set()
        self._below: Counter[str] = Counter()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name in {"_files", "_links", "_below"}}

    def go_by(self, config: Config) -> None:
        """Take the configuration, a new tree's or that of one which was unpickled without it."""
        self._config = config
        self.roots = config.roots if config.roots is not None else ("",)
        self._prefixes = sorted((f"{root}/" for root in self.roots if root), key=len, reverse=True)
        self._names: dict[str, str] = {}

    def add(self, path: str, blob: str) -> None:
        """Put a file into the tree."""
        self._count(path, blob, 1)

    def remove(self, path: str, blob: str) -> None:
        """Take a file out of the tree."""
        self._count(path, blob, -1)

    def _count(self, path: str, blob: str, by: int) -> None:
        for folder in ancestors(path):
            self._below[folder] += by
        if blob == LINK and not path.endswith(PYTHON):
            (self._links.add if by > 0 else self._links.discard)(path)
            return
        name = path.rpartition("/")[2]
        initial = name.startswith("__init__.")
        ending = "." + name.rpartition(".")[2]
        entry = (
            _RANKS.get((initial, ending), 2 if initial else 7),
            path if ending == PYTHON and blob != LINK else "",
        )
        files = self._files.setdefault(key_of(path), [])
        if by > 0:
            insort(files, entry)
            return
        files.remove(entry)
        if not files:
            del self._files[key_of(path)]

    def status(self, key: str) -> Status:
        """Return what stands at a key."""
        files = self._files.get(key)
        if files:
            rank, path = files[0]
            return Status("package" if rank <= 2 else "module", path)
        if key in self._links:
            return Status("link")
        return Status("namespace") if self._below[key] > 0 or not key else NOTHING

    def name_of(self, path: str) -> str:
        """Return the dotted name a module is imported by, counted from the longest root it lies below."""
        name = self._names.get(path)
        if name is None:
            key = key_of(path)
            name = self._names[path] = key[len(self.root_of(path)) :].replace("/", ".") or "__init__"
        return name

    def root_of(self, path: str) -> str:
        """Return the longest root that a module lies below, with its slash; "" for the root of the repository."""
        key = key_of(path)
        return next((root for root in self._prefixes if key.startswith(root) and key != root), "")

    def service_of(self, path: str) -> str:
        """Return the service a file belongs to; folders that no import can name are services by their own name."""
        return self._config.service_of(self.name_of(path)) or path.partition("/")[0]

    def keys_for(self, module: str) -> list[str]:
        """Return the keys an absolute dotted name may stand for, one for each root."""
        tail = module.replace(".", "/")
        return [f"{root}/{tail}" if root else tail for root in self.roots]
