from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from scanner.engine.facts import PROBED
from scanner.engine.links import NO_LINKS
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World


class DeadImportGuard(Rule):
    """A guarded import can never succeed, so its fallback always runs.

    What it does
    ------------
    Reports imports inside `try` with an `except ImportError`, `except Exception` or bare `except`, and inside
    `suppress(ImportError)`, that name a module or symbol of this repository which does not exist at this commit. What
    exists is decided as for unresolvable-import.

    Why is this bad
    ---------------
    A guard is meant for what may be missing. Here it hides a mistake, a moved module or a renamed class: the product
    silently runs on the fallback, often a stub, and nobody is told.

    Example
    -------
        try:
            from shop.notify import Notifier  # shop/notify.py was moved to shop/messages/notify.py
        except ImportError:
            Notifier = None

    Use instead
    -----------
        from shop.messages.notify import Notifier

    Not flagged
    -----------
    - Optional packages of others, and whatever else is not reported by unresolvable-import: compiled modules, module
      `__getattr__`, modules that builds write, and so on.
    - Guarded imports that succeed, and their fallbacks.
    - Imports under TYPE_CHECKING, which no guard protects.
    - Imports of which a test makes sure that they fail: in `with pytest.raises(ImportError)`, or before `pytest.fail()`
      in a `try` with `except ImportError`.
    - Imports in functions that are defined inside a `try`: they run later, outside it.
    - Imports whose failure is raised again, or lets a test fail, in the end: unresolvable-import reports those.
    - Missing names, not modules, under `except ModuleNotFoundError` alone, which lets them through:
      unresolvable-import reports those.
    - In tests: imports in a function that uses nothing of them, which ask whether something is there.
    """

    name = "dead-import-guard"
    area = "imports"
    severity = "high"
    version = 5

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        return [key for key in keys if world.links.get(str(key), NO_LINKS).broken]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        links = world.links.get(path)
        for broken in links.broken if links else ():
            row = broken.row
            if broken.guarded and not (row.where & PROBED and world.files[path].scope == "tests"):
                message = f"{broken.message} The failure is caught, so the fallback always runs."
                yield Finding(
                    path,
                    row.line,
                    row.end_line,
                    broken.symbol(world.registered),
                    broken.subject,
                    message,
                    self.severity,
                    row.enclosing,
                )
