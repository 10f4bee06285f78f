"""Bytes → Facts: one pass over CPython's syntax tree, iterative, the same for the same bytes."""

from __future__ import annotations

import ast
import codecs
import re
import warnings

from scanner.engine.allowances import allowances, mentions_allowance
from scanner.engine.codec import encode
from scanner.engine.environment import environment_uses, mentions_of_environment
from scanner.engine.facts import Facts
from scanner.engine.reader import ModuleReader

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#|\r?$)")
# A codec can be a way to keep a parser busy (punycode is quadratic): only encodings people write code in.
_ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-8-sig", "latin-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "koi8-r"),
        *("koi8-u", "mac-roman", "gb2312", "gbk", "gb18030", "big5", "euc-jp", "euc-kr", "shift_jis", "cp932", "cp949"),
    )
)


def answer(source: bytes) -> bytes:
    """Return the encoded facts of a file's bytes: what a parser process is asked for."""
    return encode(extract(source))


def extract(source: bytes) -> Facts:
    """Return the facts of a file's bytes: outcome "ok", "unparsable" or "unsupported-encoding".

    Raises RecursionError or MemoryError when the parser gives up on deeply nested code.
    """
    lines = source.count(b"\n") + (not source.endswith(b"\n") and bool(source))
    encoding = encoding_of(source)
    if encoding is None:
        return Facts("unsupported-encoding", "the coding line names an encoding that is not read", 1, lines)
    try:
        tree = _parse(source)
    except (SyntaxError, ValueError) as error:
        lowered = _lowered(source, encoding)
        if lowered is None:
            at = error.lineno or 0 if isinstance(error, SyntaxError) else 0
            what = error.msg if isinstance(error, SyntaxError) else str(error)
            return Facts("unparsable", f"{type(error).__name__}: {what}", at, lines)
        tree = lowered
    module = ModuleReader(walrus=b":=" in source)
    module.read(tree)
    facts = module.facts(lines)
    if mentions := mentions_of_environment(source):
        facts.environment = tuple(sorted(environment_uses(tree, facts.imports, mentions)))
    if mentions_allowance(source):
        # A tree that was lowered has its statements on the same lines.
        facts.allowances = tuple(sorted(allowances(source.decode(encoding, "replace"), tree)))
    return facts


def _parse(source: bytes | str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _lowered(source: bytes, encoding: str) -> ast.Module | None:
    """Parse syntax newer than this interpreter's."""
    # Loading LibCST takes longer than parsing thirty files, and hardly a file needs it.
    from scanner.engine.newer_syntax import lower  # noqa: PLC0415

    try:
        older = lower(source.decode(encoding))
        return _parse(older) if older is not None else None
    except (SyntaxError, ValueError):
        return None


def encoding_of(source: bytes) -> str | None:
    """Return the name of the file's encoding as PEP 263 tells it, None when it is not one of those read."""
    for line in source[:1_000].removeprefix(codecs.BOM_UTF8).splitlines()[:2]:
        cookie = _COOKIE.match(line)
        if cookie:
            try:
                name = codecs.lookup(cookie[1].decode("ascii", "replace")).name
            except LookupError:
                return None
            return name if name in _ENCODINGS else None
        if not _BLANK.match(line):
            break
    return "utf-8-sig"
