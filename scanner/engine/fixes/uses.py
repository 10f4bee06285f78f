"""Where a file uses the names it imports, scope by scope, and which of its strings name something elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | None
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Use(NamedTuple):
    """A name that is read, the node around it, the node around that, and the scope it stands in (None: the module)."""

    node: ast.Name
    parent: ast.AST
    grandparent: ast.AST | None
    scope: Scope


class Uses:
    """An index of one tree: names read, names bound by each scope, import statements, strings."""

    def __init__(self, tree: ast.Module) -> None:
        self.imports: list[tuple[ast.Import | ast.ImportFrom, Scope]] = []
        self.strings: list[ast.Constant] = []
        self._reads: dict[str, list[Use]] = {}
        self._binds: dict[tuple[Scope, str], list[ast.AST]] = {}
        self._outer: dict[Scope, Scope] = {}
        pending: list[tuple[ast.AST, ast.AST | None, ast.AST | None, Scope]] = [(tree, None, None, None)]
        while pending:
            node, parent, grandparent, scope = pending.pop()
            self._see(node, parent, grandparent, scope)
            inner = scope
            if isinstance(node, _SCOPES):
                self._outer[node] = scope
                inner = node
            pending.extend((child, node, parent, inner) for child in ast.iter_child_nodes(node))

    def _see(self, node: ast.AST, parent: ast.AST | None, grandparent: ast.AST | None, scope: Scope) -> None:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self._reads.setdefault(node.id, []).append(Use(node, parent or node, grandparent, scope))
            else:
                self._bind(scope, node.id, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.imports.append((node, scope))
            for alias in node.names:
                self._bind(scope, alias.asname or alias.name.partition(".")[0], node)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and not isinstance(parent, ast.Expr):
                self.strings.append(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._bind(scope, node.name, node)
        elif isinstance(node, ast.arg):
            self._bind(scope, node.arg, node)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            self._bind(scope, node.name, node)

    def _bind(self, scope: Scope, name: str, node: ast.AST) -> None:
        self._binds.setdefault((scope, name), []).append(node)

    def of(self, name: str, home: Scope) -> Iterator[Use]:
        """Yield the uses of a name as the scope `home` binds it, in source order."""
        found = (use for use in self._reads.get(name, ()) if self._home(name, use.scope) is home)
        yield from sorted(found, key=lambda use: (use.node.lineno, use.node.col_offset))

    def binders(self, name: str) -> list[ast.AST]:
        """Return what binds a name, anywhere in the file."""
        return [node for (_, bound), nodes in self._binds.items() if bound == name for node in nodes]

    def bound_in(self, name: str, scope: Scope) -> list[ast.AST]:
        """Return what binds a name in one scope."""
        return self._binds.get((scope, name), [])

    def _home(self, name: str, scope: Scope) -> Scope:
        """Return the scope whose name a use in `scope` is: classes between do not count."""
        current = scope
        while current is not None:
            if (current, name) in self._binds and (current is scope or not isinstance(current, ast.ClassDef)):
                return current
            current = self._outer[current]
        return None


def watched(uses: Uses, names: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield line and text of strings that are one of the dotted names or lead on from it."""
    for node in uses.strings:
        text = str(node.value)
        if any(text == name or text.startswith(f"{name}.") for name in names):
            yield node.lineno, text
