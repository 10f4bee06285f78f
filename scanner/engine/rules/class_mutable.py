from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.facts import ENUM, Container
from scanner.engine.instances import is_model, lineage
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Severity
from scanner.engine.world import World

# Functions that fill a registry while modules are loaded.
_REGISTERING = ("register", "unregister", "__init_subclass__")
_MOST_SHOWN = 3


class ClassMutable(Rule):
    """A list, dict or set of a class is changed by its methods, and so for all instances.

    What it does
    ------------
    Reports a list, dict, set or the like made in a class's body that a function of the module changes through `cls`,
    the class's name or `self`: puts something in, takes something out, sorts it. One that is changed by functions
    named `register…`, `unregister…` or `__init_subclass__` alone is a registry, of severity low.

    Why is this bad
    ---------------
    All instances share it, and so do all requests and tests of a process: what one of them puts in, all the others
    find. Through `self` it looks like the instance's own.

    Example
    -------
        class Basket:
            items = []

            def add(self, item):
                self.items.append(item)

    Use instead
    -----------
        class Basket:
            def __init__(self):
                self.items = []

    Not flagged
    -----------
    - Containers that nothing in the module changes, and annotations without a value.
    - Containers of classes inside classes, functions and conditions.
    - `field(default_factory=…)`, and fields of Pydantic models, whose instances get copies (a ClassVar is none).
    - Tables in capitals.
    - A name of which each instance gets its own: a method assigns `self.items`. Changes through the class still count.
    """

    name = "class-mutable"
    area = "isolation"
    severity = "high"
    version = 2
    rows = "containers"

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        for row in file.facts.containers if file and file.facts else ():
            if row.owner and not _is_copied(path, row, world):
                severity: Severity = (
                    "low"
                    if all(name.lstrip("_").startswith(_REGISTERING) or name in _REGISTERING for name in row.changers)
                    else self.severity
                )
                yield Finding(
                    path,
                    row.line,
                    row.end_line,
                    f"{row.owner}.{row.name}",
                    row.name,
                    f"{row.owner}.{row.name} is one for all instances, and {_shown(row.changers)}.",
                    severity,
                    row.owner,
                )


def _shown(changers: tuple[str, ...]) -> str:
    names = ", ".join(changers[:_MOST_SHOWN])
    more = f" and {len(changers) - _MOST_SHOWN} more" if len(changers) > _MOST_SHOWN else ""
    return f"{names}{more} {'changes' if len(changers) == 1 else 'change'} it"


def _is_copied(path: str, row: Container, world: World) -> bool:
    """Whether each instance gets a copy, or the class is an enum, whose names are members."""
    target = world.lookup(path, path, row.owner)
    if target.state is not State.FOUND:
        return False
    family = list(lineage(path, target, world))
    if any(found and found.traits & ENUM for found, _ in family):
        return True
    return not row.is_classvar and any(is_model(base) for _, base in family)
