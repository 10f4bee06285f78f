"""Facts of names that a scope defines twice, so that the first definition can never be reached."""

from __future__ import annotations

import ast
from bisect import bisect
from collections.abc import Iterator, Mapping

from scanner.engine.aliases import original
from scanner.engine.facts import Redefinition
from scanner.engine.functions import Function
from scanner.engine.nodes import DEFINITIONS, names_in
from scanner.engine.syntax import called

_Definition = Function | ast.ClassDef
# A decorator that is an attribute of something may hand the function to it (`@app.route`, `@total.setter`,
# `@process.register`), which then keeps it; those of these modules and these alone do not.
_HARMLESS_OWNERS = frozenset({"functools", "contextlib", "dataclasses", "abc", "enum", "typing", "typing_extensions"})
_HARMLESS_ROOTS = frozenset({"pytest", "mock", "unittest", "attr", "attrs"})
_KEEPING = frozenset(
    {"overload", "singledispatch", "singledispatchmethod", "dispatch", "multimethod", "multipledispatch", "register"}
    | {"receiver", "compiles", "listens_for", "hookimpl", "task", "shared_task", "command", "route"}
    | {"given", "when", "then", "step", "scenario", "validates", "rule", "invariant"}
)


def redefined(
    body: list[ast.stmt], qualified: str, taken: Mapping[str, str], *, local: bool = False
) -> Iterator[Redefinition]:
    """Yield the definitions that stand in a scope's own block under a name defined before.

    `qualified` is the scope's name; `local` that of a function; `taken` what `imported_as` returned. An earlier
    definition is not lost when a decorator may have kept it or when it was used before the later one; a class on module
    or class level that was used is two things under one name all the same, unless the later one is made of it.
    """
    names = [statement.name for statement in body if isinstance(statement, DEFINITIONS)]
    if len(set(names)) == len(names):
        return
    before: dict[str, tuple[int, _Definition]] = {}
    uses = _uses(body)
    for position, statement in enumerate(body):
        if not isinstance(statement, DEFINITIONS):
            continue
        name = statement.name
        if name in before and name.strip("_"):
            index, first = before[name]
            may_be_used = local or not isinstance(first, ast.ClassDef)
            is_used = may_be_used and bisect(uses.get(name, ()), index) < bisect(uses.get(name, ()), position - 1)
            if not (is_used or _keeps(first, taken) or name in _made_of(statement)):
                full = f"{qualified}.{name}" if qualified else name
                yield Redefinition(full, statement.lineno, statement.end_lineno or statement.lineno, first.lineno)
        before[name] = position, statement


def _uses(body: list[ast.stmt]) -> dict[str, list[int]]:
    """Return at which positions of a block a name is used, in order."""
    uses: dict[str, list[int]] = {}
    for position, statement in enumerate(body):
        for name in _used(statement):
            uses.setdefault(name, []).append(position)
    return uses


def _keeps(node: _Definition, taken: Mapping[str, str]) -> bool:
    """Whether a decorator may have handed the definition to somebody."""
    for decorator in node.decorator_list:
        name = called(decorator)
        owner, _, last = name.rpartition(".")
        if last in _KEEPING or original(name, taken).rpartition(".")[2] in _KEEPING:
            return True
        if last.startswith(("register", "on_")) or not last:
            return True
        if owner and owner not in _HARMLESS_OWNERS and owner.partition(".")[0] not in _HARMLESS_ROOTS:
            return True
    return False


def _made_of(node: _Definition) -> set[str]:
    """Return the names that a definition itself is made of when it is reached."""
    parts: list[ast.AST | None] = [*node.decorator_list]
    if isinstance(node, ast.ClassDef):
        parts += [*node.bases, *node.keywords]
    else:
        parts += [*node.args.defaults, *node.args.kw_defaults]
    return {name for part in parts if part is not None for name in names_in(part)}


def _used(statement: ast.stmt) -> set[str]:
    """Return the names a statement uses when it runs: what functions use is looked up when they are called."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return _made_of(statement)
    if isinstance(statement, ast.AnnAssign):
        return names_in(statement.value) if statement.value is not None else set()
    return names_in(statement)
