"""Waivers written in the code: `# truthline: allow[rule] until=YYYY-MM-DD reason=…`, and the lines each is about.

Behind code a comment is about the statement on its line, on a line of its own about the next statement. On the head of
a class or function, decorators included, it is about all of that definition.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect
from collections.abc import Iterator
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from scanner.engine.facts import Allowance
from scanner.engine.nodes import DEFINITIONS

_MARK = b"truthline:"
_COMMENT = re.compile(r"#\s*truthline:\s*allow\[(?P<rules>[^\]\n]{0,200})\](?P<rest>.*)")
_UNTIL = re.compile(r"(?:^|\s)until=(?P<day>\S+)")
_REASON = re.compile(r"(?:^|\s)reason=")
# Strings and comments, as code that parses has them: a quote begins a string wherever it is not in one. No way back
# into what has matched, so the time is that of one pass.
_LONG, _SHORT = r"{0}{0}{0}(?:[^{0}\\]|\\.|{0}(?!{0}{0}))*+{0}{0}{0}", r"{0}(?:[^{0}\\\r\n]|\\.)*+{0}"
_STRINGS = "|".join(kind.format(quote) for kind in (_LONG, _SHORT) for quote in "\"'")
_PIECE = re.compile(rf"{_STRINGS}|(?P<comment>#[^\r\n]*+)", re.DOTALL)
_NEWLINE = re.compile(r"\r\n?|\n")


class _Comment(NamedTuple):
    line: int
    text: str
    alone: bool


def mentions_allowance(source: bytes) -> bool:
    """Whether a file may hold a waiver at all: looking at each token is costly."""
    return _MARK in source


def allowances(text: str, tree: ast.Module) -> Iterator[Allowance]:
    """Yield the waivers of a file, one for each rule that a comment names."""
    comments = [*_comments(text)]
    if not comments:
        return
    spans = _Spans(tree)
    for comment in comments:
        found = _COMMENT.search(comment.text)
        if found is None:
            continue
        first, last = spans.of(comment)
        until, reason = _day(found["rest"]), _reason(found["rest"])
        for rule in dict.fromkeys(name.strip() for name in found["rules"].split(",")):
            yield Allowance(comment.line, first, last, rule, until, reason)


def _comments(text: str) -> Iterator[_Comment]:
    """Yield the comments that may be waivers, with their lines."""
    line, counted = 1, 0
    for piece in _PIECE.finditer(text):
        comment = piece["comment"]
        if comment and "truthline:" in comment:
            line += sum(1 for _ in _NEWLINE.finditer(text, counted, piece.start()))
            counted = piece.start()
            begin = 1 + max(text.rfind("\n", 0, counted), text.rfind("\r", 0, counted))
            yield _Comment(line, comment, not text[begin:counted].strip())


class _Spans:
    """The statements of a file, and which of them a comment is about."""

    def __init__(self, tree: ast.Module) -> None:
        found = ((_first(node), -(node.end_lineno or 0), node) for node in _statements(tree))
        ordered = sorted(found, key=itemgetter(0, 1))
        self._firsts = [first for first, _, _ in ordered]
        self._around: dict[int, tuple[int, int]] = {}  # line → lines of the innermost statement whose head is there
        for first, _, node in ordered:
            head = _head(node)
            last = (node.end_lineno or node.lineno) if isinstance(node, DEFINITIONS) else head
            self._around.update(dict.fromkeys(range(first, head + 1), (first, last)))

    def of(self, comment: _Comment) -> tuple[int, int]:
        """Return the first and the last line that a comment is about."""
        line = comment.line
        if comment.alone:
            following = bisect(self._firsts, line)
            line = self._firsts[following] if following < len(self._firsts) else line
        return self._around.get(line, (line, line))


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    pending: list[ast.AST] = [tree]
    while pending:
        for child in ast.iter_child_nodes(pending.pop()):
            if isinstance(child, ast.stmt):
                yield child
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                pending.append(child)


def _first(node: ast.stmt) -> int:
    """The first line of a statement, with the decorators of a definition."""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def _head(node: ast.stmt) -> int:
    """The last line of a statement, of a compound one the last before its body."""
    body: list[ast.stmt] = getattr(node, "body", None) or []
    end = node.end_lineno or node.lineno
    return max(node.lineno, _first(body[0]) - 1) if body else end


def _reason(rest: str) -> str:
    found = _REASON.search(rest)
    words = rest[found.end() :].rstrip() if found else ""
    *before, last = words.rsplit(maxsplit=1) or [""]
    if last.startswith("until=") and last != "until=":
        words = "".join(before)
    return words.strip().strip("\"'")


def _day(rest: str) -> str:
    """The end as an ISO date, "" for none or no date."""
    found = _UNTIL.search(rest)
    try:
        return date.fromisoformat(found["day"].rstrip(",;")).isoformat() if found else ""
    except ValueError:
        return ""
