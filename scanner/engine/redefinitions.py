"""Facts of names that a scope defines twice, so that the first definition can never be reached."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scanner.engine.facts import Redefinition
from scanner.engine.functions import Function
from scanner.engine.syntax import called, names_in

_Definition = Function | ast.ClassDef
_KINDS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# A decorator that is an attribute of something may hand the function to it (`@app.route`, `@total.setter`,
# `@process.register`), which then keeps it; those of these modules and these alone do not.
_HARMLESS_OWNERS = frozenset({"functools", "contextlib", "dataclasses", "abc", "enum", "typing", "typing_extensions"})
_HARMLESS_ROOTS = frozenset({"pytest", "mock", "unittest", "attr", "attrs"})
_KEEPING = frozenset(
    {"overload", "singledispatch", "singledispatchmethod", "dispatch", "multimethod", "multipledispatch", "register"}
    | {"receiver", "compiles", "listens_for", "hookimpl", "task", "shared_task", "command", "route"}
    | {"given", "when", "then", "step", "scenario", "validates", "rule", "invariant"}
)


def redefined(body: list[ast.stmt], qualified: str) -> Iterator[Redefinition]:
    """Yield the definitions that stand in a scope's own block under a name defined before; `qualified` is the scope's
    name. A definition counts as lost when nothing between the two mentions it and no decorator may have kept it."""
    names = [statement.name for statement in body if isinstance(statement, _KINDS)]
    if len(set(names)) == len(names):
        return
    before: dict[str, tuple[int, _Definition]] = {}
    for position, statement in enumerate(body):
        if not isinstance(statement, _KINDS):
            continue
        name = statement.name
        if name in before and name.strip("_"):
            index, first = before[name]
            if not _keeps(first) and not any(
                name in _mentioned(between, last=between is statement) for between in body[index + 1 : position + 1]
            ):
                full = f"{qualified}.{name}" if qualified else name
                end = statement.end_lineno or statement.lineno
                yield Redefinition(full, statement.lineno, end, first.lineno)
        before[name] = position, statement


def _keeps(node: _Definition) -> bool:
    """Whether a decorator may have handed the definition to somebody."""
    for decorator in node.decorator_list:
        owner, _, last = called(decorator).rpartition(".")
        if last in _KEEPING or last.startswith(("register", "on_")) or not last:
            return True
        if owner and owner not in _HARMLESS_OWNERS and owner.partition(".")[0] not in _HARMLESS_ROOTS:
            return True
    return False


def _mentioned(statement: ast.stmt, *, last: bool) -> set[str]:
    """Return the names a statement mentions when it runs: what functions mention is looked up when they are called."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        parts: list[ast.AST] = [*statement.decorator_list, *statement.args.defaults]
        parts += [default for default in statement.args.kw_defaults if default is not None]
    elif isinstance(statement, ast.ClassDef) and last:
        parts = [*statement.decorator_list, *statement.bases, *statement.keywords]
    else:
        parts = [statement]
    return set().union(*map(names_in, parts)) if parts else set()
