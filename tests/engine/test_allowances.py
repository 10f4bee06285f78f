"""Waivers in the code: which lines they are about, what they say, and when they count."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scanner.engine.extract import extract
from scanner.engine.violation import Waiver
from tests.scanner.origin import Origin

WORDS = "until=2999-01-31 reason=moved in March"

PLACES = {
    "behind a statement": ("import a\nimport b  # {}\nimport c\n", (2, 2)),
    "alone above one": ("import a\n# {}\n\nimport b\nimport c\n", (4, 4)),
    "a statement of several lines": ("from a import (  # {}\n    b,\n    c,\n)\n", (1, 4)),
    "inside a statement of several lines": ("from a import (\n    b,  # {}\n    c,\n)\n", (1, 4)),
    "a class": ("class A:  # {}\n    x = 1\n\n    def f(self): ...\ny = 1\n", (1, 4)),
    "above a class": ("# {}\nclass A:\n    x = 1\n", (2, 3)),
    "on a decorator": ("@cache  # {}\ndef f():\n    return 1\n", (1, 3)),
    "above a decorator": ("# {}\n@cache\ndef f():\n    return 1\n", (2, 4)),
    "on the second line of a head": ("def f(\n    a,  # {}\n):\n    return a\n", (1, 4)),
    "in a body": ("def f():\n    import a  # {}\n    import b\n", (2, 2)),
    "the head of an if": ("if a:  # {}\n    import b\n", (1, 1)),
    "in an except": ("try:\n    import a\nexcept ImportError:\n    import b  # {}\n", (4, 4)),
    "in a case": ("match a:\n    case 1:\n        import b  # {}\n", (3, 3)),
    "at the end of the file": ("import a\n# {}\n", (2, 2)),
    "newer syntax": ("x = 1\ntype A = int\nimport b  # {}\n", (3, 3)),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_lines_it_is_about(place: str) -> None:
    text, lines = PLACES[place]
    [row] = extract(text.format(f"truthline: allow[redefinition] {WORDS}").encode()).allowances
    assert (row.first, row.last) == lines
    assert (row.rule, row.until, row.reason) == ("redefinition", "2999-01-31", "moved in March")


@pytest.mark.parametrize(
    ("comment", "rows"),
    [
        ("truthline: allow[a-b] until=2027-01-31 reason=why", [("a-b", "2027-01-31", "why")]),
        ("truthline:allow[ a , b ] reason='two words' until=2027-01-31", [("a", "2027-01-31", "two words"),
                                                                         ("b", "2027-01-31", "two words")]),
        ("truthline: allow[a] until=tomorrow reason=why", [("a", "", "why")]),
        ("truthline: allow[a] until=2027-02-30 reason=why", [("a", "", "why")]),
        ("truthline: allow[a] until=2027-01-31", [("a", "2027-01-31", "")]),
        ("truthline: allow[a]", [("a", "", "")]),
        ("truthline: allow", []),
        ("truthline is a tool: allow[a]", []),
        ("noqa # truthline: allow[a] until=2027-01-31 reason=x", [("a", "2027-01-31", "x")]),
    ],
)  # fmt: skip
def test_what_it_says(comment: str, rows: list[tuple[str, str, str]]) -> None:
    found = extract(f"import a  # {comment}\n".encode()).allowances
    assert [(row.rule, row.until, row.reason) for row in found] == rows


def test_a_string_is_no_comment() -> None:
    assert not extract(b"x = '# truthline: allow[a] until=2027-01-31 reason=x'\n").allowances


def test_it_holds_through_its_last_day() -> None:
    waiver = Waiver("2027-01-31", "why")
    assert [waiver.holds_on(date(2027, *day)) for day in ((1, 30), (1, 31), (2, 1))] == [True, True, False]


GETTER = """class Gateway:
    def set(self): self.x = 1
_gateway = None
def get_gateway():  {}
    global _gateway
    if _gateway is None:
        _gateway = Gateway()
    return _gateway
"""


def waived(origin: Origin, run, comment: str) -> tuple[dict, str]:
    origin.commit({"shop/__init__.py": "", "shop/gateway.py": GETTER.format(comment)})
    code, out, err = run(str(origin.path), "--format", "json", "--no-cache", "--fail-on", "any")
    return json.loads(out) | {"code": code}, err


@pytest.fixture
def run(capfd):
    from scanner.__main__ import main

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def origin(tmp_path) -> Origin:
    return Origin(tmp_path / "shop")


def test_it_scores_and_does_not_gate(origin: Origin, run) -> None:
    told, err = waived(origin, run, f"# truthline: allow[global-getter] {WORDS}")
    [violation] = told["violations"]
    assert violation["waived"] == {"until": "2999-01-31", "reason": "moved in March"}
    assert (told["code"], err) == (0, "")
    _, out, _ = run(str(origin.path), "--no-cache")
    assert "with 1 waived in the code 100" in out
    assert "Score 100" not in out


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("# truthline: allow[global-getter] until=2020-01-31 reason=old", "ended on 2020-01-31"),
        ("# truthline: allow[global-getter] until=2999-01-31", "says no reason, so it waives nothing"),
        ("# truthline: allow[global-getter] reason=ever", "says no until, so it waives nothing"),
        (f"# truthline: allow[global-geter] {WORDS}", "names 'global-geter', and there is no such rule"),
    ],
)
def test_what_waives_nothing_is_a_violation_and_named(origin: Origin, run, comment: str, why: str) -> None:
    told, err = waived(origin, run, comment)
    assert told["violations"][0]["waived"] is None
    assert told["code"] == 1
    assert err.startswith("truthline: shop/gateway.py:4: the waiver")
    assert why in err
    assert "waived in the code" not in run(str(origin.path), "--no-cache")[1]


def test_of_another_rule_it_waives_nothing(origin: Origin, run) -> None:
    told, err = waived(origin, run, f"# truthline: allow[redefinition] {WORDS}")
    assert (told["violations"][0]["waived"], told["code"], err) == (None, 1, "")


@pytest.mark.parametrize(
    ("until", "told"),
    [
        *(("2020-01-31", ""), ("phase 2", "")),
        ("someday", "truthline: shop.gateway is transitional until 'someday', no day and no phase, so it may stay"),
        ("2026-13-45", "truthline: shop.gateway is transitional until '2026-13-45', no day and no phase"),
    ],
)
def test_a_shim_that_may_stay_for_ever_is_named(origin: Origin, run, until: str, told: str) -> None:
    shim = f'[[transitional]]\nmodule = "shop.gateway"\nuntil = "{until}"\n'
    origin.commit({"shop/__init__.py": "", "shop/gateway.py": "X = 1\n", "truthline.toml": shim})
    _, _, err = run(str(origin.path), "--no-cache")
    assert err.startswith(told)
    assert bool(err) == bool(told)
