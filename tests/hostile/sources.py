"""Python files that hurt parsers: what each is, its bytes, and the one outcome it has."""

from __future__ import annotations

import codecs
import random
import sys
from typing import NamedTuple

from scanner.engine.facts import Outcome


class Expected(NamedTuple):
    """The outcome on CPython 3.11. How far a parser gets (recursion, memory, newer syntax) differs between versions:
    `elsewhere` are the outcomes that are right on others, none where all agree."""

    outcome: Outcome
    elsewhere: frozenset[Outcome] = frozenset()

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """What is right on the version that runs."""
        return frozenset({self.outcome}) | (frozenset() if sys.version_info < (3, 12) else self.elsewhere)


OK = Expected("ok")
BROKEN = Expected("unparsable")
ODD_ENCODING = Expected("unsupported-encoding")
TOO_LARGE = Expected("too-large")
OLD_OK = Expected("ok", frozenset({"unparsable"}))  # what later versions refuse
DEEP_OK = Expected("ok", frozenset({"unparsable", "crash"}))  # LibCST and CPython give up in their own ways
DEEP = Expected("unparsable", frozenset({"ok", "crash"}))
SLOW = Expected("timeout", frozenset({"ok", "unparsable"}))


class Source(NamedTuple):
    name: str
    content: bytes
    expected: Expected


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
    Source("two byte order marks", codecs.BOM_UTF8 * 2 + b"class A: pass\n", OLD_OK),
    Source("byte order mark and another coding", codecs.BOM_UTF8 + b"# coding: latin-1\nx = 1\n", BROKEN),
    Source("UTF-16", "class A: pass\n".encode("utf-16"), BROKEN),
    Source("UTF-16 without a mark", "class A: pass\n".encode("utf-16-le"), BROKEN),
    Source("UTF-32", "class A: pass\n".encode("utf-32"), BROKEN),
    Source("not UTF-8", b"x = '\xe9'\n", BROKEN),
    Source("not UTF-8 in a comment", b"# \xe9\nx = 1\n", OLD_OK),
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
    Source("no-break spaces for indentation", "if a:\n\u00a0\u00a0x = 1\n".encode(), BROKEN),
    Source("a zero-width space in a name", "x\u200b = 1\n".encode(), BROKEN),
    Source("a zero-width joiner in a name", "x\u200d = 1\n".encode(), BROKEN),
    Source("names that look alike", "class Сlass: pass\nclass Class: pass\n".encode(), OK),
    Source("names that NFKC makes equal", "class ﬁle: pass\nclass file: pass\n𝐱 = 1\nx = 2\n".encode(), OK),
    Source("bidi controls around code", "a = 1 # \u202e\u2066 }\u2069 \u2066\nif a: pass\n".encode(), OK),
    Source("line and paragraph separators", "x = '\u2028\u2029'\n# \u2028class A: pass\n".encode(), OK),
    Source("a next line character", "x = 1\u0085y = 2\n".encode(), BROKEN),
    Source("a lone continuation", b"x = 1\n\\\n\\\ny = 2\n", OK),
    Source("a continuation before the end", b"x = 1\n\\\n", BROKEN),
    Source("a continuation with a blank behind", b"x = \\ \n1\n", BROKEN),
    Source("escapes that are none", b"x = '\\d\\q'\ny = b'\\400'\nz = '\\777'\n", OK),
    Source("half an escape", b"x = '\\x4'\n", BROKEN),
    Source("a character without a name", b"x = '\\N{NO SUCH}'\n", BROKEN),
    Source("code that warns", b"x = 1is 1\nassert (x, 'a')\ny = 0x1for x in z\n'a' is 'b'\n", OK),
    Source("a file that ends in a string's first quote", b"x = '", BROKEN),
    Source("a file that ends in a carriage return", b"class A: pass\r", OK),
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
    Source("mbcs", b"# coding: mbcs\nx = 1\n", ODD_ENCODING),
    Source("raw_unicode_escape", b"# coding: raw_unicode_escape\nx = '\\u0041'\n", ODD_ENCODING),
    Source("utf-32 by coding line", b"# coding: utf-32\nx = 1\n", ODD_ENCODING),
    Source("base64", b"# coding: base64\neD0x\n", ODD_ENCODING),
    Source("hex", b"# coding: hex\n783d31\n", ODD_ENCODING),
    Source("iso2022-jp", b"# coding: iso2022-jp\nx = '\x1b$B'\n", ODD_ENCODING),
    Source("hz", b"# coding: hz\nx = '~{'\n", ODD_ENCODING),
    Source("utf-8 twice", b"# coding: utf-8 coding: latin-1\nx = '\xc3\xa9'\n", OK),
    Source("ascii that is none", b"# coding: ascii\nx = '\xe9'\n", BROKEN),
    Source("a byte order mark and its coding", codecs.BOM_UTF8 + b"# coding: utf-8\nclass A: pass\n", OK),
    Source("big5 with a backslash for a second byte", b"# coding: big5\nx = '\xa5\x5c'\n", OK),
]

DEPTHS = [
    Source("1,000 pluses", _chain("+", 1_000), DEEP_OK),
    Source("20,000 pluses", _chain("+", 20_000), DEEP),
    Source("1,000 dots", _chain(".", 1_000), DEEP_OK),
    Source("20,000 dots", _chain(".", 20_000), DEEP),
    Source("1,000 calls", b"x = a" + b"()" * 1_000 + b"\n", DEEP_OK),
    Source("1,000 subscripts", b"x = a" + b"[0]" * 1_000 + b"\n", DEEP_OK),
    Source("1,000 elifs", _elifs(1_000), DEEP_OK),
    Source("20,000 elifs", _elifs(20_000), DEEP),
    Source("1,000 comparisons", _chain("<", 1_000), OK),
    Source("10,000 ands", _chain(" and ", 10_000), OK),
    Source("5,000 nots", b"x = " + b"not " * 5_000 + b"a\n", DEEP),
    Source("50,000 minuses", b"x = " + b"-" * 50_000 + b"1\n", DEEP),
    Source("5,000 powers", _chain("**", 5_000), DEEP),
    Source("5,000 ternaries", b"x = " + b"a if b else " * 5_000 + b"c\n", DEEP),
    Source("150 brackets", b"x = " + b"(" * 150 + b"1" + b")" * 150 + b"\n", DEEP_OK),
    Source("2,000 open brackets", b"(" * 2_000, BROKEN),
    Source("100,000 open brackets", b"[" * 100_000, BROKEN),
    Source("100,000 open braces", b"{" * 100_000, BROKEN),
    Source("2,000 closed brackets", b"(" * 2_000 + b")" * 2_000, BROKEN),
    Source("90 indents", _indented(90), OK),
    Source("1,000 indents", _indented(1_000), BROKEN),
    Source("1,000 lambdas", b"x = " + b"lambda: " * 1_000 + b"1\n", DEEP_OK),
    Source("20,000 lambdas", b"x = " + b"lambda: " * 20_000 + b"1\n", DEEP),
    Source(
        "90 functions in each other", b"".join(b" " * i + b"def f():\n" for i in range(90)) + b" " * 90 + b"1\n", OK
    ),
    Source("1,000 decorators", b"@a\n" * 1_000 + b"def f(): pass\n", OK),
    Source("deep decorators", b"@a" + b".b" * 3_000 + b"\ndef f(): pass\n", DEEP),
    Source("100 walruses", b"x = " + b"(a := " * 100 + b"1" + b")" * 100 + b"\n", OK),
    Source("1,000 awaits", b"async def f():\n    " + b"await " * 1_000 + b"a\n", BROKEN),
    Source("20 fors in a comprehension", b"x = [a" + b" for a in b" * 20 + b"]\n", OK),
    Source("3,000 fors in a comprehension", b"x = [a" + b" for a in b" * 3_000 + b"]\n", DEEP_OK),
    Source("deep annotations", b"x: " + b"a[" * 150 + b"int" + b"]" * 150 + b"\n", DEEP_OK),
    Source("deep patterns", b"match a:\n  case " + b"[" * 150 + b"b" + b"]" * 150 + b": pass\n", DEEP_OK),
    Source("f-strings in each other", b"x = " + b"f'{" * 200 + b"1" + b"}'" * 200 + b"\n", DEEP),
    Source("deep format", b"x = f'" + b"{a:" * 500 + b"}" * 500 + b"'\n", DEEP),
    Source("a broken pattern", b"match a:\n  case " + b"[" * 40 + b"b" + b"[" * 40 + b"]" * 80 + b": 1\n", SLOW),
    Source("2,000 chained calls of attributes", b"x = a" + b".b()" * 2_000 + b"\n", DEEP),
    Source("5,000 unpackings", b"x = [" + b"*a, " * 5_000 + b"]\nf(" + b"**a, " * 5_000 + b")\n", OK),
    Source("150 stars in each other", b"x = " + b"[*" * 150 + b"a" + b"]" * 150 + b"\n", DEEP_OK),
    Source("150 dictionaries in each other", b"x = " + b"{0: " * 150 + b"1" + b"}" * 150 + b"\n", DEEP_OK),
    Source("90 classes in each other", b"".join(b" " * i + b"class A:\n" for i in range(90)) + b" " * 90 + b"1\n", OK),
    Source("15 loops and tries", b"".join(b" " * i + b"for a in b:\n" for i in range(15)) + b" " * 15 + b"1\n", OK),
    Source("3,000 handlers", b"try: pass\n" + b"except a: pass\n" * 3_000, OK),
    Source("3,000 cases", b"match a:\n" + b"  case b.c: pass\n" * 3_000, OK),
    Source("3,000 alternatives in a pattern", b"match a:\n  case " + b"|".join([b"1"] * 3_000) + b": pass\n", OK),
    Source("3,000 targets", b"a = " * 3_000 + b"b\n", OK),
    Source("3,000 slices", b"x = a[" + b"b:c," * 3_000 + b"]\n", OK),
    Source("3,000 managers", b"with " + b"a, " * 3_000 + b"b: pass\n", OK),
    Source("3,000 walruses", b"x = (" + b"(a := b), " * 3_000 + b")\n", OK),
]

SIZES = [
    Source("an f-string line of 1.2 MB", b"x = f'" + b"{a}" * 400_000 + b"'\n", SLOW),
    Source("an f-string that never ends", b"x = f'" + b"{a" * 100_000 + b"\n", DEEP),
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
    Source("an integer of 100,000 digits", b"x = " + b"9" * 100_000 + b"\n", BROKEN),
    Source("a hexadecimal of 1 MB", b"x = 0x" + b"f" * 1_000_000 + b"\n", OK),
    Source("a float of 1 MB", b"x = 1." + b"9" * 1_000_000 + b"\n", OK),
    Source("a power nobody may compute", b"x = 10 ** 10 ** 10\ny = 'a' * 10 ** 10\n", OK),
    Source("a name of 1 MB", b"a" * 1_000_000 + b" = 1\n", OK),
    Source("a class name of 100 kB", b"class " + b"A" * 100_000 + b": pass\n", OK),
    Source("just small enough", b"#" * (2 << 20), OK),
    Source("one byte too large", b"#" * ((2 << 20) + 1), TOO_LARGE),
    Source("16 MB", b"x = 1\n" * (16 << 20), TOO_LARGE),
    Source("a hexadecimal of 100 kB in a function", b"def f():\n    return 0x" + b"f" * 100_000 + b"\n", OK),
    Source("a hexadecimal of 10 kB in a class", b"class A:\n    _instance: 0x" + b"f" * 10_000 + b" = None\n", OK),
    Source("an exponent of 10,000 digits", b"x = 1e" + b"9" * 10_000 + b"\n", OK),
    Source("powers that nobody may fold", b"x = 9 ** 9 ** 9 ** 9\ny = ('a' * 10**9)[0]\nz = 1 << 10**12\n", OK),
    Source("50,000 keys", b"x = {" + b"1: 2, " * 50_000 + b"}\n", OK),
    Source("100,000 members", b"x = {" + b"1, " * 100_000 + b"}\n", OK),
    Source("20,000 names in __all__", b"__all__ = [" + b"'a', " * 20_000 + b"]\n", OK),
    Source("20,000 times more in __all__", b"__all__ += ['a']\n" * 20_000, OK),
    Source("20,000 aliases", b"".join(b"a%d = b\n" % i for i in range(20_000)), OK),
    Source(
        "2,000 methods of a name of 10 kB", b"class " + b"A" * 10_000 + b":\n" + b" class B: pass\n" * 2_000, TOO_LARGE
    ),
    Source("20,000 waivers", b"x = 1 # truthline: allow[a]\n" * 20_000, OK),
    Source("a waiver that is nearly none", b"x = 1 # truthline: allow[a] reason=b" + b" " * 500_000 + b"c\n", OK),
    Source("20,000 of one class", b"class A: pass\n" * 20_000, OK),
    Source("5,000 getters", b"def f():\n global a\n if a: a = b()\n return a\n" * 5_000, OK),
]

WRONG = [
    Source("Python 2", b"print 'a'\nexec 'b'\nraise A, 'b'\n", BROKEN),
    Source("a module with return", b"return 1\nyield 2\nawait a\n", OK),
    Source("names as keywords", b"None = 1\nTrue = 2\n", BROKEN),
    Source("an import of everything", b"from a import *\nfrom . import *\nfrom ........ import b\n", OK),
    Source("a future that does not exist", b"from __future__ import braces\n", OK),
    Source("code that would exit", b"import os\nos._exit(1)\nraise SystemExit\n", OK),
    Source("code that prints", b"print('not an answer')\n", OK),
    Source("an odd __all__", b"__all__ = [1, None, *a, b'c', *[__all__]]\n__all__ += __all__\n", OK),
    Source(
        "assignments everywhere", b"a = b = c, [d, *e] = f.g = h[i] = j\nglobal a\nnonlocal b\ndel a, (b, [c])\n", OK
    ),
    Source("classes that inherit from themselves", b"class A(A, *A, **A): A = A\n", OK),
    Source("a getter of itself", b"x = None\ndef f():\n    global x\n    if x is None: x = f()\n    return x\n", OK),
    *(Source(f"noise {seed}", _garbage(seed), BROKEN) for seed in range(3)),
    *(Source(f"words {seed}", _tokens(seed), BROKEN) for seed in range(3)),
    Source("__debug__ assigned", b"__debug__ = 1\n", OK),
    Source("global after use", b"def f():\n    a = 1\n    global a\n", OK),
    Source("walruses in odd places", b"[a := 1 for a in b]\nclass A:\n    [b := c for d in e]\nlambda: (f := 1)\n", OK),
    Source("a walrus at the top", b"a := 1\n", BROKEN),
    Source("two arguments of one name", b"def f(a, a, *, a): pass\nf(a=1, **b, a=2)\n", OK),
    Source("break and continue outside", b"break\ncontinue\n", OK),
    Source("deleting and assigning calls", b"f() = 1\ndel f()\n", BROKEN),
    Source("stars in odd places", b"*a, = b\nx = *a, *b\nprint(*a, **b)\nfor x in *a, *b: pass\n", OK),
    Source("only a star, and nothing to take apart", b"*a\nx = *a\n", OK),
    Source("tabs worth eight", b"if a:\n        x = 1\n\ty = 2\n", BROKEN),
    Source("a dedent to nowhere", b"if a:\n        x = 1\n    y = 2\n", BROKEN),
    Source("Python 1", b"print `a`\nif a <> b: pass\n", BROKEN),
    Source("exec of strings", b"exec('import a')\neval('b')\n__import__('c')\nglobals()['d'] = 1\n", OK),
    Source(
        "sys.modules and meta_path in disorder",
        b"import sys\nsys.modules[__name__] = sys.modules['a'] = sys\n"
        b"sys.meta_path[:] = []\nsys.modules[a][b][c] = 1\n",
        OK,
    ),
]

# Syntax that CPython 3.11 does not read: LibCST lowers it.
NEWER = [
    Source("f-strings of 3.12", b"class A: pass\nx = f'{a['b']}{'\\n'.join(c)}{f'{f'{1}'}'}'\n", OK),
    Source("f-strings of 3.12 over lines", b"x = f'{\n    a # why\n}'\nclass A: pass\n", OK),
    Source("type parameters", b"class A[T: int, *U, **V]: pass\ndef f[T](a: T) -> T: pass\ntype B[T] = list[T]\n", OK),
    Source("type parameters with defaults", b"class A[T = int]: pass\n", OK),
    Source("template strings", b"x = t'{a}{b!r:>{c}}'\nclass A: pass\n", OK),
    Source("except without brackets", b"try: pass\nexcept A, B: pass\n", OK),
    Source("except stars", b"try: pass\nexcept* A: pass\nexcept* B: pass\n", OK),
    Source("except of both kinds", b"try: pass\nexcept* A: pass\nexcept B: pass\n", BROKEN),
    Source("unpacking in comprehensions", b"x = [*a for a in b]\ny = {**a for a in b}\n", OK),
    Source("lazy imports", b"lazy import a\nlazy from b import c\n", OK),
    Source("soft keywords as names", b"match = case = type = _ = lazy = 1\nmatch(case)\ntype(match)\n", OK),
    Source("1,000 f-strings of 3.12", b"x = f'{a['b']}'\n" * 1_000, OK),
    Source("an f-string of 3.12 with 3,000 parts", b"x = f'" + b"{a['b']}" * 3_000 + b"'\n", OK),
    Source("f-strings of 3.12, 50 in each other", b"x = " + b"f'{" * 50 + b"1" + b"}'" * 50 + b"\n", OK),
    Source("f-strings of 3.12 and 1,000 pluses", b"x = f'{a['b']}'\n" + _chain("+", 1_000), DEEP),
    Source("f-strings of 3.12 and 1,000 nots", b"x = f'{a['b']}'\ny = " + b"not " * 1_000 + b"a\n", DEEP),
    Source("f-strings of 3.12 and 2,000 brackets", b"x = f'{a['b']}'\ny = " + b"(" * 2_000 + b")" * 2_000, BROKEN),
    Source("f-strings of 3.12 and Python 2", b"x = f'{a['b']}'\nprint 'a'\n", BROKEN),
    Source("f-strings of 3.12 and NUL", b"x = f'{a['b']}'\x00\n", BROKEN),
    Source("f-strings of 3.12 in latin-1", b"# coding: latin-1\nx = f'{a['\xe9']}'\nclass A: pass\n", OK),
    Source("f-strings of 3.12 with returns", b"x = f'{a['b']}'\rclass A: pass\r\n", OK),
    Source("f-strings of 3.12 and a form feed", b"x = f'{a['b']}'\n\x0cclass A: pass\n", OK),
]

SOURCES = [*EMPTY, *BYTES, *ENCODINGS, *DEPTHS, *SIZES, *WRONG, *NEWER]
