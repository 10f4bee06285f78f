"""Names under which a module takes things in: `from typing import overload as _overload`."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def imported_as(body: list[ast.stmt]) -> dict[str, str]:
    """Return the names under which a module takes something in that is called otherwise, with that."""
    imports = (statement for statement in body if isinstance(statement, (ast.Import, ast.ImportFrom)))
    return {alias.asname: alias.name for statement in imports for alias in statement.names if alias.asname}


def original(name: str, taken: Mapping[str, str]) -> str:
    """Return what a dotted name was called where it was imported from."""
    head, dot, rest = name.partition(".")
    return taken.get(head, head) + dot + rest
