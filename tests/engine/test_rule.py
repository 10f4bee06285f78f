from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path

import pytest

from scanner.engine import rules
from scanner.engine.baseline import AREAS
from scanner.engine.rule import Rule, all_rules, areas, ruleset
from scanner.engine.violation import SEVERITIES

SECTIONS = ["What it does", "Why is this bad", "Example", "Use instead", "Not flagged"]
TESTS = Path(__file__).parent / "rules"


def test_every_file_is_a_rule():
    stems = {path.stem for path in Path(rules.__path__[0]).glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in all_rules()} == stems
    assert list(all_rules()) == sorted(all_rules())


@pytest.mark.parametrize("rule", all_rules().values(), ids=all_rules())
def test_every_rule_is_documented_and_tested(rule: Rule):
    text = cleandoc(type(rule).__doc__ or "")
    assert re.findall(r"^(.+)\n-+$", text, re.MULTILINE) == SECTIONS
    assert text.splitlines()[0].endswith(".")
    assert rule.severity in SEVERITIES
    assert rule.area in {*AREAS, None}
    table = (TESTS / f"test_{rule.name.replace('-', '_')}.py").read_text()
    assert "\nFLAGGED = {" in table
    assert "\nCLEAN = {" in table


def test_areas_and_the_version_of_the_set():
    assert areas()["import-cycle"] == "structure"
    assert areas()["unparsable-file"] is None
    assert re.fullmatch(r"[0-9a-f]{8}", ruleset())


def test_a_rule_that_reports_something_else_makes_another_set(monkeypatch: pytest.MonkeyPatch):
    before = ruleset()
    monkeypatch.setattr(type(all_rules()["import-cycle"]), "version", 99)
    ruleset.cache_clear()
    changed = ruleset()
    ruleset.cache_clear()
    assert changed != before
