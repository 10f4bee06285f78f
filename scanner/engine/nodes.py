"""What the nodes of syntax trees hold: how to walk them several times as fast as `ast.walk` does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from operator import attrgetter
from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)

# Fields that hold names, numbers and marks, and never a node (`name` does, in a type alias).
_PLAIN = frozenset(
    {"arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module", "n"}
    | {"op", "ops", "rest", "s", "simple", "tag", "type_comment", "type_ignores"}
)
_LEAVES = (ast.Constant, ast.Global, ast.Nonlocal)


def _fields(kind: type[ast.AST]) -> list[str]:
    return [field for field in kind._fields if field not in _PLAIN] if not issubclass(kind, _LEAVES) else []


def _reader(fields: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    read = attrgetter(*fields)
    return read if len(fields) > 1 else lambda node: (read(node),)


# Kind of node → what returns its parts: nodes, None where one is missing, and lists of these. Kinds of which no node
# holds another, operators among them, are not here.
PARTS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    kind: _reader(fields)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and (fields := _fields(kind))
}


def names_in(node: ast.AST) -> set[str]:
    """Return the names that code mentions."""
    pending: list[Any] = [node]
    found: set[str] = set()
    while pending:
        current = pending.pop()
        kind = type(current)
        if kind is ast.Name:
            found.add(current.id)
        elif kind is list:
            pending.extend(current)
        elif kind in PARTS:
            pending.extend(PARTS[kind](current))
    return found
