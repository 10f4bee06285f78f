"""Waivers written in the code: `# truthline: allow[rule] until=YYYY-MM-DD reason=…`, and the lines each is about.

Behind code a comment is about the statement on its line, on a line of its own about the next statement. On the head of
a class or function, decorators included, it is about all of that definition.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from scanner.engine.facts import Allowance

_MARK = b"truthline:"
_COMMENT = re.compile(r"#\s*truthline:\s*allow\[(?P<rules>[^\]\n]{0,200})\](?P<rest>.*)")
_UNTIL = re.compile(r"(?:^|\s)until=(?P<day>\S+)")
_REASON = re.compile(r"(?:^|\s)reason=(?P<words>.+?)\s*(?:\suntil=\S+\s*)?$")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class _Comment(NamedTuple):
    line: int
    text: str
    alone: bool


def mentions_allowance(source: bytes) -> bool:
    """Whether a file may hold a waiver at all: looking at each token is costly."""
    return _MARK in source


def allowances(text: str, tree: ast.Module) -> Iterator[Allowance]:
    """Yield the waivers of a file, one for each rule that a comment names."""
    comments = [found for found in _comments(text) if _COMMENT.search(found.text)]
    if not comments:
        return
    statements = sorted(_statements(tree), key=lambda node: (_first(node), -(node.end_lineno or 0)))
    for comment in comments:
        found = _COMMENT.search(comment.text)
        if found is None:
            continue
        first, last = _span(comment, statements)
        until, reason = _day(found["rest"]), _REASON.search(found["rest"])
        words = reason["words"].strip().strip("\"'") if reason else ""
        for rule in dict.fromkeys(name.strip() for name in found["rules"].split(",")):
            yield Allowance(comment.line, first, last, rule, until, words)


def _comments(text: str) -> Iterator[_Comment]:
    """Yield the comments; of a file that cannot be cut into tokens whole, those before that place."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield _Comment(token.start[0], token.string, not token.line[: token.start[1]].strip())
    except (tokenize.TokenError, SyntaxError):
        return


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    pending: list[ast.AST] = [tree]
    while pending:
        for child in ast.iter_child_nodes(pending.pop()):
            if isinstance(child, ast.stmt):
                yield child
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                pending.append(child)


def _span(comment: _Comment, statements: list[ast.stmt]) -> tuple[int, int]:
    """Return the first and the last line that a comment is about."""
    line = comment.line
    if comment.alone:
        line = next((_first(node) for node in statements if _first(node) > line), line)
    around = [node for node in statements if _first(node) <= line <= _head(node)]
    if not around:
        return line, line
    node = around[-1]
    return _first(node), (node.end_lineno or node.lineno) if isinstance(node, _DEFINITIONS) else _head(node)


def _first(node: ast.stmt) -> int:
    """The first line of a statement, with the decorators of a definition."""
    decorators = node.decorator_list if isinstance(node, _DEFINITIONS) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _head(node: ast.stmt) -> int:
    """The last line of a statement, of a compound one the last before its body."""
    body: list[ast.stmt] = getattr(node, "body", None) or []
    end = node.end_lineno or node.lineno
    return max(node.lineno, _first(body[0]) - 1) if body else end


def _day(rest: str) -> str:
    """The end as an ISO date, "" for none or no date."""
    found = _UNTIL.search(rest)
    try:
        return date.fromisoformat(found["day"].rstrip(",;")).isoformat() if found else ""
    except ValueError:
        return ""
