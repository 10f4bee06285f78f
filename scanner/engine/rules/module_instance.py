from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from scanner.engine.facts import MAIN, TYPE_CHECKING, Instance
from scanner.engine.instances import ROLES, stateful_class
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

# A class with that many instances on module level is a way to declare things: signals, settings, columns.
_DECLARATIVE = 8
# What frameworks want on module level, by the names people give it.
_DECLARED = frozenset({"app", "application", "api", "router", "blueprint", "bp", "cli", "logger", "log", "register"})
_NONE: Mapping[str, int] = {}
_DECLARED_CLASSES = (
    *("Signal", "Router", "App", "Application", "Blueprint", "Logger", "API", "MetaData"),
    *("LazyObject", "LocalProxy", "LocalStack"),  # what they stand for is another object, or one for each thread
)


class ModuleInstance(Rule):
    """A module makes an instance with mutable state when it is loaded.

    What it does
    ------------
    Reports names on the module level of production files that are bound to an instance of a class of this repository
    whose instances keep mutable state: a method changes the instance, it holds a list, dict or set, or the class is
    by its name something that keeps things (Manager, Registry, Handler, Client, Store …) and gives its instances
    attributes. Bases count.

    Why is this bad
    ---------------
    Importing the module makes the instance, and everybody in the process shares it: what one request or test leaves
    in it, the next one finds. It is made before there is a configuration, and in an order that imports decide.

    Example
    -------
        class SessionManager:
            def __init__(self):
                self.sessions = {}

        session_manager = SessionManager()

    Use instead
    -----------
        def create_session_manager():
            return SessionManager()  # whoever starts the work owns the instance and passes it on

    Not flagged
    -----------
    - Instances of classes outside the repository, and of classes whose instances never change; enums and sentinels.
    - Constants: names in capitals, unless the class is a Manager, Registry or the like by its name.
    - Loggers, routers, applications, blueprints, signals and schemas, by the name of the variable or of the class; lazy
      objects and what each thread has its own of.
    - Pydantic models and settings; dataclasses that no method changes.
    - Instances under `if __name__ == "__main__":` or `if TYPE_CHECKING:`.
    - Declarative types: a class with eight or more instances on module level.
    - What the configuration allows: `[rules.module-instance] allow = ["package.module.name"]`.
    - Tests, scripts and archives.
    """

    name = "module-instance"
    area = "isolation"
    severity = "medium"
    version = 2
    rows = "instances"
    scopes = ("production",)

    def keys(self, world: World) -> Iterable[Hashable]:
        counted = (world.instances.get(made, ()) for made in world.touched.instantiated)
        return world.touched.files.union(*counted)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        if file is None or file.facts is None or file.scope != "production":
            return
        for row in file.facts.instances:
            made = None if _is_declared(row) else stateful_class(path, path, row.maker, world)
            if made is None or made.name.endswith(_DECLARED_CLASSES):
                continue
            if row.name.lstrip("_").isupper() and not made.name.endswith(ROLES):
                continue
            if sum(world.instances.get((made.path, made.name), _NONE).values()) >= _DECLARATIVE:
                continue
            yield Finding(
                path,
                row.line,
                row.end_line,
                row.name,
                row.name,
                f"{row.name} is one {made.name} for everybody who imports {file.module}; its instances keep state.",
                self.severity,
            )


def _is_declared(row: Instance) -> bool:
    return bool(row.where & (MAIN | TYPE_CHECKING)) or row.name.lstrip("_") in _DECLARED
