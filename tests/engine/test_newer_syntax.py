"""Newer syntax is lowered to what the running interpreter reads: same definitions, same lines."""

from __future__ import annotations

import ast
import sys

import pytest

from scanner.engine.newer_syntax import lower

# (what it is, source, the source lowered for Python 3.11)
CASES = [
    ("quotes inside", "x = f'{d['k']}'\n", "x = ((d['k']),)\n"),
    ("quotes inside, in parentheses", "x = (f'{d['k']}')\n", "x = (((d['k']),))\n"),
    ("a backslash inside", "x = f'{'\\n'.join(a)}'\n", "x = (('\\n'.join(a)),)\n"),
    (
        "newlines and a comment inside",
        "x = f'{\n    a  # why\n    + b['c']\n}'\ny = 1\n",
        "x = ((\n    a  # why\n    + b['c']\n),)\ny = 1\n",
    ),
    ("text over lines", 'x = f"""a\nb {c("""d""")}\n e"""\ny = 1\n', 'x = (\n(c("""d""")),\n)\ny = 1\n'),
    ("nested", "x = f'{f'{f'{1}'}'}'\n", "x = ((((f'{1}'),)),)\n"),
    ("format and conversion", "x = f'{a['b']!r:{w['c']}.{p}}'\n", "x = ((a['b']),(w['c']),(p),)\n"),
    ("self-documenting", "x = f'{a['b'] = }'\n", "x = ((a['b']),)\n"),
    ("a tuple and a star", "x = f'{*a['b'], c}'\n", "x = ((*a['b'], c),)\n"),
    ("a walrus", "x = f'{(y := a['b'])}'\n", "x = (((y := a['b'])),)\n"),
    (
        "joined strings",
        "x = ('a' f'{b['c']}'\n     'd' f'{e}')\ny = 1\n",
        "x = (( (b['c']),\n      (e),))\ny = 1\n",
    ),
    ("a method of one", "x = f'{a['b']}'.upper()\n", "x = ((a['b']),).upper()\n"),
    (
        "what is read stays",
        "x = f'{a}' f\"{b['c']}\"\ny = f'{d['e']}'\n",
        "x = f'{a}' f\"{b['c']}\"\ny = ((d['e']),)\n",
    ),
    ("template", "x = t'a {b} {c!r:>{w}}'\n", "x = ((b),(c),(w),)\n"),
    ("template of text alone", "x = t'a'\n", "x = ()\n"),
    ("function parameters", "def f[T: int, *Ts, **P](a: T) -> T: ...\n", "def f(a: T) -> T: ...\n"),
    ("async method", "class A:\n    async def f[T = int](self): ...\n", "class A:\n    async def f(self): ...\n"),
    ("function over lines", "def f[\n    T,\n    U,\n](a): ...\ny = 1\n", "def f(\n\n\n a): ...\ny = 1\n"),
    ("function over more lines", "def f[\n    T,\n](\n    a,\n): ...\ny = 1\n", None),
    ("class", "class A[T]: ...\n", "class A: ...\n"),
    ("class with a base", "class A[T: (int, str)](B[T], metaclass=M): ...\n", "class A(B[T], metaclass=M): ...\n"),
    ("class over lines", "class A[\n    T,\n]:\n    x = 1\n", "class A(\n\n ):\n    x = 1\n"),
    ("class with a base over lines", "class A[\n    T,\n](\n    B,\n):\n    x = 1\n", None),
    ("alias", "type X = list[int]\n", "X = list[int]\n"),
    ("generic alias", "type X[T] = list[T]; y = 1\n", "X = list[T]; y = 1\n"),
    ("alias over lines", "type X[\n    T\n] = list[T]\ny = 1\n", "X = (\n\n list[T])\ny = 1\n"),
    ("alias over a backslash", "type X = \\\n    int\ny = 1\n", "X = (\n int)\ny = 1\n"),
    ("two exceptions", "try:\n    a\nexcept A, B:\n    b\n", "try:\n    a\nexcept (A, B):\n    b\n"),
    ("two in a group", "try:\n    a\nexcept* A, B:\n    b\n", "try:\n    a\nexcept* (A, B):\n    b\n"),
    ("unpacking lists", "x = [*a for a in b]\n", "x = [(a) for a in b]\n"),
    ("unpacking sets", "x = {*a for a in b}\n", "x = {(a) for a in b}\n"),
    ("unpacking generators", "x = (*a for a in b)\n", "x = ((a) for a in b)\n"),
    ("unpacking dictionaries", "x = {**a for a in b}\n", "x = {(a) for a in b}\n"),
    (
        "lazy",
        "lazy import a.b as c\nlazy from .d import (\n    e,\n)\n",
        "import a.b as c\nfrom .d import (\n    e,\n)\n",
    ),
    ("windows lines", "def f[\r\n    T\r\n](a): ...\r\ny = f'{d['k']}'\r\n", None),
    ("old mac lines", "x = f'{d['k']}'\ry = 1\r", None),
]


@pytest.mark.parametrize(("source", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_lowered_code_is_read_and_keeps_its_lines(source: str, expected: str | None) -> None:
    lowered = lower(source)
    assert lowered is not None
    tree = ast.parse(lowered)
    assert len(lowered.splitlines()) == len(source.splitlines())
    if expected is not None and sys.version_info < (3, 12):
        assert lowered == expected
    if tree.body[-1].lineno > 1 and isinstance(tree.body[-1], ast.Assign):
        assert source.splitlines()[tree.body[-1].lineno - 1].lstrip().startswith(ast.unparse(tree.body[-1].targets[0]))


@pytest.mark.parametrize(
    "source",
    ["print 'a'\n", "def f(:\n", "x = f'{'\n", "if x\n    y\n", "<<<<<<< HEAD\n", "x = t'a' t'{LibCST cannot}'\n"],
)
def test_broken_code_stays_broken(source: str) -> None:
    assert lower(source) is None


def test_what_the_interpreter_reads_is_left_alone() -> None:
    source = "@d\nclass A(B):\n    x: int = f'{1}'\n\n    def f(self, *a, **k):\n        return [y for y in a]  # c\n"
    assert lower(source) == source
