"""docs/rules.md is what the rules say of themselves, and how findings of them were judged."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from scanner.engine.rule import all_rules
from scanner.engine.rule_book import Judged, published

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = sorted((ROOT / "tests/calibration").glob("judged*.csv"))


def test_the_published_page_is_the_newest() -> None:
    # Made by: python -m scanner.engine.rule_book tests/calibration/judged*.csv > docs/rules.md
    assert (ROOT / "docs/rules.md").read_text() == published(Judged.read(TABLES))


def test_it_tells_what_was_judged() -> None:
    text = published(Judged([("redefinition", "true"), ("redefinition", "false alarm"), ("redefinition", "true")]))
    assert "| [redefinition](#redefinition) | definitions | high | 2 of 3 |" in text
    assert "| [unreleased-entry](#unreleased-entry) | isolation | low, announced | – |" in text
    assert all(f"\n## {rule}\n" in text for rule in all_rules())


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_judged_findings_are_whole(table: Path) -> None:
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert row["rule"] in all_rules()
        assert row["verdict"] in {"true", "false alarm"}
        assert "@" in row["repository@sha"]
        assert row["path:line"].rpartition(":")[2].isdecimal()
        assert row["reason"].strip()


def test_a_rule_is_right_nine_times_of_ten_or_announced() -> None:
    rows = [row for table in TABLES for row in csv.DictReader(table.read_text().splitlines())]
    verdicts: dict[str, list[bool]] = {}
    for row in rows:
        verdicts.setdefault(row["rule"], []).append(row["verdict"] == "true")
    wrong = {rule for rule, right in verdicts.items() if sum(right) < 0.9 * len(right)}
    assert {rule for rule in wrong if not all_rules()[rule].announced} == set()
