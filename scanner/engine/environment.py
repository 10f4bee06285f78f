"""Syntax tree → where single variables of the process environment are used through `os`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from scanner.engine.facts import EnvironmentUse, Import

# Whole-mapping methods such as `copy` and `items` say nothing about a variable.
_KEYED = frozenset({"get", "pop", "setdefault", "update"})
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def mentions_environment(source: bytes) -> bool:
    """Whether a file may use the environment at all: looking at each expression is costly."""
    return b"environ" in source or b"getenv" in source


def environment_uses(tree: ast.Module, imports: Iterable[Import]) -> Iterator[EnvironmentUse]:
    """Yield the uses of a file with these imports, in no order."""
    modules = set(_names_of_os(imports))
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    keys: dict[ast.AST, ast.expr] = {}  # what is called → its first argument
    while pending:
        node, enclosing = pending.pop()
        if isinstance(node, ast.Call) and node.args:
            keys[node.func] = node.args[0]
        used, key = "", keys.get(node)
        if isinstance(node, ast.Attribute):
            if _is(node, "getenv", modules):
                used = "os.getenv"
            elif node.attr in _KEYED and _is(node.value, "environ", modules):
                used = "os.environ"
        elif isinstance(node, ast.Subscript) and _is(node.value, "environ", modules):
            used, key = "os.environ", node.slice
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            used, key = "os.environ" if _is(node.comparators[0], "environ", modules) else "", node.left
        if used and isinstance(node, ast.expr):
            yield EnvironmentUse(node.lineno, node.end_lineno or node.lineno, used, _constant(key), enclosing)
        if isinstance(node, _SCOPES):
            enclosing = f"{enclosing}.{node.name}" if enclosing else node.name
        pending.extend((child, enclosing) for child in ast.iter_child_nodes(node))


def _names_of_os(imports: Iterable[Import]) -> Iterator[str]:
    for row in imports:
        if not row.names and (row.module == "os" or (row.module.startswith("os.") and not row.alias)):
            yield row.alias or "os"


def _is(node: ast.expr, name: str, modules: Collection[str]) -> bool:
    """Whether an expression is that attribute of the module `os`."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    )


def _constant(key: ast.expr | None) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
