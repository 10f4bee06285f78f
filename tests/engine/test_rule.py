from __future__ import annotations

import re
from inspect import cleandoc
from pathlib import Path

import pytest

from scanner.engine import rules
from scanner.engine.baseline import AREAS
from scanner.engine.config import Config, RuleOptions
from scanner.engine.config_file import parse
from scanner.engine.rule import Rule, all_rules, areas, ruleset
from scanner.engine.violation import SEVERITIES
from tests.engine.trees import found

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


@pytest.mark.parametrize(
    ("allowed", "left"),
    [
        (("pkg",), 0),
        (("pkg.a",), 0),
        (("pkg.a.Gateway",), 2),
        (("pkg.a.Gateway.MockAnswer",), 2),
        (("pkg.a.MockGateway", "pkg.a.run"), 1),
        (("pkg.b", "a", "pkg.a.Mock", "MockGateway"), 3),
    ],
)
def test_what_the_configuration_allows_a_rule(allowed: tuple[str, ...], left: int):
    text = """
        ## pkg/__init__.py
        ## pkg/a.py
        class MockGateway: ...
        class Gateway:
            class MockAnswer: ...
        def run():
            class MockAnswer: ...
        """
    rule = "test-code-in-production"
    config = Config(roots=("",), rules={rule: RuleOptions(allowed)})
    assert len(found(rule, text, config)) == left
    assert len(found(rule, text, Config(roots=("",), rules={"import-cycle": RuleOptions(allowed)}))) == 3


def test_an_announced_rule_counts_in_no_area_and_makes_another_set(monkeypatch: pytest.MonkeyPatch):
    before = ruleset()
    monkeypatch.setattr(type(all_rules()["import-cycle"]), "announced", True)
    ruleset.cache_clear()
    assert areas()["import-cycle"] is None
    changed = ruleset()
    ruleset.cache_clear()
    assert changed != before


def test_what_the_configuration_allows_is_not_reported():
    text = """
        ## pkg/a.py
        class Manager: ...
        _manager = None
        def get_manager():
            global _manager
            if _manager is None:
                _manager = Manager()
            return _manager
        """
    rule = "global-getter"
    for name, reported in {"pkg.a.get_manager": 0, "pkg.b.get_manager": 1, "get_manager": 1}.items():
        config = Config(
            roots=("",), rules={rule: RuleOptions((name,)), "import-cycle": RuleOptions(("pkg.a.get_manager",))}
        )
        assert len(found(rule, text, config)) == reported


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("[[canonical]]\nsymbol = 'Cart'\nmodule = 'shop.cart'", {"non-canonical-import", "similar-name"}),
        ("[[deprecated]]\nmodule = 'shop.old'", {"deprecated-import"}),
        ("[[transitional]]\nmodule = 'shop.old'\nuntil = 2026-01-31", {"legacy-shim"}),
        ("[environment]\naccessors = ['shop.settings']", {"direct-environ"}),
    ],
)
def test_what_a_configuration_lets_rules_look_for(text: str, measured: set[str]):
    without = {name for name, rule in all_rules().items() if rule.measures(Config())}
    assert {name for name, rule in all_rules().items() if rule.measures(parse(text))} == without | measured
    assert measured.isdisjoint(without)
