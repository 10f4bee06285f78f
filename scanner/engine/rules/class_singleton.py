from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.facts import BY_DECORATOR, BY_ITSELF, BY_METACLASS, BY_NAME, SINGLETON_META, Singleton
from scanner.engine.instances import stateful_class
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World


class ClassSingleton(Rule):
    """A class hands out one instance that it keeps itself.

    What it does
    ------------
    Reports classes that keep an instance in a class attribute (`_instance`), make it when it is missing, and return it
    from `__new__`, a class method or a static method; classes that have a place for one, an `_instance` annotated with
    the class or `Self`; classes whose metaclass does that for them; classes under a decorator `@singleton`. A class
    that keeps and hands out an instance of another class of this repository counts, too, when its instances keep state.

    Why is this bad
    ---------------
    Everybody in the process shares the instance, although calling the class looks like making a new one: requests of
    different users, and tests that run one after the other. `__init__` may run again on an object in use.

    Example
    -------
        class Connections:
            _instance = None

            def __new__(cls):
                if cls._instance is None:
                    cls._instance = super().__new__(cls)
                return cls._instance

    Use instead
    -----------
        class Connections:
            def __init__(self, settings):
                self.settings = settings

        connections = Connections(settings)  # where the program starts; passed on to who needs it

    Not flagged
    -----------
    - Enums.
    - Sentinels: classes whose instances carry nothing, such as `class Missing`.
    - Attributes that are merely called so: `_instance_lock`, a field `instance`.
    - A singleton the configuration allows: `[rules.class-singleton] allow = ["package.module.Class"]`.
    """

    name = "class-singleton"
    area = "isolation"
    severity = "high"
    version = 2
    rows = "singletons"

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        for row in file.facts.singletons if file and file.facts else ():
            message = _message(path, row, world)
            if message:
                yield Finding(
                    path, row.line, row.end_line, row.name, row.attribute or row.how, message, self.severity, row.name
                )


def _message(path: str, row: Singleton, world: World) -> str:
    """Return what is wrong with a class, "" when nothing is."""
    if row.how == BY_ITSELF:
        return f"{row.name} hands everybody the same instance of itself, kept in {row.attribute}."
    if row.how == BY_NAME:
        return f"{row.name} has a place for one instance of itself, {row.attribute}."
    if row.how == BY_DECORATOR:
        return f"{row.name} has one instance for everybody, by its decorator {row.makers[0]}."
    if row.how == BY_METACLASS:
        target = world.lookup(path, path, row.makers[0])
        found = target.state is State.FOUND and target.traits & SINGLETON_META
        named = target.state is not State.FOUND and "singleton" in row.makers[0].lower()
        return f"{row.name} has one instance for everybody, by its metaclass {row.makers[0]}." if found or named else ""
    made = next((maker for maker in row.makers if stateful_class(path, path, maker, world)), None)
    return f"{row.name} hands everybody the same {made}(), kept in {row.attribute}." if made else ""
