from __future__ import annotations

from collections.abc import Iterator

import pytest

from scanner.engine.git import Change
from scanner.engine.rule import Finding, all_rules
from scanner.engine.violation import Violation
from tests.engine.trees import blob, files, snapshot

TEXT = """
    ## shop/a.py
    import shop.gone
    ## shop/b.py
    import shop.lost
    """
# Which rule breaks off, and where: (rule, path) → the file at which that is reported.
FLAGGED = {
    ("unresolvable-import", "shop/a.py"): "shop/a.py",
    ("duplicate-definition", "shop/b.py"): "",
}
CLEAN = {"no rule fails": TEXT}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch):
    """Lets a rule fail at a path."""

    def breaks(name: str, path: str) -> None:
        rule = type(all_rules()[name])
        find = rule.find

        def failing(self, key, world) -> Iterator[Finding]:
            if key == path:
                raise ZeroDivisionError("somewhere")
            yield from find(self, key, world)

        monkeypatch.setattr(rule, "find", failing)

    return breaks


def failures(violations: dict[str, Violation]) -> list[Violation]:
    return [violation for violation in violations.values() if violation.rule == "rule-failed"]


@pytest.mark.parametrize(("rule", "path"), FLAGGED)
def test_flagged(broken, rule: str, path: str) -> None:
    broken(rule, path)
    found = failures(snapshot(TEXT).violations)
    assert [violation.path for violation in found] == ([FLAGGED[rule, path]] if FLAGGED[rule, path] else [])


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: str) -> None:
    assert not failures(snapshot(text).violations)


def test_the_scan_goes_on_and_the_coverage_says_so(broken) -> None:
    before = snapshot(TEXT)
    broken("unresolvable-import", "shop/a.py")
    after = snapshot(TEXT)
    [failure] = failures(after.violations)
    assert (failure.symbol, failure.severity, failure.line) == ("unresolvable-import", "critical", 1)
    assert "ZeroDivisionError" in failure.message
    others = {violation.path for violation in after.violations.values()} - {"shop/a.py"}
    assert others == {violation.path for violation in before.violations.values()} - {"shop/a.py"}
    assert (before.coverage.analysed, after.coverage.analysed, after.coverage.unparsable) == (2, 1, 1)


def test_a_rule_that_cannot_say_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self, world):
        raise RecursionError

    monkeypatch.setattr(type(all_rules()["import-cycle"]), "keys", failing)
    [failure] = failures(snapshot(TEXT).violations)
    assert (failure.path, failure.symbol) == ("shop/a.py", "import-cycle")


def test_it_is_gone_when_the_rule_works_again(broken, monkeypatch: pytest.MonkeyPatch) -> None:
    broken("unresolvable-import", "shop/a.py")
    state = snapshot(TEXT)
    assert failures(state.violations)
    monkeypatch.undo()
    state.apply([Change("shop/a.py", None, blob(files(TEXT)["shop/b.py"]))])
    assert not failures(state.violations)
    assert state.coverage.unparsable == 0
