"""Small readings of CPython's syntax trees: dotted names, bound names, what says nothing.

Everything here is iterative: generated code nests thousands of levels deep.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any


def dotted(node: ast.AST | None) -> str:
    """Return `a.b.c` for a name or a chain of attributes, with `()` after what is called on the way, else ""."""
    parts: list[str] = []
    suffix = ""
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr + suffix)
            node, suffix = node.value, ""
        elif isinstance(node, ast.Call):
            node, suffix = node.func, "()"
        elif isinstance(node, ast.Name):
            parts.append(node.id + suffix)
            return ".".join(reversed(parts))
        else:
            return ""


def root(node: Any) -> str:
    """Return the name that a chain of attributes, calls and items begins with, or ""."""
    while True:
        kind = type(node)
        if kind is ast.Attribute or kind is ast.Subscript:
            node = node.value
        elif kind is ast.Call:
            node = node.func
        else:
            return node.id if isinstance(node, ast.Name) else ""


def last(node: ast.AST | None) -> str:
    """Return the last part of the name of a name or an attribute, else ""."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def called(node: ast.AST) -> str:
    """Return the dotted name a decorator stands for, called or not."""
    return dotted(node.func if isinstance(node, ast.Call) else node)


def bound_names(target: ast.AST) -> Iterator[str]:
    """Yield the plain names that an assignment to the target binds."""
    pending = [target]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Tuple | ast.List):
            pending.extend(node.elts)
        elif isinstance(node, ast.Starred):
            pending.append(node.value)


def targets(statement: ast.stmt) -> Sequence[ast.expr]:
    """Return what a statement assigns to."""
    told = _TARGETS.get(type(statement))
    return told(statement) if told is not None else ()


def _declared(statement: ast.AnnAssign) -> Sequence[ast.expr]:
    return [statement.target] if statement.value is not None else []


def _entered(statement: ast.With | ast.AsyncWith) -> Sequence[ast.expr]:
    return [item.optional_vars for item in statement.items if item.optional_vars is not None]


_TARGETS: dict[type, Callable[[Any], Sequence[ast.expr]]] = {
    ast.Assign: lambda statement: statement.targets,
    ast.AugAssign: lambda statement: [statement.target],
    ast.AnnAssign: _declared,
    ast.For: lambda statement: [statement.target],
    ast.AsyncFor: lambda statement: [statement.target],
    ast.With: _entered,
    ast.AsyncWith: _entered,
}


def constants(value: ast.expr) -> list[str] | None:
    """Return the strings of a list or tuple that holds nothing else."""
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    names = [part.value for part in value.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return names if len(names) == len(value.elts) else None


def assigned_within(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that walrus expressions of a statement bind, those of the statements inside it aside."""
    for part in ast.iter_child_nodes(statement):
        if isinstance(part, ast.match_case):
            yield from captures(part.guard) if part.guard is not None else ()
        elif not isinstance(part, ast.stmt | ast.ExceptHandler):
            yield from captures(part)


def captures(test: ast.AST) -> Iterator[str]:
    """Yield the names that walrus expressions or patterns bind."""
    pending: list[ast.AST] = [test]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.NamedExpr):
            yield node.target.id
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        if not isinstance(node, ast.Lambda):  # a scope of its own
            pending.extend(ast.iter_child_nodes(node))


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return a body without its leading string."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:]
    return body


def says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is pass, ... or a string."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
