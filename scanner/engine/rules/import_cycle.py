from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from scanner.engine.graph import LONGEST
from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Related
from scanner.engine.world import World

_MOST_SHOWN = 8
# A module has one such violation at most, whatever its name: it is the path's.
_WHOLE_MODULE = ""


class ImportCycle(Rule):
    """A module imports itself through others.

    What it does
    ------------
    Reports every module that lies on a circle of imports, with the shortest circle through it. A circle of imports
    that run when modules are loaded is of medium severity; one that only closes through imports inside functions is
    low. `from package import module` leads to the module, `from package import name` to the package's `__init__`.

    Why is this bad
    ---------------
    Which of the modules is loaded first decides whether the program starts; a name may be imported before it exists.
    Modules in a circle cannot be understood, tested or moved one by one.

    Example
    -------
        # shop/orders.py
        from shop.customers import Customer

        # shop/customers.py
        from shop.orders import Order

    Use instead
    -----------
        # shop/models.py holds Customer and Order; shop/orders.py and shop/customers.py import it.
        from shop.models import Customer, Order

    Not flagged
    -----------
    - Imports under `if TYPE_CHECKING:`.
    - Imports under `if __name__ == "__main__":`.
    """

    name = "import-cycle"
    area = "structure"
    severity = "medium"
    version = 2

    def keys(self, world: World) -> Iterable[Hashable]:
        shown = {path for path, cycle in _all_cycles(world) if not world.touched.files.isdisjoint(cycle)}
        return world.touched.cyclic | shown

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        loading = world.loading.through.get(path)
        cycle = loading or world.calling.through.get(path)
        if cycle is None or path not in world.files:
            return
        places = list(_places(cycle, world))
        how = "Imports go in a circle" if loading else "With imports inside functions, imports go in a circle"
        line = places[0].line if places else min(edge.line for edge in world.links[path].edges.values())
        yield Finding(
            path,
            line,
            _end_of(line, path, world),
            world.files[path].module,
            _WHOLE_MODULE,
            f"{how}: {_shown([world.files[place.path].module for place in places])}.",
            "medium" if loading else "low",
            related=tuple(places[1:]),
        )


def _end_of(line: int, path: str, world: World) -> int:
    """Return the last line of the import that stands on a line."""
    facts = world.files[path].facts
    return max((row.end_line for row in (facts.imports if facts else ()) if row.line == line), default=line)


def _shown(names: list[str]) -> str:
    if not names:
        return f"it has more than {LONGEST} modules"
    if len(names) > _MOST_SHOWN:
        return f"{' → '.join(names[:_MOST_SHOWN])} → … ({len(names)} modules)"
    return " → ".join([*names, names[0]])


def _all_cycles(world: World) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from world.loading.through.items()
    yield from world.calling.through.items()


def _places(cycle: tuple[str, ...], world: World) -> Iterator[Related]:
    if len(cycle) == 1:  # too long to be followed
        return
    for path, target in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        edge = world.links[path].edges[target]
        yield Related(path, edge.line, f"imports {world.files[target].module}")
