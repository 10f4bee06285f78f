from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from itertools import takewhile

from scanner.engine.facts import FALLBACK, GUARDED, REFUSED, TYPE_CHECKING, Import
from scanner.engine.links import NO_LINKS, Linked
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Scope, Severity
from scanner.engine.world import World


class UnresolvableImport(Rule):
    """An import names a module or symbol of this repository that does not exist.

    What it does
    ------------
    Follows every import of the repository's own packages, inside functions too, through relative imports, aliases,
    re-exports and star imports, and reports those that end at a module or a name that is not there at this commit.

    In production code it is critical where nothing catches the error, and high in the fallback of another import; low,
    when that one succeeds and the fallback never runs. It is high in other code, and medium where only type checkers
    see it.

    Why is this bad
    ---------------
    The import fails whenever it runs. In a function that may be long after the release.

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
    - Modules in the scope `generated`, and `_version`, `*_pb2`, `*_pb2_grpc`, which builds write; and names of those.
    - Packages that install a finder in `sys.meta_path` or set `__path__`, and modules put into `sys.modules`.
    - Names that another module assigns from outside (`base.dialect = ...`).
    - A top folder without `__init__.py` that has the name of a distribution, such as `alembic/`: the installed
      package stands before it.
    - Modules beside a script or in the folders around it, which its own `sys.path` begins with.
    - Imports of which a test makes sure that they fail: in `with pytest.raises(ImportError)`, or before `pytest.fail()`
      in a `try` with `except ImportError`.
    - Names that another module fails to import: that import is reported itself.
    - Imports whose failure is survived: dead-import-guard reports those.
    """

    name = "unresolvable-import"
    area = "imports"
    severity = "critical"
    version = 6

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        return [key for key in keys if world.links.get(str(key), NO_LINKS).broken]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file, links = world.files.get(path), world.links.get(path)
        if file is None or file.facts is None or links is None:
            return
        for broken in links.broken:
            row = broken.row
            if not row.where & REFUSED and not broken.guarded:
                symbol = broken.symbol(world.registered)
                severity, message = _severity(row, file.scope), broken.message
                if row.where & FALLBACK and _never_runs(row, file.facts.imports, links.imports):
                    severity, message = "low", f"{message} It never runs: the import it stands in for succeeds."
                yield Finding(path, row.line, row.end_line, symbol, broken.subject, message, severity, row.enclosing)


def _never_runs(fallback: Import, rows: Sequence[Import], imports: Iterable[Linked]) -> bool:
    """Whether a fallback stands in for imports that all reach something of this repository."""
    before = [row for row in rows if row.line < fallback.line and row.enclosing == fallback.enclosing]
    tried = list(takewhile(_is_guarded, (row for row in reversed(before) if not row.where & FALLBACK)))
    ours = {link.row for link in imports}
    failing = {link.row for link in imports if link.target.state is not State.FOUND}
    return bool(tried) and ours.issuperset(tried) and failing.isdisjoint(tried)


def _is_guarded(row: Import) -> bool:
    return bool(row.where & GUARDED)


def _severity(row: Import, scope: Scope) -> Severity:
    if row.where & TYPE_CHECKING:
        return "medium"
    return "high" if scope != "production" or row.where & FALLBACK else "critical"
