"""What statements do to the import machinery, or to a module's names behind its back."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from scanner.engine import facts
from scanner.engine.syntax import dotted, root, targets

# What everything begins with by which a function does something to the import machinery.
_ROOTS = frozenset(
    {"sys", "meta_path", "path_hooks", "__path__", "__all__", "globals", "vars", "locals", "exec", "setattr"}
)


def may_act(statement: ast.stmt) -> bool:
    """Whether a statement of a function is worth a closer look: nearly none is."""
    if type(statement) is ast.Expr:
        value = statement.value
        return type(value) is ast.Call and root(value.func) in _ROOTS
    return not _ROOTS.isdisjoint([root(target) for target in targets(statement) if type(target) is not ast.Name])


@dataclass(slots=True)
class Machinery:
    """What has been seen so far: `module`, `virtual` and `patches` are those of Facts."""

    module: int = 0
    virtual: set[str] = field(default_factory=set)
    patches: set[str] = field(default_factory=set)

    def see(self, statement: ast.stmt, *, deferred: bool) -> None:
        """Record what a statement does; `deferred`: it runs when a function is called."""
        if not isinstance(statement, ast.Expr):
            for target in targets(statement):
                if not isinstance(target, ast.Name):
                    self._act_on(target, deferred)
            return
        if not isinstance(statement.value, ast.Call):
            return
        name, arguments = dotted(statement.value.func), statement.value.args
        owner = name.rpartition(".")[0]
        if owner in {"sys.meta_path", "sys.path_hooks", "meta_path"}:
            self.module |= facts.INSTALLS_FINDER
        elif owner == "__path__":
            self.module |= facts.SETS_PATH
        elif (
            owner in {"globals()", "vars()"}
            or (not deferred and (name == "exec" or owner == "locals()"))
            or (name == "setattr" and arguments and _is_own_module(arguments[0]))
        ):
            self.module |= facts.SETS_NAMES

    def _act_on(self, target: ast.expr, deferred: bool) -> None:
        if isinstance(target, ast.Attribute) and dotted(target) in {"sys.meta_path", "sys.path_hooks"}:
            self.module |= facts.INSTALLS_FINDER
        if not deferred and isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            self.patches.add(f"{target.value.id}.{target.attr}")
        if not isinstance(target, ast.Subscript):
            return
        owner = dotted(target.value) or (dotted(target.value.func) + "()" if isinstance(target.value, ast.Call) else "")
        if owner in {"sys.meta_path", "sys.path_hooks"}:
            self.module |= facts.INSTALLS_FINDER
        elif owner == "sys.modules":
            if _is_own_module(target):
                self.module |= facts.REPLACES_ITSELF
            elif isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                self.virtual.update(() if deferred else (target.slice.value,))
            else:
                self.module |= facts.REGISTERS_MODULES
        elif owner in {"globals()", "vars()"} or (owner == "locals()" and not deferred):
            self.module |= facts.SETS_NAMES


def _is_own_module(node: ast.expr) -> bool:
    """Whether an expression is `sys.modules[__name__]`."""
    return isinstance(node, ast.Subscript) and dotted(node.value) == "sys.modules" and dotted(node.slice) == "__name__"
