"""Small readings of CPython's syntax trees: dotted names, bound names, equal bodies, statements and where they stand.

Everything here is iterative: generated code nests thousands of levels deep.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scanner.engine.facts import CONDITIONAL, FALLBACK, GUARDED, MAIN, REFUSED, TYPE_CHECKING

_IMPORT_FAILURES = frozenset({"ImportError", "ModuleNotFoundError"})
IMPORT_ERRORS = _IMPORT_FAILURES | {"Exception", "BaseException"}
_EXPECTING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})


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
    # The first clause that catches it decides.
    survived = True in guards and not _gives_up(node.handlers[guards.index(True)].body)
    inside = where | (GUARDED if survived else 0) | (CONDITIONAL if guards else 0)
    inside |= REFUSED if _wants_failure(node) else 0
    blocks = [(node.body, inside)]
    for handler, guard in zip(node.handlers, guards, strict=True):
        blocks.append((handler.body, where | CONDITIONAL | (FALLBACK if guard else 0)))
    return [*blocks, (node.orelse, where | CONDITIONAL if guards else where), (node.finalbody, where)]


def _survives(caught: ast.expr | None) -> bool:
    """Whether an `except` clause catches a failed import."""
    return caught is None or not IMPORT_ERRORS.isdisjoint(_caught(caught))


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
            where |= GUARDED | CONDITIONAL if name == "suppress" else REFUSED
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
