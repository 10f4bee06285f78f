"""The statements of one scope, and where they stand: under which conditions, guards and tests.

Iterative, as generated code nests thousands of levels deep.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scanner.engine.facts import CONDITIONAL, FALLBACK, GUARDED, MAIN, NAMES_ESCAPE, REFUSED, TYPE_CHECKING
from scanner.engine.syntax import called, last

_IMPORT_FAILURES = frozenset({"ImportError", "ModuleNotFoundError"})
_IMPORT_ERRORS = _IMPORT_FAILURES | {"Exception", "BaseException"}
# What the lack of a name raises, or a class above it: no ModuleNotFoundError.
_NAME_FAILURES = _IMPORT_ERRORS - {"ModuleNotFoundError"}
_EXPECTING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})


def statements(body: list[ast.stmt], where: int) -> Sequence[tuple[ast.stmt, int]]:
    """Return the statements of one scope in source order, those inside compound statements too, with where they stand.

    Bodies of functions and classes are scopes of their own and are not entered.
    """
    found: list[tuple[ast.stmt, int]] = []
    pending: list[tuple[Iterator[ast.stmt], int]] = [(iter(body), where)]
    while pending:
        block, where = pending[-1]
        for statement in block:
            found.append((statement, where))
            inner = _BLOCKS.get(type(statement))
            if inner is not None:
                for part, flags in reversed(inner(statement, where)):
                    if part:
                        pending.append((iter(part), flags))
                break
        else:
            pending.pop()
    return found


_Blocks = list[tuple[list[ast.stmt], int]]


def _if(node: ast.If, where: int) -> _Blocks:
    test = node.test
    runs = None if isinstance(test, (ast.Compare, ast.Call)) else _at_run_time(test)
    if runs is not None:
        body, orelse = (CONDITIONAL, TYPE_CHECKING) if runs else (TYPE_CHECKING, CONDITIONAL)
        return [(node.body, where | body), (node.orelse, where | orelse)]
    main = _as_main(test) if isinstance(test, ast.Compare) else None
    body, orelse = (MAIN if main is True else 0), (MAIN if main is False else 0)
    return [(node.body, where | CONDITIONAL | body), (node.orelse, where | CONDITIONAL | orelse)]


def _at_run_time(test: ast.expr) -> bool | None:
    """Return what a test is whenever the code runs, as far as type checking and constants decide it."""
    test, negated = _stripped(test)
    if isinstance(test, ast.BoolOp):
        deciding = isinstance(test.op, ast.Or)
        values = {_plain(value) for value in test.values}
        known = deciding if deciding in values else next(iter(values)) if len(values) == 1 else None
    else:
        known = _plain(test)
    return known if known is None else known is not negated


def _plain(test: ast.expr) -> bool | None:
    test, negated = _stripped(test)
    never = last(test) == "TYPE_CHECKING" or (isinstance(test, ast.Constant) and not test.value)
    return negated if never else None


def _stripped(test: ast.expr) -> tuple[ast.expr, bool]:
    """Return a test without its `not`s, and whether they negate it."""
    negated = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, negated = test.operand, not negated
    return test, negated


def _as_main(test: ast.Compare) -> bool | None:
    """Return what a comparison is when the file is run as a script, if it asks for that."""
    asked = (test.left, test.comparators[0])
    if len(test.ops) != 1 or not (_is_own_name(asked[0]) or _is_own_name(asked[1])):
        return None
    mentions = (isinstance(node, ast.Constant) and node.value == "__main__" for side in asked for node in _items(side))
    return isinstance(test.ops[0], (ast.Eq, ast.In)) if any(mentions) else None


def _is_own_name(side: ast.expr) -> bool:
    return isinstance(side, ast.Name) and side.id == "__name__"


def _items(side: ast.expr) -> list[ast.expr]:
    return side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]


def _try(node: ast.Try, where: int) -> _Blocks:
    guards = [_survives(handler.type) for handler in node.handlers]
    inside = where | _guard(node.handlers, guards) | (CONDITIONAL if guards else 0)
    inside |= REFUSED if _wants_failure(node) else 0
    blocks = [(node.body, inside)]
    for handler, guard in zip(node.handlers, guards, strict=True):
        blocks.append((handler.body, where | CONDITIONAL | (FALLBACK if guard else 0)))
    return [*blocks, (node.orelse, where | CONDITIONAL if guards else where), (node.finalbody, where)]


def _guard(handlers: list[ast.ExceptHandler], guards: list[bool]) -> int:
    """Return what the clauses, of which `guards` tells whether they catch failed imports, do for those."""
    of_names = [guard and _survives_names(handler.type) for handler, guard in zip(handlers, guards, strict=True)]
    # The first clause that catches it decides.
    survived, names = (
        True in caught and not _gives_up(handlers[caught.index(True)].body) for caught in (guards, of_names)
    )
    return (GUARDED if survived else 0) | (NAMES_ESCAPE if survived and not names else 0)


def _survives_names(caught: ast.expr | None) -> bool:
    """Whether an `except` clause catches the lack of a name, too, which is no ModuleNotFoundError."""
    return caught is None or not _NAME_FAILURES.isdisjoint(_caught(caught))


def _survives(caught: ast.expr | None) -> bool:
    """Whether an `except` clause catches a failed import."""
    return caught is None or not _IMPORT_ERRORS.isdisjoint(_caught(caught))


def _gives_up(handler: list[ast.stmt]) -> bool:
    """Whether an `except` clause raises or lets a test fail in the end, so that nothing is survived."""
    return isinstance(handler[-1], ast.Raise) or _fails(handler[-1])


def _caught(caught: ast.expr | None) -> list[str]:
    """Return the last parts of the names of the errors that an `except` clause catches."""
    if not isinstance(caught, ast.Tuple):
        return [last(caught)]
    return [last(option) for option in caught.elts]


def _wants_failure(node: ast.Try) -> bool:
    """Whether a test makes sure that an import fails: `try: import a; pytest.fail()` with `except ImportError`."""
    for handler in node.handlers:
        if not _IMPORT_FAILURES.isdisjoint(_caught(handler.type)):
            return any(map(_fails, node.body))
    return False


def _fails(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assert):
        return isinstance(statement.test, ast.Constant) and not statement.test.value
    if isinstance(statement, ast.Raise):
        return statement.exc is not None and called(statement.exc) == "AssertionError"
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and last(call.func) == "fail"


def _with(node: ast.With | ast.AsyncWith, where: int) -> _Blocks:
    for item in node.items:
        manager = item.context_expr
        if not isinstance(manager, ast.Call) or (name := last(manager.func)) not in _EXPECTING:
            continue
        if any(map(_survives, manager.args)):
            guarded = GUARDED | CONDITIONAL | (0 if any(map(_survives_names, manager.args)) else NAMES_ESCAPE)
            where |= guarded if name == "suppress" else REFUSED
    return [(node.body, where)]


def _loop(node: ast.For | ast.AsyncFor | ast.While, where: int) -> _Blocks:
    return [(node.body, where | CONDITIONAL), (node.orelse, where | CONDITIONAL)]


def _match(node: ast.Match, where: int) -> _Blocks:
    return [(case.body, where | CONDITIONAL) for case in node.cases]


_BLOCKS: dict[type, Callable[[Any, int], _Blocks]] = {
    ast.If: _if,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.While: _loop,
    ast.Match: _match,
}
