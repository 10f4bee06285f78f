"""Facts of bodies that are large enough to be told again elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scanner.engine.blocks import statements
from scanner.engine.digest import Digest
from scanner.engine.facts import ENUM, Copyable
from scanner.engine.functions import Function
from scanner.engine.nodes import FUNCTIONS
from scanner.engine.syntax import dotted, says_nothing, without_docstring

# (nodes, names and constants; statements) that make a body of a function, of a class, of an enum. What is smaller is
# alike by chance: of the copies in five repositories below this, most are two or three plain statements.
_FUNCTION = (50, 3)
_CLASS = (20, 4)
_ENUM = (0, 3)
# A class of that size may consist of two methods.
_LARGE_CLASS = 80


def is_test(node: Function | ast.ClassDef) -> bool:
    """Whether a function or class is a test, by its name."""
    return node.name.startswith("test_")


def is_suite(node: ast.ClassDef) -> bool:
    """Whether a class is a suite of tests, by its name and its methods'."""
    return is_test(node) or (
        "Test" in node.name and any(isinstance(method, FUNCTIONS) and is_test(method) for method in node.body)
    )


def copyable(node: Function | ast.ClassDef, qualified: str, traits: int, told: Digest) -> Iterator[Copyable]:
    """Yield the body of a definition with that qualified name if it is large enough.

    Tests are left out, by having no digest: nobody asks for their bodies, and they would be a sixth of all facts.
    """
    if not told.text:
        return
    size, number = _CLASS if isinstance(node, ast.ClassDef) else _FUNCTION
    if traits & ENUM:
        size, number = _ENUM
    elif told.size >= _LARGE_CLASS and isinstance(node, ast.ClassDef):
        number = 0
    if told.size < size or (isinstance(node, ast.ClassDef) and all(map(_is_stub, node.body))):
        return
    rest = without_docstring(node.body)
    if len(rest) >= number or len(statements(rest, 0)) >= number:
        yield Copyable(qualified, node.lineno, node.end_lineno or node.lineno, traits, told.text, told.size)


def _is_stub(statement: ast.stmt) -> bool:
    """Whether a statement of a class says nothing, is for type checkers, or leaves it to others what to do."""
    if isinstance(statement, ast.If):
        return dotted(statement.test).rpartition(".")[2] == "TYPE_CHECKING"
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return says_nothing(statement)
    rest = without_docstring(statement.body)
    return all(says_nothing(inner) or isinstance(inner, ast.Raise) for inner in rest)
