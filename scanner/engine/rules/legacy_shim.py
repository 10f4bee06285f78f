from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.config import Config, day_of
from scanner.engine.facts import DEFERRED, HAS_GETATTR, REPLACES_ITSELF, TYPE_CHECKING
from scanner.engine.links import Linked
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

# A module has one such violation at most.
_WHOLE_MODULE = ""
_MADE_UP = HAS_GETATTR | REPLACES_ITSELF


class LegacyShim(Rule):
    """A re-export that was to be transitional is still there after its time.

    What it does
    ------------
    Reports every module that the configuration declares transitional until a date, from the first commit after that
    date in which the module still takes names of this repository from other modules on module level, or makes names up
    in `__getattr__`. What counts is the commit's own date in UTC, so a commit is always judged alike. A module that is
    declared until a phase ends is not reported while nobody says when that was.

    Why is this bad
    ---------------
    A shim is a promise that the old path will go. While it stays, new code goes on importing from it, and the symbol
    has two sources for good.

    Example
    -------
        # the configuration says: shop.old_orders is transitional until 2026-01-31
        # shop/old_orders.py, in February
        from shop.orders import Order

    Use instead
    -----------
        # everybody imports from shop.orders, and shop/old_orders.py is deleted

    Not flagged
    -----------
    - Declared modules until their date has passed, that day included, and those declared until a phase.
    - Declared modules that are gone, or that re-export nothing of this repository any more.
    - Imports inside functions of the module, and for type checkers only.
    """

    name = "legacy-shim"
    area = "imports"
    severity = "medium"
    version = 2

    def measures(self, config: Config) -> bool:
        return bool(config.transitional)

    def keys(self, world: World) -> Iterable[Hashable]:
        return {entry.module for entry in world.config.transitional}

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        for entry in world.config.transitional:
            until = day_of(entry.until)
            if entry.module != key or until is None or world.day <= until:
                continue
            path = world.file_of(entry.module)
            found = _re_export(path, world)
            if found is not None:
                line, end_line, source = found
                message = f"{entry.module} was to be gone after {until}; it still re-exports{source}."
                yield Finding(path, line, end_line, entry.module, _WHOLE_MODULE, message, self.severity)
                return


def _re_export(path: str, world: World) -> tuple[int, int, str] | None:
    """Return the lines of a module's first re-export and where it leads, in words; None when there is none."""
    file, links = world.files.get(path), world.links.get(path)
    if file is None or file.facts is None or links is None:
        return None
    for link in links.imports:
        if _binds(path, link):
            return link.row.line, link.row.end_line, f" from {link.row.written}"
    for definition in file.facts.definitions:
        if definition.name == "__getattr__":
            return definition.line, definition.end_line, " by __getattr__"
    return (1, 1, "") if file.facts.module & _MADE_UP else None


def _binds(path: str, link: Linked) -> bool:
    """Whether an import gives the module a name of another one when it is loaded."""
    row, _, target = link
    at_load = not row.where & (DEFERRED | TYPE_CHECKING) and not row.enclosing
    return at_load and target.state is State.FOUND and target.path != path and bool(row.names or row.alias)
