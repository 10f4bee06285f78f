"""Syntax tree → where single variables of the process environment are used through `os`."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence

from scanner.engine.facts import EnvironmentUse, Import
from scanner.engine.nodes import DEFINITIONS

# Whole-mapping methods such as `copy` and `items` say nothing about a variable.
_KEYED = frozenset({"get", "pop", "setdefault", "update"})


_WORDS = (b"environ", b"getenv")
_GOES_ON = re.compile(rb"\w")


def mentions_of_environment(source: bytes) -> list[int]:
    """Return the lines that may use the environment, in order: looking at each expression of a file is costly."""
    text = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in source else source
    starts = sorted(start for word in _WORDS for start in _starts(text, word))
    if not starts:
        return []
    lines: list[int] = []
    line, before = 1, 0
    for start in starts:
        line += text.count(b"\n", before, start)
        before = start
        lines.append(line)
    return lines


def _starts(text: bytes, word: bytes) -> Iterator[int]:
    """Yield where a word stands that goes on no further; several times as fast as a pattern."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _GOES_ON.match(text, end):
            yield at
        at = text.find(word, end)


def environment_uses(tree: ast.Module, imports: Iterable[Import], mentions: Sequence[int]) -> Iterator[EnvironmentUse]:
    """Yield the uses of a file with these imports, in no order; `mentions` are the lines that may hold one."""
    modules = set(_names_of_os(imports))
    if not modules or not mentions:
        return
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    keys: dict[ast.AST, ast.expr] = {}  # what is called → its first argument
    while pending:
        node, enclosing = pending.pop()
        if isinstance(node, ast.Call) and node.args:
            keys[node.func] = node.args[0]
        used, key = "", keys.get(node)
        if isinstance(node, ast.Attribute):
            if _is(node, "getenv", modules):
                used = "os.getenv"
            elif node.attr in _KEYED and _is(node.value, "environ", modules):
                used = "os.environ"
        elif isinstance(node, ast.Subscript) and _is(node.value, "environ", modules):
            used, key = "os.environ", node.slice
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            used, key = "os.environ" if _is(node.comparators[0], "environ", modules) else "", node.left
        if used and isinstance(node, ast.expr):
            yield EnvironmentUse(node.lineno, node.end_lineno or node.lineno, used, _constant(key), enclosing)
        if isinstance(node, DEFINITIONS):
            enclosing = f"{enclosing}.{node.name}" if enclosing else node.name
        within = isinstance(node, ast.JoinedStr)  # whose parts stand on lines of their own counting
        pending.extend((child, enclosing) for child in ast.iter_child_nodes(node) if within or _spans(child, mentions))


def _spans(node: ast.AST, lines: Sequence[int]) -> bool:
    """Whether a node may stand on any of the lines: those that have no place themselves, as their parts do."""
    first = getattr(node, "lineno", None)
    if first is None:
        return True
    if isinstance(node, DEFINITIONS) and node.decorator_list:
        first = min(first, node.decorator_list[0].lineno)
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= (getattr(node, "end_lineno", first))


def _names_of_os(imports: Iterable[Import]) -> Iterator[str]:
    for row in imports:
        if not row.names and (row.module == "os" or (row.module.startswith("os.") and not row.alias)):
            yield row.alias or "os"


def _is(node: ast.expr, name: str, modules: Collection[str]) -> bool:
    """Whether an expression is that attribute of the module `os`."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    )


def _constant(key: ast.expr | None) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
