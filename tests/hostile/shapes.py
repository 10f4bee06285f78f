"""Valid files of a size to choose that ask for much work: many of one thing, in an order that invites looking back."""

from __future__ import annotations

from collections.abc import Callable


def many(part: str, count: int, before: str = "", after: str = "") -> str:
    """Repeat a part, `~` in it being the number and `^` the next one."""
    body = "".join(part.replace("~", str(number)).replace("^", str(number + 1)) for number in range(count))
    return before + body + after


def twice(part: str, count: int) -> str:
    """All of them, and all of them again."""
    return many(part, count) * 2


def _globals(count: int) -> str:
    return "def f():\n global " + ",".join(f"g{number}" for number in range(count)) + "\n"


SHAPES: dict[str, Callable[[int], str]] = {
    "names assigned to each other": lambda n: many(" a^=a~\n", n, "def f():\n", f" return a{n}\n"),
    "each of them returned": lambda n: many(" return a~\n", n, many(" a~=a^\n", n, "def f():\n")),
    "globals made of each other": lambda n: many(" return g~\n", n, many(" if g~:g~=a~\n a~=a^\n", n, _globals(n))),
    "globals made in many ways": lambda n: many(" return g~\n", n, many(" if g~:g~=x\n x=F~()\n", n, _globals(n))),
    "makers of one global": lambda n: many("def g~():\n global x\n x=F~()\n", n, "def f():\n global x\n if x:0\n"),
    "classes defined twice": lambda n: twice("class A~:0\n", n),
    "functions defined twice": lambda n: twice("def a~():0\n", n),
    "functions used between": lambda n: many("def f(s):0\nf\n", n),
    "methods of one name": lambda n: many(" def f(s):0\n", n, "class A:\n"),
    "containers of the module": lambda n: many("c~=[]\ndef f~(k):c~.append(k)\n", n),
    "containers changed by one function": lambda n: many(" c~[k]=k\n", n, many("c~={}\n", n) + "def f(k):\n"),
    "containers of a class": lambda n: many(" c~=[]\n def f~(s,k):s.c~.append(k)\n", n, "class C:\n"),
    "classes with containers": lambda n: many("class C~:\n c=[]\n def f(s,k):s.c.append(k)\n", n),
    "one container in many ways": lambda n: many(" k^=k~\n c[k~]=1\n", n, "c={}\ndef f(k0):\n"),
    "functions in one that fill": lambda n: many(" def f~(a):c[a]=1\n", n, "c={}\ndef g(k):\n"),
    "a long chain of attributes": lambda n: many(".c", n // 2, "c=[]\ndef f(x):\n c;x", "\n"),
    "a long chain of calls": lambda n: many(".append(1)", n // 4, "c=[]\ndef f(x):\n c", "\n"),
    "waivers": lambda n: many("x=1 # truthline: allow[a]\n", n),
    "waivers alone": lambda n: many("# truthline: allow[a]\n", n, after="x=1\n"),
    "waivers before a long head": lambda n: many("@a\n", n, many("# truthline: allow[a]\n", n), "def f():0\n"),
    "waivers in a statement": lambda n: many("1, # truthline: allow[a]\n", n, "x=[", "]\n"),
    "words of a waiver": lambda n: many("a  until=b ", n, "x=1 # truthline: allow[a] reason=", "\n"),
    "singletons of a class": lambda n: many(
        "  if cls.a~:cls.a~=A()\n  return cls.a~\n", n, "class A:\n @classmethod\n def f(cls):\n"
    ),
    "singletons of others": lambda n: many(
        " @classmethod\n def f~(cls):\n  if cls.a~:cls.a~=B()\n  return cls.a~\n", n, "class A:\n"
    ),
    "slots": lambda n: many(" _instance:'A'=None\n", n, "class A:\n"),
    "exports": lambda n: many("__all__+=['a~']\n__all__.append('b~')\n", n),
    "imports": lambda n: many("import a~\nfrom b~ import *\nfrom c import d~ as d~\n", n),
    "guarded imports": lambda n: many(" try:import a~\n except ImportError:0\n", n, "def f():\n"),
    "functions with guarded imports": lambda n: many("def f~():\n try:import a\n except ImportError:0\n", n),
    "uses of the environment": lambda n: many("import os as o~\no~.environ['a']\n", n),
    "handlers": lambda n: many("except a:0\n", n, "try:0\n"),
    "tries": lambda n: many("try:0\nexcept a:0\n", n),
    "elifs": lambda n: many("elif a~:0\n", n // 4, "if a:0\n"),
    "cases": lambda n: many(" case A.a~:0\n", n, "match x:\n"),
    "aliases": lambda n: many("a~=b~\n", n),
    "targets": lambda n: many("a~=", n, after="b\n"),
    "instances": lambda n: many("a~=B()\na.b~=1\nsys.modules['c~']=1\n", n),
    "getters": lambda n: many("def f~():\n global x\n if x is None:x=F()\n return x\n", n),
    "cached factories": lambda n: many("@cache\ndef f~():return A()\n", n),
    "decorators": lambda n: many("@a\n", n, after="def f():0\n"),
    "attributes of an instance": lambda n: many("  s.a~=[]\n  s.b~,s.c~=1\n", n, "class A:\n def f(s):\n"),
    "attributes of names assigned to each other": lambda n: many("  a^=a~\n  s.b~=a^\n", n, "class A:\n def f(s):\n"),
    "values": lambda n: many("a and ", n, "def f():\n return ", "b\n"),
    "newer strings": lambda n: many("x=f'{a['b']}'\n", n // 4),
    "newer classes": lambda n: many("class A~[T]:0\n", n // 4),
}
