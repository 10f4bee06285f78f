from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.facts import IS_CLASS, VALUE
from scanner.engine.functions import is_class_name, makes_object
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

# Objects outside the repository that exist to be one for the whole process, or that stand for a part of it.
_ONE_BY_NATURE = frozenset(
    {"Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier", "CapacityLimiter"}
    | {"CDLL", "PyDLL", "WinDLL", "OleDLL", "Process"}
)
# Functions that return what functions return are not followed further.
_DEEPEST = 5


class GlobalGetter(Rule):
    """A function hands out one instance that it keeps in a module-global.

    What it does
    ------------
    Reports functions that return a module-global which they create when it is not there yet: `global x`, a test of
    `x`, `x = Maker()`, `return x`; also when a neighbour in the module (`configure_x`) creates it. The instance
    counts when it is one of a class, of a factory of this repository, or of a function elsewhere whose name says that
    it makes something (`create_engine`, `sessionmaker`).

    Why is this bad
    ---------------
    Everybody in the process shares the instance: requests of different users, and tests that run one after the
    other. Whatever it keeps leaks from one to the next, and nobody can see from a signature who uses it.

    Example
    -------
        _manager = None

        def get_manager():
            global _manager
            if _manager is None:
                _manager = Manager()
            return _manager

    Use instead
    -----------
        def create_manager(context):
            return Manager(context)  # whoever starts the work owns the instance and passes it on

    Not flagged
    -----------
    - Constants, and globals that no function of the module creates.
    - Values that are no instance of a class: numbers, strings, containers, what was read or parsed.
    - Values that never change: compiled regular expressions, paths, time zones, keys, enums, named tuples, frozen
      dataclasses.
    - What can only be one: locks and events, loaded libraries, the process itself.
    """

    name = "global-getter"
    area = "isolation"
    severity = "high"
    version = 3
    rows = "getters"

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        for getter in file.facts.getters if file and file.facts else ():
            maker = next((maker for maker in getter.makers if _makes_instance(path, path, maker, world)), None)
            if maker is not None:
                yield Finding(
                    path,
                    getter.line,
                    getter.end_line,
                    getter.function.rpartition(".")[2],
                    getter.variable,
                    f"{getter.function} hands everybody the same {maker}() from the module-global {getter.variable}.",
                    self.severity,
                    getter.function,
                )


def _makes_instance(asker: str, path: str, maker: str, world: World, depth: int = 0) -> bool:
    """Whether calling a dotted name, as a file writes it, gives an instance of a class that keeps state."""
    target = world.lookup(asker, path, maker)
    if target.state is State.FOUND and target.traits & IS_CLASS:
        return not target.traits & VALUE
    if target.state is State.FOUND and target.bases:
        return depth < _DEEPEST and any(
            _makes_instance(asker, target.path, made, world, depth + 1) for made in target.bases
        )
    if target.state is State.FOUND and not is_class_name(maker.rpartition(".")[2]):
        return False
    return makes_object(maker) and maker.rpartition(".")[2] not in _ONE_BY_NATURE
