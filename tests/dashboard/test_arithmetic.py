"""What the pages say about the score adds up, whatever is open."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import arithmetic
from scanner.engine import rule
from scanner.engine.baseline import AREAS
from scanner.engine.score import AreaScore, Debts, Score
from scanner.engine.violation import SCOPES, SEVERITIES
from scanner.models import Tally, Violation

rows = st.lists(
    st.builds(
        Tally,
        service=st.just("app"),
        rule=st.sampled_from(sorted(rule.all_rules())),
        severity=st.sampled_from(SEVERITIES),
        scope=st.sampled_from(SCOPES),
        open=st.integers(0, 40),
    ),
    max_size=12,
    unique_by=lambda row: (row.rule, row.severity, row.scope),
)
denominators = st.fixed_dictionaries({area: st.one_of(st.none(), st.integers(20, 5000)) for area in AREAS}).filter(
    lambda d: any(d.values())
)


def score_of(tallies: list[Tally], d: dict[str, int | None]) -> Score:
    debts = Debts(rule.areas())
    for row in tallies:
        debts.add(Violation(service="app", rule=row.rule, severity=row.severity, scope=row.scope, symbol=""), row.open)
    return Score({area: AreaScore(d[area], Fraction(debts.areas[area], 4)) for area in AREAS}, rules=rule.areas())


@given(rows, denominators)
def test_given_and_lost_make_a_hundred(tallies: list[Tally], d: dict[str, int | None]) -> None:
    score = score_of(tallies, d)
    lines = arithmetic.explain(score, tallies)
    assert sum(line.given for line in lines) == pytest.approx(score.value)
    assert sum(line.given + line.lost for line in lines) == pytest.approx(100)
    for line in lines:
        if line.d is not None:
            assert sum(one.points for one in line.rules) == pytest.approx(line.lost)
        assert sum(one.weight for one in line.rules) == pytest.approx(line.v)
    losses = [line.lost for line in lines]
    assert [line.lost for line in lines if line.worst] == [max(losses)] * losses.count(max(losses)) * (max(losses) > 0)


@given(rows, denominators)
def test_fixing_one_gives_what_the_page_promises(tallies: list[Tally], d: dict[str, int | None]) -> None:
    before = score_of(tallies, d)
    for row in tallies:
        if row.open:
            violation = Violation(service="app", rule=row.rule, severity=row.severity, scope=row.scope, symbol="")
            row.open -= 1
            after = score_of(tallies, d)
            row.open += 1
            assert arithmetic.gain(before, violation) == pytest.approx(after.value - before.value, abs=1e-9)


@pytest.mark.parametrize(
    ("tally", "terms"),
    [
        ([("high", "production", 9), ("high", "tests", 30)], "9 × 4 + 30 × 1"),
        ([("medium", "tests", 2), ("low", "scripts", 1200)], "2 × ½ + 1,200 × ¼"),
        ([("medium", "production", 1), ("critical", "tests", 1)], "2 × 2"),
        ([("high", "archive", 3)], "3 × 0"),
    ],
)
def test_terms(tally: list[tuple[str, str, int]], terms: str) -> None:
    rows = [Tally(service="a", rule="global-getter", severity=s, scope=c, open=n) for s, c, n in tally]
    lines = arithmetic.explain(score_of(rows, dict.fromkeys(AREAS, 50)), rows)
    assert [line.terms for area in lines for line in area.rules] == [terms]
