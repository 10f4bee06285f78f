from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.facts import OWNING, Cached, Facts
from scanner.engine.instances import stateful_class
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World


class CachedFactory(Rule):
    """A cached function without parameters makes one stateful instance for everybody.

    What it does
    ------------
    Reports functions and class methods without parameters under `functools.cache` or `lru_cache` that return an
    instance of a class of this repository whose instances keep state: a method changes the instance, it holds a list,
    dict or set, or the class is by its name something that keeps things (Manager, Registry, Client …) and makes its
    instances objects of their own, such as a connection.

    Why is this bad
    ---------------
    The cache makes a singleton of it, and hides that: the call looks as if it made a new one each time. What one
    request or test leaves in the instance, the next one finds.

    Example
    -------
        @lru_cache(maxsize=1)
        def get_sessions():
            return SessionManager()

    Use instead
    -----------
        def create_sessions():
            return SessionManager()  # whoever starts the work owns the instance and passes it on

    Not flagged
    -----------
    - Pure values: what is computed or read, instances of classes outside the repository such as ZoneInfo, enums, named
      tuples, frozen dataclasses.
    - Classes whose instances never change, or only hold what they were given; Pydantic models and settings.
    - Functions with parameters, and cached properties.
    """

    name = "cached-factory"
    area = "isolation"
    severity = "high"
    version = 3
    rows = "cached"

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        for row in file.facts.cached if file and file.facts and _is_functools(file.facts) else ():
            made = next(filter(None, (stateful_class(path, path, maker, world, OWNING) for maker in row.returns)), None)
            if made is not None:
                yield self._finding(path, row, made.name)

    def _finding(self, path: str, row: Cached, made: str) -> Finding:
        enclosing, _, name = row.name.rpartition(".")
        message = f"{row.name} hands everybody the same {made}, whose instances keep state: its cache never lets it go."
        return Finding(path, row.line, row.end_line, row.name, name, message, self.severity, enclosing)


def _is_functools(facts: Facts) -> bool:
    """Whether the caching decorators of a file are those of functools."""
    return any(row.module == "functools" for row in facts.imports)
