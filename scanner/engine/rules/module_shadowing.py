from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import Related
from scanner.engine.world import World

_INITIAL = "/__init__.py"
# A module has one such violation at most.
_WHOLE_MODULE = ""


class ModuleShadowing(Rule):
    """A module and a package share one name.

    What it does
    ------------
    Reports every `x.py` beside a `x/__init__.py`. Python takes the package, and nothing ever runs the module.

    Why is this bad
    ---------------
    Whoever edits the module changes nothing, and whoever reads it reads what is not used. When the package goes, the
    old module comes back to life.

    Example
    -------
        shop/orders.py
        shop/orders/__init__.py

    Use instead
    -----------
        shop/orders/__init__.py
        shop/orders/totals.py  # what was still needed of orders.py

    Not flagged
    -----------
    - A module beside a folder of its name without `__init__.py`: there Python takes the module.
    - Stubs (`x.pyi`) and compiled siblings.
    """

    name = "module-shadowing"
    area = "structure"
    severity = "high"

    def keys(self, world: World) -> Iterable[Hashable]:
        return {
            path.removesuffix(_INITIAL) + ".py" if path.endswith(_INITIAL) else path for path in world.touched.files
        }

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        return [key for key in keys if str(key).removesuffix(".py") + _INITIAL in world.files]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        package = path.removesuffix(".py") + _INITIAL
        if path not in world.files or package not in world.files:
            return
        module = world.files[path].module
        message = f"{module} is the package beside it; nothing imports this file."
        related = (Related(package, 1, "is imported instead"),)
        yield Finding(path, 1, 1, module, _WHOLE_MODULE, message, self.severity, related=related)


def _module(path: str) -> str:
    """Return the module beside a package's `__init__.py`, and any other path as it is."""
    return path.removesuffix(_INITIAL) + ".py" if path.endswith(_INITIAL) else path
