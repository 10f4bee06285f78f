"""What a scan looks like, as text and as JSON, from reports made by hand."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from scanner.engine.baseline import Counts, Obligations, pin
from scanner.engine.config import Config
from scanner.engine.coverage import Coverage, Share
from scanner.engine.formats import VERSION, scan_document
from scanner.engine.printable import visible
from scanner.engine.report import Report, Settings
from scanner.engine.score import debts_of, score
from scanner.engine.text import scan_text
from scanner.engine.violation import Related, Violation, Waiver

RULES = {"duplicate-definition": "definitions", "global-getter": "isolation", "oversized-file": None}
DUPLICATE = Violation(
    rule="duplicate-definition",
    severity="high",
    scope="production",
    service="shop",
    symbol="Notifier",
    path="shop/orders.py",
    line=7,
    end_line=7,
    message="Notifier is defined here and in 1 other module; shop.notify is canonical",
    fingerprint="f" * 32,
    canonical="shop.notify",
    waived=Waiver("2030-01-01", "moving"),
    related=(Related("shop/notify.py", 3, "canonical"),),
)
GETTER = Violation(
    "global-getter", "medium", "tests", "auth", "get", "auth/tests/a.py", 1, 2, "get() returns a global", "e" * 32
)
BIG = Violation("oversized-file", "info", "production", "shop", "", "shop/big.py", 1, 1, "3,000 lines", "d" * 32)


def report(*violations: Violation, origin: str | None = "truthline.toml", coverage: Coverage | None = None) -> Report:
    owed = Obligations(
        Counts(40, {"definitions": 96, "structure": 40}),
        {"shop": Counts(30, {"definitions": 76}), "auth": Counts(10, {"definitions": 20})},
        {"Notifier": 16},
    )
    read = coverage or Coverage(60, 60, 0, 0, Share(60, 60), Share(40, 40))
    result = score(debts_of(violations, RULES), pin(owed), read)
    return Report(
        "a" * 40, "0123456789abcdef", "r1", Settings(Config(services=("shop",)), origin), read, result, violations,
        date(2027, 1, 1), result,
    )  # fmt: skip


def test_json() -> None:
    document = scan_document(report(DUPLICATE, GETTER))
    assert json.loads(json.dumps(document)) == document
    assert document["tool"] == {"name": "truthline", "version": VERSION, "ruleset": "r1"}
    assert document["score"]["areas"]["definitions"] == {"value": 96.0, "d": 96, "v": 4.0, "inconclusive": False}
    assert document["score"]["areas"]["isolation"] == {"value": None, "d": 0, "v": 0.5, "inconclusive": False}
    assert document["score"]["value"] == 97.0
    assert document["score"]["services"]["shop"]["value"] == 95.0
    assert document["score"]["symbols"]["Notifier"]["d"] == 20
    assert document["counts"] == {
        "duplicate-definition": {"production": 1, "tests": 0, "scripts": 0, "archive": 0, "generated": 0},
        "global-getter": {"production": 0, "tests": 1, "scripts": 0, "archive": 0, "generated": 0},
        "oversized-file": {"production": 0, "tests": 0, "scripts": 0, "archive": 0, "generated": 0},
    }
    first, second = document["violations"]
    assert first == {
        "rule": "duplicate-definition",
        "severity": "high",
        "scope": "production",
        "service": "shop",
        "symbol": "Notifier",
        "path": "shop/orders.py",
        "line": 7,
        "end_line": 7,
        "message": "Notifier is defined here and in 1 other module; shop.notify is canonical",
        "canonical": "shop.notify",
        "waived": {"until": "2030-01-01", "reason": "moving"},
        "fingerprint": "f" * 32,
        "points": 3.0,
        "related": [{"path": "shop/notify.py", "line": 3, "label": "canonical"}],
    }
    assert (second["points"], second["waived"], second["related"]) == (0.0, None, [])


def test_text_page() -> None:
    text = scan_text(report(DUPLICATE, GETTER, BIG), "shop")
    assert text.startswith(
        "shop at aaaaaaaaaaaa\n60 Python files: 60 analysed; coverage 100.00 %\n\nScore 97.00 of 100"
    )
    assert re.search(r"^definitions +96\.00 +96 +4\.00 +3$", text, re.M)
    assert re.search(r"^isolation +not measured +0\.50 +3$", text, re.M)
    assert re.search(r"^shop +95\.00 +4\.00$", text, re.M)
    assert re.search(r"^Notifier +83\.33 +4\.00$", text, re.M)
    assert re.search(r"^duplicate-definition +1 +0 +0 +0 +0 +3\.00$", text, re.M)
    assert re.search(r"^global-getter +0 +1 +0 +0 +0 +0$", text, re.M)
    worst = text[text.index("Worst first") :]
    assert re.search(
        r"^high +duplicate-definition +−3\.00\n  shop/orders\.py:7\n  Notifier is defined here", worst, re.M
    )
    assert worst.index("duplicate-definition") < worst.index("global-getter")
    assert "oversized-file" not in worst
    assert "truthline.toml" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_queue_is_cut_and_says_so() -> None:
    text = scan_text(report(*[DUPLICATE] * 1200, GETTER), "shop")
    assert "Worst first, at most 3 of a rule; all 1,201 with --format json\n" in text
    assert (text.count("shop/orders.py:7"), text.count("auth/tests/a.py:1")) == (3, 1)


def test_a_suggested_configuration_is_valid_toml() -> None:
    text = scan_text(report(origin=None), "shop")
    printed = text[text.index("# No truthline.toml") :]
    assert tomllib.loads(printed)["services"] == ["shop"]


def test_coverage_never_rounds_up_to_all() -> None:
    almost = Coverage(20_001, 20_000, 1, 0, Share(20_000, 20_001), Share(40, 40))
    text = scan_text(report(coverage=almost), "shop")
    assert "20,001 Python files: 20,000 analysed, 1 unparsable; coverage 99.995 %" in text
    assert "Inconclusive" not in text


def test_inconclusive_is_said_and_marked() -> None:
    half = Coverage(60, 30, 28, 2, Share(30, 60), Share(20, 40))
    text = scan_text(report(DUPLICATE, coverage=half), "shop")
    assert "30 analysed, 28 unparsable, 2 links skipped; coverage 50.00 %" in text
    assert "Inconclusive: less than 99 % of the files could be analysed." in text
    assert re.search(r"^definitions +96\.00\? ", text, re.M)


def test_colour_is_only_decoration() -> None:
    plain, coloured = scan_text(report(DUPLICATE), "shop"), scan_text(report(DUPLICATE), "shop", colour=True)
    assert plain != coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a/ä.py", "a/ä.py"),
        ("a\x1b[1m", "a\\x1b[1m"),
        ("\u202eb", "\\u202eb"),
        ("a\nb", "a\\nb"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_cannot_be_printed_is_shown_as_its_code(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
