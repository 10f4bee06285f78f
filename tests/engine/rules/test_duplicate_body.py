from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent

import pytest

from scanner.engine.config import Canonical, Config
from scanner.engine.git import Change
from scanner.engine.ranking import Ranking
from scanner.engine.violation import Violation
from tests.engine.trees import blob, snapshot

RULE = "duplicate-body"

CODE = """\
    result = Decimal(0)
    for line in lines:
        if line.count:
            result += line.price * line.count
    log("total", result, lines, more=result * 2)
    return result.quantize(CENT), lines[0].currency
"""
OTHER = CODE.replace("price", "cost")
FIELDS = "".join(f"    field{number}: int\n" for number in range(8))
MEMBERS = "    LOW = 1\n    MIDDLE = 2\n    HIGH = 3\n"


def function(name: str, code: str = CODE) -> str:
    return f"def {name}(lines):\n    '''{name}.'''\n{code}"


def method(name: str, code: str = CODE) -> str:
    return indent(f"def {name}(self, lines):\n    # {name}\n{code}", "    ")


def class_of(head: str, *methods: str) -> str:
    return f"class {head}:\n" + "".join(methods)


# What is reported: (path, symbol, severity), and where the canonical one is said to be.
FLAGGED = {
    "a function in another module": (
        {"pkg/a.py": function("total"), "pkg/deep/b.py": function("total")},
        {("pkg/deep/b.py", "total", "medium"): "pkg.a.total"},
    ),
    "a function under another name": (
        {"pkg/a.py": function("total") + function("sum_of")},
        {("pkg/a.py", "sum_of", "medium"): "pkg.a.total"},
    ),
    "methods of classes that have other names, or grew apart": (
        {
            "pkg/a.py": class_of("Cart", method("total"), method("own", CODE + "    # x\n")[:0]),
            "pkg/longer.py": class_of("Invoice", method("amount"), "    def two(self): ...\n"),
            "pkg/longest_one.py": class_of("Cart", method("total"), "    def three(self): ...\n"),
        },
        {
            ("pkg/longer.py", "Invoice.amount", "medium"): "pkg.a.Cart.total",
            ("pkg/longest_one.py", "Cart.total", "medium"): "pkg.a.Cart.total",
        },
    ),
    "a class under another name, whatever it derives from": (
        {
            "pkg/a.py": f"class Order(BaseModel):\n{FIELDS}",
            "pkg/bb.py": f"@dataclass\nclass Row:\n    'Doc.'\n{FIELDS}",
        },
        {("pkg/bb.py", "Row", "medium"): "pkg.a.Order"},
    ),
    "a class with its methods is one": (
        {
            "pkg/a.py": class_of("Cart", method("total"), method("cost", OTHER)),
            "pkg/bb.py": class_of("Basket", method("total"), method("cost", OTHER)),
        },
        {("pkg/bb.py", "Basket", "medium"): "pkg.a.Cart"},
    ),
    "enums, as info": (
        {"pkg/a.py": f"class Level(Enum):\n{MEMBERS}", "pkg/bb.py": f"class Grade(str, Enum):\n{MEMBERS}"},
        {("pkg/bb.py", "Grade", "info"): "pkg.a.Level"},
    ),
    "what a shared package has": (
        {"shared/tools/money.py": function("total"), "pkg/a.py": function("total"), "auth/a.py": function("sum_of")},
        {
            ("pkg/a.py", "total", "medium"): "shared.tools.money.total",
            ("auth/a.py", "sum_of", "medium"): "shared.tools.money.total",
        },
    ),
    "copies that differ from the canonical class in other things": (
        {
            "pkg/a.py": class_of("Cart", method("total", OTHER)),
            "pkg/bb.py": class_of("Cart", method("total")),
            "pkg/ccc.py": class_of("Cart", method("total")),
        },
        {("pkg/ccc.py", "Cart.total", "medium"): "pkg.bb.Cart.total"},
    ),
}

STUB = "    raise NotImplementedError('a text that is long enough to be no small thing', 1, 2, 3, 4, 5, 6, 7, 8)\n"
ARGUMENTS = ", ".join(f"name{number}=value{number}" for number in range(30))

CLEAN = {
    "small bodies": {
        path: f"{function('a', '    pass')}\n{function('b', '    ...')}\n{function('c', STUB)}\n"
        f"def d({ARGUMENTS}): ...\ndef e(x): return x.make({ARGUMENTS})\n"
        "def f(x):\n    y = x + 1\n    return y\nclass A:\n    def __init__(self, x): self.x = x\n"
        for path in ("pkg/a.py", "pkg/b.py")
    },
    "protocols": {
        f"pkg/{name.lower()}.py": f"class {name}(Protocol):\n"
        + "".join(f"    def method{number}(self, {ARGUMENTS}) -> int:\n        'Doc.'\n" for number in range(2))
        for name in ("Cart", "Basket")
    },
    "for type checkers": {
        f"pkg/{name.lower()}.py": f"class {name}(Base):\n    'Doc.'\n    if TYPE_CHECKING:\n"
        + "".join(f"        def method{number}(self, {ARGUMENTS}) -> int: ...\n" for number in range(4))
        for name in ("Cart", "Basket")
    },
    "classes of one name, and their methods": {
        "pkg/a.py": class_of("Cart", method("total"), method("cost", OTHER)),
        "pkg/b.py": class_of("Cart", method("total"), method("cost", OTHER)),
    },
    "methods of one name in one module": {
        "pkg/a.py": class_of("Cart", method("total")) + class_of("Basket(Base)", method("total"), "    x = 1\n")
    },
    "another service": {"pkg/a.py": function("total"), "auth/a.py": function("total")},
    "tests and scripts": {
        "pkg/a.py": function("total") + function("test_total"),
        "tests/a.py": function("total"),
        "scripts/a.py": function("total"),
    },
    "other bodies": {"pkg/a.py": function("total"), "pkg/b.py": function("total", OTHER)},
    "a registered function of one name": {"pkg/a.py": function("connect"), "pkg/b.py": function("connect")},
}
CONFIG = Config(roots=("",), services=("pkg", "auth"), shared=("shared",), canonical=(Canonical("connect", "pkg.b"),))


def violations(tree: Mapping[str, str], ranking: Ranking | None = None) -> list[Violation]:
    return [v for v in snapshot(tree, CONFIG, ranking).violations.values() if v.rule == RULE]


@pytest.mark.parametrize(("tree", "told"), FLAGGED.values(), ids=FLAGGED)
def test_flagged(tree, told):
    assert {(v.path, v.symbol, v.severity): v.canonical for v in violations(tree)} == told


@pytest.mark.parametrize("tree", CLEAN.values(), ids=CLEAN)
def test_clean(tree):
    assert violations(tree) == []


def test_the_class_most_imported_has_the_canonical_one():
    tree = {
        "pkg/a.py": class_of("Cart", method("total"), "    x = 1\n"),
        "pkg/longer.py": class_of("Basket", method("total")),
        "pkg/user.py": "from pkg.longer import Basket\n",
    }
    [violation] = violations(tree)
    assert (violation.path, violation.canonical) == ("pkg/a.py", "pkg.longer.Basket.total")
    [violation] = violations(tree, Ranking())
    assert (violation.path, violation.canonical) == ("pkg/longer.py", "pkg.a.Cart.total")


def test_it_names_the_other_places():
    tree = {f"pkg/{name}.py": class_of(f"C{name}", method("total"), f"    x = '{name}'\n") for name in "abc"}
    one, _ = violations(tree)
    assert (one.symbol, one.identity) == ("Cb.total", ("Cb", "total", 0))
    assert [(place.path, place.line, place.label) for place in one.related] == [
        ("pkg/a.py", 2, "canonical"),
        ("pkg/c.py", 2, "another copy"),
    ]
    assert one.message == "Cb.total has the same body as Ca.total in pkg.a."


def test_it_follows_what_happens_to_the_other_place():
    a, b = function("total"), function("sum_of")
    state = snapshot({"pkg/a.py": a, "pkg/b.py": b}, CONFIG, Ranking())

    def told() -> set[tuple[str, str]]:
        return {(v.path, v.message) for v in state.violations.values() if v.rule == RULE}

    assert told() == {("pkg/b.py", "sum_of has the same body as total in pkg.a.")}
    state.apply([Change("pkg/a.py", blob(a), blob(function("total", OTHER)))])
    assert told() == set()
    state.apply([Change("pkg/a.py", blob(function("total", OTHER)), blob("x = 1\n" + a))])
    assert [v.related[0].line for v in state.violations.values()] == [2]
    state.apply([Change("pkg/b.py", blob(b), None), Change("pkg/deep/c.py", None, blob(b))])
    assert told() == {("pkg/deep/c.py", "sum_of has the same body as total in pkg.a.")}


def test_the_canonical_class_grows_apart_and_its_copies_have_equal_methods_again():
    text = class_of("Cart", method("total"), method("cost", OTHER))
    state = snapshot({"pkg/a.py": text, "pkg/bb.py": text, "pkg/ccc.py": text}, CONFIG, Ranking())

    def told() -> set[tuple[str, str]]:
        return {(v.path, v.symbol) for v in state.violations.values() if v.rule == RULE}

    assert told() == set()
    other = class_of("Cart", method("total"), method("cost", OTHER), "    x = 1\n")
    state.apply([Change("pkg/a.py", blob(text), blob(other))])
    both = {(path, f"Cart.{name}") for path in ("pkg/bb.py", "pkg/ccc.py") for name in ("total", "cost")}
    assert told() == both
    state.apply([Change("pkg/a.py", blob(other), None)])
    assert told() == set()
    # Another class of that name, which has no such method, becomes the canonical one.
    small = "class Cart: x = 1\n"
    state.apply([Change("pkg/a.py", None, blob(small))])
    assert told() == {("pkg/ccc.py", "Cart.total"), ("pkg/ccc.py", "Cart.cost")}
    state.apply([Change("pkg/a.py", blob(small), None)])
    assert told() == set()


def test_two_bodies_under_one_name_are_two_findings():
    twice = function("total") + function("total", OTHER)
    tree = {"pkg/a.py": function("total") + function("cost", OTHER), "pkg/deep/b.py": twice}
    made = snapshot(tree)
    found = [v for v in made.violations.values() if v.rule == RULE]
    assert {(v.path, v.line, v.canonical) for v in found} == {
        ("pkg/deep/b.py", 1, "pkg.a.total"),
        ("pkg/deep/b.py", 9, "pkg.a.cost"),
    }
    # One of them mended leaves the other, and not under a new name.
    [kept] = [v for v in found if v.line == 1]
    content = function("total") + function("total", OTHER + "    # more\n    more()\n")
    made.apply([Change("pkg/deep/b.py", blob(twice), blob(content))])
    assert [v.fingerprint for v in made.violations.values() if v.rule == RULE] == [kept.fingerprint]
