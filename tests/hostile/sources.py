"""Python files that hurt parsers: what each is, its bytes, and the outcomes it may have.

Most have one outcome. Where it depends on how far the interpreter's own parser gets (recursion, huge literals,
newer versions), every named outcome that is right somewhere is listed.
"""

from __future__ import annotations

import codecs
import random
from typing import NamedTuple

OK = frozenset({"ok"})
BROKEN = frozenset({"unparsable"})
ODD_ENCODING = frozenset({"unsupported-encoding"})
TOO_LARGE = frozenset({"too-large"})
DEEP = frozenset({"ok", "unparsable", "crash"})  # LibCST and the parser of CPython give up in their own ways
SLOW = frozenset({"ok", "unparsable", "timeout"})


class Source(NamedTuple):
    name: str
    content: bytes
    outcomes: frozenset[str]


def _chain(operator: str, count: int) -> bytes:
    return b"x = " + operator.encode().join([b"a"] * count) + b"\n"


def _elifs(count: int) -> bytes:
    return b"if a:\n    pass\n" + b"elif a:\n    pass\n" * count


def _indented(count: int) -> bytes:
    return b"".join(b" " * depth + b"if a:\n" for depth in range(count)) + b" " * count + b"pass\n"


def _garbage(seed: int) -> bytes:
    return random.Random(seed).randbytes(20_000)


def _tokens(seed: int) -> bytes:
    words = [
        "def",
        "class",
        "f'{",
        "}'",
        "(",
        ")",
        "[",
        ":",
        "\n",
        "    ",
        "lambda",
        "x",
        "=",
        "import",
        "*",
        '"""',
        "\\",
    ]
    return " ".join(random.Random(seed).choices(words, k=5_000)).encode()


EMPTY = [
    Source("empty", b"", OK),
    Source("one newline", b"\n", OK),
    Source("only comments", b"# a\n# b\n", OK),
    Source("only a comment without newline", b"# a", OK),
    Source("only spaces", b"   \t  ", OK),
    Source("only a form feed", b"\x0c\n", OK),
    Source("only a byte order mark", codecs.BOM_UTF8, OK),
    Source("only a backslash", b"\\", BROKEN),
    Source("only a docstring", b'"""a"""', OK),
]

BYTES = [
    Source("NUL", b"x = 1\x00\n", BROKEN),
    Source("only NULs", b"\x00" * 1_000, BROKEN),
    Source("NUL in a string", b"x = '\x00'\n", BROKEN),
    Source("byte order mark", codecs.BOM_UTF8 + b"class A: pass\n", OK),
    Source("two byte order marks", codecs.BOM_UTF8 * 2 + b"class A: pass\n", OK | BROKEN),
    Source("byte order mark and another coding", codecs.BOM_UTF8 + b"# coding: latin-1\nx = 1\n", BROKEN),
    Source("UTF-16", "class A: pass\n".encode("utf-16"), BROKEN),
    Source("UTF-16 without a mark", "class A: pass\n".encode("utf-16-le"), BROKEN),
    Source("UTF-32", "class A: pass\n".encode("utf-32"), BROKEN),
    Source("not UTF-8", b"x = '\xe9'\n", BROKEN),
    Source("not UTF-8 in a comment", b"# \xe9\nx = 1\n", OK | BROKEN),
    Source("a surrogate", b"x = '\xed\xa0\x80'\n", BROKEN),
    Source("an escaped surrogate", b"x = '\\ud800'\nclass A: '\\udfff'\n", OK),
    Source("an escaped surrogate for a name", b"__all__ = ['\\ud800']\nimport sys\nsys.modules['\\udc00'] = 1\n", OK),
    Source("overlong UTF-8", b"x = '\xc0\xaf'\n", BROKEN),
    Source("control characters", b"x = 1 \x01\x02\x1b\n", BROKEN),
    Source("bidi controls", "x = '\u202e'  # \u2066\n".encode(), OK),
    Source("a no-break space", "x\u00a0= 1\n".encode(), BROKEN),
    Source("CRLF", b"class A:\r\n    x = 1\r\n", OK),
    Source("CR", b"class A:\r    x = 1\r", OK),
    Source("mixed ends of line", b"class A:\r\n    x = 1\n    y = 2\rz = 3\n", OK),
    Source("form feeds", b"\x0cclass A:\n\x0c    x = 1\n", OK),
    Source("tabs and spaces", b"if a:\n\tx = 1\n        y = 2\n", BROKEN),
    Source("names in many scripts", "class Ünïcödé: 变量 = 1\n\u00aa = 2\n".encode(), OK),
    Source("a name that is no name", "x\u20e3 = 1\n😀 = 2\n".encode(), BROKEN),
    Source("a Control-Z", b"x = 1\n\x1a", BROKEN),
    Source("a git conflict", b"<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> a\n", BROKEN),
    Source("a git LFS pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", BROKEN),
    Source("ELF", b"\x7fELF\x02\x01\x01" + bytes(200), BROKEN),
]

ENCODINGS = [
    Source("latin-1", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", OK),
    Source("latin-1 on the second line", b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nx = '\xe9'\n", OK),
    Source("a coding line that is too late", b"#\n#\n# coding: latin-1\nx = '\xe9'\n", BROKEN),
    Source("utf-8 by another name", b"# coding: U8\nx = '\xc3\xa9'\n", OK),
    Source("cp1252", b"# coding: cp1252\nx = '\x80'\n", OK),
    Source("shift_jis", b"# coding: shift_jis\nx = '\x83\x5c'\n", OK),
    Source("punycode", b"# coding: punycode\n" + b"x = 'a-" + b"b" * 300_000 + b"'\n", ODD_ENCODING),
    Source("rot13", b"# coding: rot13\nk = 1\n", ODD_ENCODING),
    Source("zlib", b"# coding: zlib_codec\n" + b"x", ODD_ENCODING),
    Source("utf-7", b"# coding: utf-7\nx = '+AGE-'\n", ODD_ENCODING),
    Source("utf-16 by coding line", b"# coding: utf-16\nx = 1\n", ODD_ENCODING),
    Source("idna", b"# coding: idna\nx = 1\n", ODD_ENCODING),
    Source("unicode_escape", b"# coding: unicode_escape\nx = 1\n", ODD_ENCODING),
    Source("an encoding that does not exist", b"# coding: no-such-thing\nx = 1\n", ODD_ENCODING),
    Source("an encoding with a path for a name", b"# coding: ../../etc/passwd\nx = 1\n", ODD_ENCODING),
    Source("a coding line of 64 kB", b"# coding: " + b"a" * 65_536 + b"\nx = 1\n", ODD_ENCODING),
    Source("undefined", b"# coding: undefined\nx = 1\n", ODD_ENCODING),
]

DEPTHS = [
    Source("1,000 pluses", _chain("+", 1_000), OK | BROKEN),
    Source("20,000 pluses", _chain("+", 20_000), DEEP),
    Source("1,000 dots", _chain(".", 1_000), OK | BROKEN),
    Source("20,000 dots", _chain(".", 20_000), DEEP),
    Source("1,000 calls", b"x = a" + b"()" * 1_000 + b"\n", OK | BROKEN),
    Source("1,000 subscripts", b"x = a" + b"[0]" * 1_000 + b"\n", OK | BROKEN),
    Source("1,000 elifs", _elifs(1_000), OK | BROKEN),
    Source("20,000 elifs", _elifs(20_000), DEEP),
    Source("1,000 comparisons", _chain("<", 1_000), OK),
    Source("10,000 ands", _chain(" and ", 10_000), OK),
    Source("5,000 nots", b"x = " + b"not " * 5_000 + b"a\n", DEEP),
    Source("50,000 minuses", b"x = " + b"-" * 50_000 + b"1\n", DEEP),
    Source("5,000 powers", _chain("**", 5_000), DEEP),
    Source("5,000 ternaries", b"x = " + b"a if b else " * 5_000 + b"c\n", DEEP),
    Source("150 brackets", b"x = " + b"(" * 150 + b"1" + b")" * 150 + b"\n", OK | BROKEN),
    Source("2,000 open brackets", b"(" * 2_000, BROKEN),
    Source("100,000 open brackets", b"[" * 100_000, BROKEN),
    Source("100,000 open braces", b"{" * 100_000, BROKEN),
    Source("2,000 closed brackets", b"(" * 2_000 + b")" * 2_000, BROKEN),
    Source("90 indents", _indented(90), OK),
    Source("1,000 indents", _indented(1_000), BROKEN),
    Source("1,000 lambdas", b"x = " + b"lambda: " * 1_000 + b"1\n", DEEP),
    Source("20,000 lambdas", b"x = " + b"lambda: " * 20_000 + b"1\n", DEEP),
    Source(
        "90 functions in each other", b"".join(b" " * i + b"def f():\n" for i in range(90)) + b" " * 90 + b"1\n", OK
    ),
    Source("1,000 decorators", b"@a\n" * 1_000 + b"def f(): pass\n", OK),
    Source("deep decorators", b"@a" + b".b" * 3_000 + b"\ndef f(): pass\n", DEEP),
    Source("100 walruses", b"x = " + b"(a := " * 100 + b"1" + b")" * 100 + b"\n", OK),
    Source("1,000 awaits", b"async def f():\n    " + b"await " * 1_000 + b"a\n", OK | BROKEN),
    Source("20 fors in a comprehension", b"x = [a" + b" for a in b" * 20 + b"]\n", OK),
    Source("3,000 fors in a comprehension", b"x = [a" + b" for a in b" * 3_000 + b"]\n", DEEP),
    Source("deep annotations", b"x: " + b"a[" * 150 + b"int" + b"]" * 150 + b"\n", OK | BROKEN),
    Source("deep patterns", b"match a:\n  case " + b"[" * 150 + b"b" + b"]" * 150 + b": pass\n", OK | BROKEN),
    Source("f-strings in each other", b"x = " + b"f'{" * 200 + b"1" + b"}'" * 200 + b"\n", DEEP | {"timeout"}),
    Source("deep format", b"x = f'" + b"{a:" * 500 + b"}" * 500 + b"'\n", DEEP),
]

SIZES = [
    Source("an f-string line of 300 kB", b"x = f'" + b"{a}" * 100_000 + b"'\n", SLOW),
    Source("an f-string that never ends", b"x = f'" + b"{a" * 100_000 + b"\n", SLOW | {"crash"}),
    Source("1 MB on one line", b"x = [" + b"1, " * 350_000 + b"]\n", OK),
    Source("a string of 1 MB", b"x = '" + b"a" * 1_000_000 + b"'\n", OK),
    Source("a string that never ends", b"x = '''" + b"a\n" * 200_000, BROKEN),
    Source("500,000 blank lines", b"\n" * 500_000, OK),
    Source("500,000 backslashes", b"x = \\\n" * 100_000, BROKEN),
    Source("100,000 imports", b"import a\n" * 100_000, OK),
    Source("50,000 classes", b"class A: pass\n" * 50_000, OK),
    Source("10,000 names in an import", b"from a import " + b"b, " * 10_000 + b"c\n", OK),
    Source("20,000 parameters", b"def f(" + b"".join(b"a%d, " % i for i in range(20_000)) + b"): pass\n", OK),
    Source("20,000 arguments", b"f(" + b"a, " * 20_000 + b")\n", OK),
    Source("20,000 bases", b"class A(" + b"B, " * 20_000 + b"): pass\n", OK),
    Source("20,000 joined strings", b"x = (" + b"'a' " * 20_000 + b")\n", OK),
    Source("an integer of 100,000 digits", b"x = " + b"9" * 100_000 + b"\n", OK | BROKEN),
    Source("a hexadecimal of 1 MB", b"x = 0x" + b"f" * 1_000_000 + b"\n", OK),
    Source("a float of 1 MB", b"x = 1." + b"9" * 1_000_000 + b"\n", OK),
    Source("a power nobody may compute", b"x = 10 ** 10 ** 10\ny = 'a' * 10 ** 10\n", OK),
    Source("a name of 1 MB", b"a" * 1_000_000 + b" = 1\n", OK),
    Source("a class name of 100 kB", b"class " + b"A" * 100_000 + b": pass\n", OK),
    Source("just small enough", b"#" * (2 << 20), OK),
    Source("one byte too large", b"#" * ((2 << 20) + 1), TOO_LARGE),
    Source("16 MB", b"x = 1\n" * (16 << 20), TOO_LARGE),
]

WRONG = [
    Source("Python 2", b"print 'a'\nexec 'b'\nraise A, 'b'\n", BROKEN),
    Source("a module with return", b"return 1\nyield 2\nawait a\n", OK | BROKEN),
    Source("names as keywords", b"None = 1\nTrue = 2\n", BROKEN),
    Source("an import of everything", b"from a import *\nfrom . import *\nfrom ........ import b\n", OK),
    Source("a future that does not exist", b"from __future__ import braces\n", OK | BROKEN),
    Source("code that would exit", b"import os\nos._exit(1)\nraise SystemExit\n", OK),
    Source("code that prints", b"print('not an answer')\n", OK),
    Source("an odd __all__", b"__all__ = [1, None, *a, b'c', *[__all__]]\n__all__ += __all__\n", OK),
    Source(
        "assignments everywhere", b"a = b = c, [d, *e] = f.g = h[i] = j\nglobal a\nnonlocal b\ndel a, (b, [c])\n", OK
    ),
    Source("classes that inherit from themselves", b"class A(A, *A, **A): A = A\n", OK),
    Source("a getter of itself", b"x = None\ndef f():\n    global x\n    if x is None: x = f()\n    return x\n", OK),
    *(Source(f"noise {seed}", _garbage(seed), BROKEN | ODD_ENCODING) for seed in range(3)),
    *(Source(f"words {seed}", _tokens(seed), BROKEN | {"crash", "timeout"}) for seed in range(3)),
]

SOURCES = [*EMPTY, *BYTES, *ENCODINGS, *DEPTHS, *SIZES, *WRONG]
