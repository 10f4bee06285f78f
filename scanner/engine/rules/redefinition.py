from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Related
from scanner.engine.world import World


class Redefinition(Rule):
    """A class or function is defined a second time in the same scope.

    What it does
    ------------
    Reports a class or function that stands in the same block of a module, class or function as an earlier one of its
    name. The later one is reported; the earlier one is named beside it.

    Why is this bad
    ---------------
    Once the module is loaded, the earlier definition cannot be reached: it is read, reviewed and mended in vain. In a
    test class, the earlier test never runs. What was made of an earlier class is no instance of the later one.

    Example
    -------
        class Retry:
            attempts = 3

        class Retry:
            attempts = 5

    Use instead
    -----------
        class Retry:
            attempts = 5

    Not flagged
    -----------
    - `@overload` variants, the setter and deleter of a property, `register` of a single-dispatch function.
    - Variants under if/else, try/except, with, for, while or match.
    - Definitions that a decorator hands to somebody who keeps them: routes, signal receivers, tasks, commands.
    - A function that is used before the next one of its name, in an assignment (`name = property(name)`), a call or a
      decorator; a class that the later one derives from; a class inside a function that is used in between.
    - Names made of underscores only.
    """

    name = "redefinition"
    area = "definitions"
    severity = "high"
    version = 2
    rows = "redefinitions"

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        for row in file.facts.redefinitions if file and file.facts else ():
            enclosing, _, name = row.name.rpartition(".")
            yield Finding(
                path,
                row.line,
                row.end_line,
                row.name,
                name,
                f"{row.name} is defined on line {row.first} already; nobody can reach that definition any more.",
                self.severity,
                enclosing,
                related=(Related(path, row.first, "earlier definition"),),
            )
