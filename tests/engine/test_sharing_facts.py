"""What the facts tell of redefinitions, copies, singletons, instances, containers and cached factories."""

from __future__ import annotations

from textwrap import dedent

import pytest

from scanner.engine import facts
from scanner.engine.codec import decode, encode
from scanner.engine.extract import extract
from scanner.engine.facts import Cached, Facts, Instance, Redefinition


def read(text: str) -> Facts:
    told = extract(dedent(text).encode())
    assert told.outcome == "ok"
    assert decode(encode(told)) == told
    return told


BODY = """\
    first = len({0})
    for item in {0}:
        first += item.price * item.count
    log(first, {0})
    audit(first, {0}, when=now())
    return first
"""


def test_equal_bodies_of_classes_methods_and_functions():
    method = "    " + BODY.format("orders").replace("\n    ", "\n        ")
    told = read(
        f"def total(orders):\n    'Doc.'\n{BODY.format('orders')}"
        f"class A:\n    def of(orders):\n{method}    def make(self): return A()\n"
        f"class B:\n    @staticmethod\n    def of(orders):\n{method}    def make(self): return B()\n"
    )
    assert [row.name for row in told.copyable] == ["A", "A.of", "B", "B.of", "total"]
    a, of, b, of_b, total = told.copyable
    assert of.body == of_b.body == total.body
    # A decorator is part of a class.
    assert a.body != b.body
    assert a.body == told.definitions[1].body
    assert of.size == total.size < a.size


def test_a_class_s_own_name_is_no_part_of_its_body():
    text = "class {0}:\n    x: int\n    def more(self): return {0}(self.x)\n    def less(self): return {0}(-self.x)\n"
    one, other = (read(text.format(name)).definitions[0].body for name in ("Point", "Vector"))
    assert one == other
    assert one != read(text.format("Point").replace("-self.x", "self.x")).definitions[0].body


LONG = ", ".join(f"name{number}=value{number}" for number in range(30))


@pytest.mark.parametrize(
    "text",
    [
        "def a(x): raise NotImplementedError('not here')",
        f"def a({LONG}): ...",
        f"def a({LONG}):\n    'Doc.'\n    pass",
        f"def a(x):\n    return x.replace({LONG})",
        "def a(x):\n    x = x + 1\n    y = x\n    return y",
        "class A:\n    x: int\n    y: int\n    z: int",
        "class A(Enum):\n    X = 1\n    Y = 2",
    ],
)
def test_small_bodies_are_not_told(text: str):
    assert read(text).copyable == ()


@pytest.mark.parametrize("shared", ["", "HELD = {}\nseen = {}\n"])
def test_bodies_of_tests_and_their_suites_are_not_told(shared: str):
    """Whether or not a container of the module makes them worth a look."""
    body = BODY.format("orders")
    method = "    " + body.replace("\n    ", "\n        ").rstrip(" ")
    told = read(
        f"{shared}"
        f"def test_total(orders):\n{body}"
        f"class TestTotal:\n    def setUp(orders):\n{method}    def test_it(orders):\n{method}"
        f"    def fill(self, orders):\n        seen[orders] = orders\n"
        f"class test_Total:\n    def start(orders):\n{method}"
        f"class Total:\n    def start(orders):\n{method}    def test_it(orders):\n{method}"
    )
    assert [row.name for row in told.copyable] == ["Total", "Total.start"]
    assert [row.name for row in told.definitions if row.body] == ["Total"]
    assert [row.changers for row in told.containers] == ([("fill",)] if shared else [])


def test_enums_of_three_members_are_told():
    assert [row.name for row in read("class A(Enum):\n    X = 1\n    Y = 2\n    Z = 3").copyable] == ["A"]


@pytest.mark.parametrize(
    ("decorators", "how", "arguments", "kept"),
    [
        ("@cache", "def", "", True),
        ("@functools.lru_cache(maxsize=None)", "async def", "", True),
        ("@lru_cache", "def", "x", False),
        ("@lru_cache", "def", "*x", False),
        ("@cache", "def", "*, x=1", False),
        ("@cached", "def", "", False),
        ("", "def", "", False),
    ],
)
def test_cached_functions_without_parameters(decorators: str, how: str, arguments: str, kept: bool):
    told = read(f"{decorators}\n{how} f({arguments}): return A()\n")
    assert told.cached == ((Cached("f", 2, 2, ("A",)),) if kept else ())


def test_a_cached_method_of_the_class():
    assert [
        row.name for row in read("class A:\n    @classmethod\n    @cache\n    def f(cls): return cls()\n").cached
    ] == ["A.f"]
    assert read("class A:\n    @cache\n    def f(self): return A()\n").cached == ()


def test_instances_on_module_level():
    told = read(
        """
        a = A()
        b: pkg.B = pkg.B.create(1)
        c = make()
        d.e = A()
        def f(): g = A()
        if __name__ == "__main__":
            h = A()
        """
    )
    assert told.instances == (
        Instance("a", 2, 2, 0, "A"),
        Instance("b", 3, 3, 0, "pkg.B.create"),
        Instance("h", 8, 8, facts.CONDITIONAL | facts.MAIN, "A"),
    )


def test_a_second_definition_in_every_kind_of_scope():
    told = read(
        """
        def a(): ...
        class a: ...
        class B:
            def c(self): ...
            async def c(self): ...
            class D:
                def e(self): ...
                def e(self): ...
        def f():
            def g(): ...
            def g(): ...
        """
    )
    assert told.redefinitions == (
        Redefinition("B.D.e", 9, 9, 8),
        Redefinition("B.c", 6, 6, 5),
        Redefinition("a", 3, 3, 2),
        Redefinition("f.g", 12, 12, 11),
    )


def test_a_class_says_what_its_instances_are():
    told = read(
        """
        @dataclass
        class A: ...
        class B(str, Enum): ...
        class C:
            def __init__(self): self.x = 1
        class D(type):
            def __call__(cls):
                if cls not in cls._all:
                    cls._all[cls] = super().__call__()
                return cls._all[cls]
        class E(type):
            def __call__(cls, x):
                if x not in cls._all:
                    cls._all[x] = super().__call__()
                return cls._all[x]
        """
    )
    traits = {definition.name: definition.traits & ~facts.IS_CLASS for definition in told.definitions}
    assert traits["A"] == facts.RECORD | facts.EMPTY
    assert traits["B"] == facts.ENUM | facts.VALUE | facts.EMPTY
    assert traits["C"] == facts.HOLDING
    assert traits["D"] & facts.SINGLETON_META
    assert not traits["E"] & facts.SINGLETON_META


CHANGES = {
    "cls.x[k] = 1": True,
    "cls.x[k][1] = 2": True,
    "del cls.x[k]": True,
    "cls.x += k": True,
    "cls.x.setdefault(k, []).append(1)": True,
    "A.x.update(k)": True,
    "return cls.x.pop(k)": True,
    "if cls.x.pop(k): ...": True,
    "return [cls.x.add(i) for i in k]": True,
    "return cls.x": False,
    "cls.x.get(k)": False,
    "cls.y[k] = 1": False,
    "k.x[1] = 1": False,
    "x[k] = 1": False,
}


@pytest.mark.parametrize("statement", CHANGES)
def test_what_changes_a_container(statement: str):
    told = read(f"class A:\n    x = {{}}\n    @classmethod\n    def put(cls, k):\n        {statement}\n").containers
    assert [row.changers for row in told] == ([("put",)] if CHANGES[statement] else [])


KEPT = {
    "def put(k): x[k] = 1": True,
    "def put(k):\n    key = f'{k}'\n    x[key] = 1": True,
    "def put(k): x.setdefault(k.id, 1)": True,
    "def put(k):\n    if k not in x:\n        x[k] = 1\n    return x[k]": True,
    "def put(k):\n    global x\n    x = {}\n    x[k] = 1": False,
    "def put(k): x[k] = 1\ndef drop(k): del x[k]": False,
    "def put(k): x[k] = 1\ndef drop(k): x.pop(k)": False,
    "def put(k):\n    if len(x) > 9: evict()\n    x[k] = 1": False,
    "def put(k):\n    x[k] = 1\n    trim(x)": False,
    "def put(k): x[k] = 1\nwatch(x)": False,
    "def put(): x['k'] = 1": False,
    "def put(k): x[type(k)] = 1": False,
    "def put(cls): x[cls] = 1": False,
}


@pytest.mark.parametrize("text", KEPT)
def test_whether_entries_stay(text: str):
    assert [row.kept for row in read(f"x = {{}}\n{text}\n").containers if row.kept] == [True] * KEPT[text]
