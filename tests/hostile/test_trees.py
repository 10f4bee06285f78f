"""Trees of valid files that ask for much work: twice as many files are twice the work, or little more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.engine.violation import MAX_RELATED
from tests.engine.trees import blob, facts_of, snapshot
from tests.hostile.counting import counted

SIZE = 120
BODY = (
    " r = 0\n for line in lines:\n  if line.count: r += line.price * line.count - 1\n"
    " log('total', r, lines, more=r * 2)\n return r.quantize(lines[0].currency, 3)\n"
)


def modules(count: int, text: str, last: str = "") -> dict[str, str]:
    """Modules of one text, in which `~` is the number, `^` the next one and `@` the one after the last: the first."""
    each = {
        f"p/m{number}.py": text.replace("~", str(number))
        .replace("^", str(number + 1))
        .replace("@", str((number + 1) % count))
        for number in range(count)
    }
    return {"p/__init__.py": "", **each, f"p/m{count}.py": last}


def _pairs(count: int, text: str) -> dict[str, str]:
    """Pairs of modules, each of which imports from both of the next pair."""
    one = {f"p/{half}{number}.py": text.replace("^", str(number + 1)) for number in range(count) for half in "ab"}
    return {"p/__init__.py": "", **one, "p/use.py": "from p.a0 import A, B\n"}


def _bodies(count: int) -> str:
    """Functions of as many different bodies."""
    return "".join(f"def f{number}(lines):\n{BODY.replace('total', f't{number}')}" for number in range(count))


def _waived(count: int) -> str:
    words = "# truthline: allow[redefinition] until=2027-01-31 reason=x"
    return "".join(f"def f{number}(): pass\n" for number in range(count)) + "".join(
        f"def f{number}(): pass  {words}\n" for number in range(count)
    )


METHOD = BODY.replace("\n ", "\n  ")
TREES: dict[str, Callable[[int], dict[str, str]]] = {
    "stars in a row": lambda n: modules(n, "from p.m^ import *\n", "class A: x = 1\n"),
    "stars in a circle": lambda n: modules(n, "from p.m@ import *\nfrom p.m@ import X\n"),
    "names handed on": lambda n: modules(n, "from p.m^ import A\n", "class A: x = 1\n"),
    "a circle": lambda n: modules(n, "import p.m@\n"),
    "one class everywhere": lambda n: modules(n, "class A:\n x = ~\n y = 1\n def f(self): pass\n"),
    "one body everywhere": lambda n: modules(n, f"def f~(lines):\n{BODY}"),
    "one class again and again": lambda n: {"p/m.py": "class A:\n x = 1\n" * n},
    "classes of classes": lambda n: modules(n, "from p.m^ import A^\nclass A~(A^): pass\n", "class A: x = 1\n"),
    "imports of nothing": lambda n: {"p/__init__.py": "", "p/m.py": "from p.gone import a\n" * n},
    "instances": lambda n: {"p/m.py": "class A:\n def f(s): s.x = []\n" + "".join(f"a{i} = A()\n" for i in range(n))},
    "waived findings of one file": lambda n: {"p/m.py": _waived(n)},
    "one body in one file": lambda n: {"p/m.py": "".join(f"def f{i}(lines):\n{BODY}" for i in range(n))},
    "one body and one name in two files": lambda n: {
        "p/m.py": f"def f(lines):\n{BODY}" * n,
        "p/n.py": f"def g(lines):\n{BODY}" * n,
    },
    "many bodies in two files": lambda n: {"p/m.py": _bodies(n), "p/n.py": _bodies(n)},
    "many classes in two files": lambda n: dict.fromkeys(
        ("p/m.py", "p/n.py"), "".join(f"class A{i}: x = 1\n" for i in range(n))
    ),
    "one class with a method everywhere": lambda n: modules(n, f"class A:\n def f(lines):\n {METHOD}\n"),
    "one body in many services": lambda n: {
        f"s{i}/m.py": f"def f(lines):\n{BODY}def g(lines):\n{BODY}" for i in range(n)
    },
    "getters": lambda n: modules(n, "def get_a~():\n global x\n if x is None: x = F~()\n return x\n"),
}


# What the last one gives, all the others are asked for.
CHAINS = {"stars in a row", "names handed on", "classes of classes"}


@pytest.mark.parametrize("name", TREES)
def test_work_grows_with_the_tree(name: str) -> None:
    steps = []
    for count in (SIZE, 2 * SIZE):
        tree = TREES[name](count)
        list(facts_of([blob(content) for content in tree.values()]))  # extraction is counted apart
        with counted() as counter:
            snapshot(tree)
        steps.append(counter.count)
    assert steps[1] < (3 if name in CHAINS else 2.4) * steps[0] + 5_000


@pytest.mark.parametrize(
    "text",
    [
        "from p.a^ import *\nfrom p.b^ import *\n",
        "try:\n from p.a^ import A\nexcept ImportError:\n from p.b^ import A\n",
        "try:\n from p.a^ import A, B\nexcept ImportError:\n from p.b^ import *\n from p.a^ import *\n",
    ],
)
def test_a_million_ways_to_nothing_are_not_all_gone(text: str) -> None:
    """Through twenty pairs of modules there are a million ways, and at the end there is nothing."""
    with counted() as counter:
        snapshot(_pairs(20, text))
    assert counter.count < 500_000


def test_ten_thousand_copies_do_not_all_name_each_other() -> None:
    found = snapshot(modules(3 * MAX_RELATED, "class A:\n x = ~\n")).violations.values()
    copies = [violation for violation in found if violation.rule == "duplicate-definition"]
    assert len(copies) == 3 * MAX_RELATED - 1
    for violation in copies:
        assert len({place.path for place in violation.related} - {violation.path}) == MAX_RELATED
        assert violation.related[0].label == "canonical"
        assert violation.message.endswith(f" Places not listed: {2 * MAX_RELATED - 1:,}.")


@pytest.mark.parametrize("text", ["class A:\n x = ~\n", f"def f~(lines):\n{BODY}"])
def test_a_finding_that_names_all_its_places_says_no_more(text: str) -> None:
    violations = snapshot(modules(MAX_RELATED + 1, text)).violations.values()
    copies = [violation for violation in violations if violation.rule.startswith("duplicate-")]
    assert len(copies) == MAX_RELATED
    for violation in copies:
        assert len({place.path for place in violation.related} - {violation.path}) == MAX_RELATED
        assert "not listed" not in violation.message


def test_names_that_nobody_can_read_are_cut() -> None:
    tree = {f"p/m{number}.py": f"class {'A' * 50_000}:\n x = {number}\n" for number in range(3)}
    violations = [v for v in snapshot(tree).violations.values() if v.rule == "duplicate-definition"]
    assert len(violations) == 2
    assert all(len(text) == 2_001 for v in violations for text in (v.message, v.symbol, v.canonical or ""))
    assert len({violation.fingerprint for violation in violations}) == 2
