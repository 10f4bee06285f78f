"""What a call gives: whether it is an instance of a class of this repository that keeps state."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.engine.facts import ENUM, HOLDING, IS_CLASS, RECORD, STATEFUL, VALUE
from scanner.engine.functions import is_class_name
from scanner.engine.questions import State, Target
from scanner.engine.world import World

# Classes that are called so are there to keep something, even where the class itself shows no more than attributes.
ROLES = (
    *("Manager", "Registry", "Handler", "Client", "Service", "Store", "Cache", "Pool", "Engine", "Repository"),
    *("Tracker", "Monitor", "Bridge", "Dispatcher", "Scheduler", "Queue", "Bus", "Emitter", "Notifier", "Session"),
    *("Connection", "Coordinator", "Orchestrator", "Supervisor", "Controller", "Executor", "Collector", "Broker"),
)
# Bases whose classes are settings and messages: each instance's fields are its own.
_MODELS = frozenset({"Struct", "Model", "Schema", "SQLModel", "Exception", "Error"})
# Pydantic's, under whatever name they are taken: `from pydantic import BaseModel as PydanticBaseModel`.
_PYDANTIC = ("BaseModel", "BaseSettings", "RootModel")
# Bases of which each thread or context has an instance of its own.
_LOCALS = frozenset({"threading.local", "local", "Local"})
# Methods of a class that return an instance of it.
_MAKING = ("create", "build", "make", "new", "from_", "get_instance", "instance", "default", "get_default")
# More steps from class to base, or from function to what it returns, are not followed.
_DEEPEST = 20


def stateful_class(
    asker: str, path: str, maker: str, world: World, kept: int = HOLDING, depth: int = 0
) -> Target | None:
    """Return the class of this repository whose instance `maker(…)` is, as a file writes it; None when it is another
    thing, or when its instances keep no state that could change.

    `kept` is the trait by which a class whose name is one of ROLES counts without more.
    """
    target = world.lookup(asker, path, maker)
    if target.state is State.UNKNOWN and "." in maker:
        owner, _, method = maker.rpartition(".")
        if method.startswith(_MAKING) and is_class_name(owner.rpartition(".")[2]):
            target = world.lookup(asker, path, owner)
    if target.state is not State.FOUND or not target.name:
        return None
    if target.traits & IS_CLASS:
        return target if _keeps_state(asker, target, world, kept) else None
    if depth < _DEEPEST:
        for made in target.bases:
            found = stateful_class(asker, target.path, made, world, kept, depth + 1) if made != maker else None
            if found is not None:
                return found
    return None


def _keeps_state(asker: str, target: Target, world: World, kept: int) -> bool:
    traits = 0
    for found, base in lineage(asker, target, world):
        if is_model(base) or (found and found.traits & (VALUE | ENUM)) or (found is None and base in _LOCALS):
            return False
        traits |= found.traits if found else 0
    if traits & STATEFUL:
        return True
    return bool(traits & kept) and not traits & RECORD and target.name.endswith(ROLES)


def is_model(base: str) -> bool:
    """Whether a base of that name makes settings or messages of its classes: each instance's fields are its own."""
    name = base.rpartition(".")[2]
    return name in _MODELS or name.endswith(_PYDANTIC)


def lineage(asker: str, target: Target, world: World) -> Iterator[tuple[Target | None, str]]:
    """Yield a class and those it derives from, by their names; None for a class outside the repository."""
    pending = [target]
    seen = {(target.path, target.name)}
    yield target, target.name
    while pending and len(seen) < _DEEPEST:
        current = pending.pop()
        for base in current.bases:
            found = world.lookup(asker, current.path, base) if base else None
            if found is None or found.state is not State.FOUND or not found.traits & IS_CLASS:
                yield None, base
            elif (found.path, found.name) not in seen:
                seen.add((found.path, found.name))
                yield found, base
                pending.append(found)
