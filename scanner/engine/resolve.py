"""Imports → what they reach, through re-exports, stars, aliases and packages; answers are kept and renewed.

A question is a module and a name. Each answer remembers what it looked at, so that a change of one file renews only
the answers that looked at it, and only those who asked a question whose answer is another one need to look again.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

from scanner.engine.config import Config
from scanner.engine.distributions import is_distribution
from scanner.engine.interface import ANY_NAME, ANY_SUBMODULE, IMPLICIT, Alias, Defined, Interface, Origin, Taken
from scanner.engine.modules import NOTHING, ModuleTree, Status, key_of, package_of
from scanner.engine.questions import (
    Question,
    State,
    Target,
    Targets,
    mark_key,
    mark_name,
    mark_provided,
    mark_rest,
    module_named,
)

# A chain of re-exports longer than this is taken as unknown.
_LONGEST_CHAIN = 60
# Names of modules that builds write and nobody commits.
_BUILT = ("_version", "_pb2", "_pb2_grpc")


class _Place(NamedTuple):
    """A located module; `opaque` when something is there that cannot be read."""

    state: State
    path: str = ""
    key: str = ""
    opaque: bool = False


_UNKNOWN = Target(State.UNKNOWN)
_NOWHERE = _Place(State.UNKNOWN)
_OUTSIDE = _Place(State.EXTERNAL)
_MISSING = _Place(State.NO_MODULE)
_Asked = frozenset[tuple[str, str]]  # (path, name) that a chain of re-exports came through
InterfaceOf = Callable[[str], Interface | None]


class Resolver:
    """Answers questions about one tree. `interface_of` returns a path's interface, None when its file has no facts;
    `provided` holds what other modules provide: names of sys.modules, and `module.name` of attributes they assign."""

    def __init__(self, config: Config, tree: ModuleTree, interface_of: InterfaceOf, provided: Container[str]) -> None:
        self._config = config
        self._tree = tree
        self._interface_of = interface_of
        self._provided = provided
        self._seen: set[str] = set()
        self._vain: dict[tuple[str, str, str], Target] = {}
        self._places: dict[str, tuple[_Place, tuple[str, ...]]] = {}  # by module, with marks of what was looked at
        self._targets: dict[Target, Target] = {}  # one for all that are equal

    def look_anew(self) -> None:
        """Forget where modules are: the tree is another one."""
        self._places, self._targets = {}, {}

    def answer(self, question: Question) -> tuple[Targets, set[str]]:
        """Return what a question reaches, and marks of all that was looked at (`mark_*`)."""
        self._seen = set()
        module, names = question
        if module.startswith("="):
            return tuple(self._named(module[1:], name) for name in names), self._seen
        place = self._module(module)
        return tuple(self._imported(place, name) for name in names), self._seen

    def _named(self, path: str, dotted: str) -> Target:
        self._vain = {}
        return self._dotted(path, dotted, 0)

    def _imported(self, place: _Place, name: str) -> Target:
        """Find a name for an importer, who asks where it is, not what it is: he need not look again when a class gets
        a new base."""
        self._vain = {}
        target = self._member(place, name, 0)
        if target.traits or target.bases:
            target = target._replace(traits=0, bases=())
        return self._targets.setdefault(target, target)

    # Modules

    def _module(self, module: str) -> _Place:
        """Locate a module, once: many questions are about the same one."""
        known = self._places.get(module)
        if known is None:
            around, self._seen = self._seen, set()
            known = self._places[module] = self._locate(module), tuple(self._seen)
            self._seen = around
        place, marks = known
        self._seen.update(marks)
        return place

    def _locate(self, module: str) -> _Place:
        if module.startswith("/"):
            return self._placed(*module[1:].partition("//")[::2])
        found = _OUTSIDE
        for root, key in zip(self._tree.roots, self._tree.keys_for(module), strict=True):
            top = key[: key.find("/", len(root) + 1)] if "." in module else key
            if self._status(top).kind == "nothing":
                continue
            place = self._walk(key, root, loose=False)
            if place.state is not State.NO_MODULE:
                return place
            found = place
        return _NOWHERE if found.state is State.NO_MODULE and self._is_virtual(module) else found

    def _placed(self, folder: str, rest: str) -> _Place:
        status = self._status(folder)
        if not rest:
            return _Place(State.FOUND, status.path, folder, status.opaque)
        return self._walk(f"{folder}/{rest}" if folder else rest, folder, self._is_loose(status))

    def _walk(self, key: str, start: str, loose: bool) -> _Place:
        """Follow a key's folders down from `start`; with `loose`, what no file stands for may exist all the same."""
        begin = len(start) + 1 if start else 0
        status = NOTHING
        for end in [*(i for i in range(begin, len(key)) if key[i] == "/"), len(key)]:
            status = self._status(key[:end])
            if status.kind == "link":
                return _NOWHERE
            if status.kind == "nothing":
                return self._absent(key, start, loose)
            if end < len(key):
                loose = loose or self._is_loose(status)
                if status.kind == "module":
                    return _NOWHERE if loose else self._absent(key, start, loose)
        return _Place(State.FOUND, status.path, key, status.opaque)

    def _absent(self, key: str, start: str, loose: bool) -> _Place:
        """Say what a key stands for below which nothing is."""
        end = key.find("/", len(start) + 1)
        return _NOWHERE if loose or self._is_built(key) or (end > 0 and self._shadowed(key[:end])) else _MISSING

    def _is_built(self, key: str) -> bool:
        """Whether a build would write the module, so that nobody commits it."""
        files = (f"{key}.py", f"{key}/__init__.py")
        return key.endswith(_BUILT) or any(self._config.scope_of(file) == "generated" for file in files)

    def _shadowed(self, key: str) -> bool:
        """Whether an installed package may stand before a folder: only a folder without __init__.py yields to it."""
        root, _, name = key.rpartition("/")
        return root in self._tree.roots and is_distribution(name) and self._status(key).kind == "namespace"

    def _is_loose(self, status: Status) -> bool:
        """Whether submodules may exist that no file stands for."""
        if status.kind == "namespace":
            return False
        interface = self._read(status.path) if status.path else None
        return interface is None or bool(interface.traits & ANY_SUBMODULE)

    def _is_virtual(self, module: str) -> bool:
        parts = module.split(".")
        names = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        return any(self._is_provided(name) for name in names)

    def _is_provided(self, name: str) -> bool:
        self._seen.add(mark_provided(name))
        return name in self._provided

    def _status(self, key: str) -> Status:
        self._seen.add(mark_key(key))
        return self._tree.status(key)

    def _read(self, path: str) -> Interface | None:
        self._seen.add(mark_rest(path))
        return self._interface_of(path)

    # Names

    def _member(self, module: _Place, name: str, depth: int, asked: _Asked = frozenset()) -> Target:
        """Find a name in a located module. What was looked for in vain is not looked for again by another way: there
        are a million ways through twenty pairs of modules that import everything of the next pair."""
        if module.state is not State.FOUND:
            return Target(module.state)
        path, key = module.path, module.key
        if not name:
            return Target(State.FOUND, path, "", path)
        if depth > _LONGEST_CHAIN or module.opaque:
            return _UNKNOWN._replace(via=path)
        place = (path, key, name)
        target = self._vain.get(place) or self._look(path, key, name, depth, asked)
        if target.state is not State.FOUND and (path, name) not in asked:
            self._vain[place] = target
        return target

    def _look(self, path: str, key: str, name: str, depth: int, asked: _Asked) -> Target:
        """Find a name in a module that can be read, or below a folder."""
        interface = self._read(path) if path else None
        if path and interface is None:
            return _UNKNOWN._replace(via=path)
        found = None
        if interface is not None and (path, name) not in asked:
            self._seen.add(mark_name(path, name))
            found = self._bound(interface, path, name, depth, asked | {(path, name)})
        if found is None or found.state is not State.FOUND:
            found = self._submodule(key, path, name) or found
        if (found is None or found.state is State.TYPING) and self._is_provided(f"{key.rpartition('/')[2]}.{name}"):
            found = _UNKNOWN
        if found is not None:
            return found._replace(via=path)
        if not path and self._shadowed(key):
            return _UNKNOWN
        # What protocol compilers write puts its names together when it is loaded.
        return _UNKNOWN._replace(via=path) if key.endswith(_BUILT) else Target(State.NO_NAME, via=path)

    def _submodule(self, key: str, path: str, name: str) -> Target | None:
        """Find a submodule; a plain module has none."""
        if path and key_of(path) != package_of(path):
            return None
        status = self._status(f"{key}/{name}" if key else name)
        if status.kind == "nothing":
            loose = path and self._is_loose(Status("package", path))
            return _UNKNOWN if loose or self._is_built(f"{key}/{name}" if key else name) else None
        return Target(State.FOUND, status.path) if status.path or status.kind == "namespace" else _UNKNOWN

    def _bound(self, interface: Interface, path: str, name: str, depth: int, asked: _Asked) -> Target | None:
        """Find a name among those a module binds, takes by a star or makes up when asked; None when it does not."""
        origins = interface.names.get(name, ())
        targets = (self._origin(origin, path, name, depth, asked) for origin in origins)
        if name not in interface.typing:
            found = next((target for target in targets if target.state is State.FOUND), None)
            if found is not None:
                return found
        elif not interface.traits & ANY_NAME and name not in (interface.exports or ()):
            # One that only type checkers see bound and `__all__` promises is made when somebody asks for it.
            led = next((target for target in targets if target.path), Target(State.TYPING))
            return led._replace(state=State.TYPING)
        if origins:
            # It is bound, if only by an import that fails or leaves the repository: no second report of that.
            return _UNKNOWN
        if name in IMPLICIT:
            return Target(State.FOUND, path, name)
        unknown = bool(interface.traits & ANY_NAME)
        for star in reversed(interface.stars):
            source = self._taken_from(path, star)
            if source.state is not State.FOUND:
                unknown = True
            elif source.path:
                offered = self._read(source.path)
                if source.opaque or offered is None:
                    unknown = True
                elif offered.gives_to_stars(name):
                    target = self._member(source, name, depth + 1, asked)
                    if target.state is State.FOUND:
                        return target
                    unknown = unknown or target.state is State.UNKNOWN
        return _UNKNOWN if unknown else None

    def _origin(self, origin: Origin, path: str, name: str, depth: int, asked: _Asked) -> Target:
        if isinstance(origin, Defined):
            return Target(State.FOUND, path, name, "", origin.traits, origin.bases)
        if isinstance(origin, Taken):
            return self._member(self._taken_from(path, origin), origin.name, depth + 1, asked)
        if isinstance(origin, Alias):
            target = self._dotted(path, origin.target, depth + 1, asked)
            return target if target.state is State.FOUND and target.name else Target(State.FOUND, path, name)
        return Target(State.FOUND, path, name)

    def _taken_from(self, path: str, taken: Taken) -> _Place:
        """Locate the module an import in a file names."""
        module = module_named(path, taken.level, taken.module)
        return _NOWHERE if module is None else self._module(module)

    def _dotted(self, path: str, dotted: str, depth: int, asked: _Asked = frozenset()) -> Target:
        """Find what a dotted name means inside a file: attributes are followed through modules, not into classes."""
        first, *rest = dotted.split(".")
        interface = self._read(path)
        if interface is None or depth > _LONGEST_CHAIN:
            return _UNKNOWN
        if Taken(0, first, "") in interface.names.get(first, ()):
            self._seen.add(mark_name(path, first))
            return self._absolute(dotted.split("."), depth, asked)
        target = self._member(_Place(State.FOUND, path, key_of(path)), first, depth + 1, asked)
        for name in rest:
            if target.state is not State.FOUND or target.name or not target.path:
                return _UNKNOWN
            target = self._member(_Place(State.FOUND, target.path, key_of(target.path)), name, depth + 1, asked)
        return target

    def _absolute(self, parts: list[str], depth: int, asked: _Asked) -> Target:
        """Find `package.module.name` after `import package.module`: the longest part that is a module, then a name."""
        for end in range(len(parts), 0, -1):
            place = self._module(".".join(parts[:end]))
            if place.state is State.FOUND:
                rest = parts[end:]
                return self._member(place, rest[0] if rest else "", depth + 1, asked) if len(rest) < 2 else _UNKNOWN
        return _UNKNOWN
