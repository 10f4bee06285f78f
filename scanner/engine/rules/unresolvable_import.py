from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.facts import FALLBACK, GUARDED, REFUSED, TYPE_CHECKING, Import
from scanner.engine.links import Broken
from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Scope, Severity
from scanner.engine.world import World


class UnresolvableImport(Rule):
    """An import names a module or symbol of this repository that does not exist.

    What it does
    ------------
    Follows every import of the repository's own packages, inside functions too, through relative imports, aliases,
    re-exports and star imports, and reports those that end at a module or a name that is not there at this commit.

    In production code it is critical where nothing catches the error, and high where `except ImportError` or
    `except Exception` does (the fallback then runs always) or in such a fallback itself. It is high in other code, and
    medium where only type checkers see it.

    Why is this bad
    ---------------
    The import fails whenever it runs. In a function that may be long after the release; behind a guard the product
    silently runs on the fallback.

    Example
    -------
        from shop.notify import Notifier  # shop/notify.py was moved to shop/messages/notify.py

    Use instead
    -----------
        from shop.messages.notify import Notifier

    Not flagged
    -----------
    - Modules with `__getattr__`, that write to `globals()`, or that replace themselves in `sys.modules`.
    - Names that a star import may provide, and names bound only under a condition.
    - Namespace packages, and compiled modules (`.so`, `.pyd`, `.pyx`) or stubs (`.pyi`) in place of source.
    - Modules in the scope `generated`, and `_version`, `*_pb2`, `*_pb2_grpc`, which builds write.
    - Packages that install a finder in `sys.meta_path` or set `__path__`, and modules put into `sys.modules`.
    - Names that another module assigns from outside (`base.dialect = ...`).
    - A top folder without `__init__.py` that has the name of a distribution, such as `alembic/`: the installed
      package stands before it.
    - Modules beside a script or in the folders around it, which its own `sys.path` begins with.
    - Imports in `with pytest.raises(ImportError)`, which are meant to fail.
    - Names that another module fails to import: that import is reported itself.
    """

    name = "unresolvable-import"
    area = "imports"
    severity = "critical"

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        links = world.links.get(path)
        for broken in links.broken if links else ():
            if not broken.row.where & REFUSED:
                yield self._finding(path, broken, world)

    def _finding(self, path: str, broken: Broken, world: World) -> Finding:
        row, name = broken
        module = "." * row.level + row.module
        if name:
            symbol, subject = name, f"{module}:{name}"
            message = f"{module} has no {name}."
        else:
            registered = (wanted for wanted, _ in row.names if wanted in world.registered)
            symbol, subject = next(registered, row.module or module), module
            message = f"There is no module {module}."
        severity = _severity(row, world.files[path].scope)
        if row.where & GUARDED:
            message += " The failure is caught, so the fallback always runs."
        return Finding(path, row.line, row.end_line, symbol, subject, message, severity, row.enclosing)


def _severity(row: Import, scope: Scope) -> Severity:
    if row.where & TYPE_CHECKING:
        return "medium"
    return "high" if scope != "production" or row.where & (GUARDED | FALLBACK) else "critical"
