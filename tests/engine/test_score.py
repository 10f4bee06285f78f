"""The score's promised properties (numbered as in the design) and its arithmetic."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scanner.engine.baseline import AREAS, Counts, Obligations, Pinned, comparable, own, pin
from scanner.engine.coverage import Coverage, Share, missing_since
from scanner.engine.score import (
    Debts,
    Score,
    debts_of,
    decimals,
    epoch_of,
    key_of,
    quarters,
    score,
    shown,
)
from scanner.engine.violation import SCOPES, SEVERITIES, Scope, Severity

RULES = {
    "duplicate-definition": "definitions",
    "unresolvable-import": "imports",
    "global-getter": "isolation",
    "import-cycle": "structure",
    "unparsable-file": "structure",
    "oversized-file": None,
}
ALL_READ = Coverage(10, 10, 0, 0, Share(10, 10), Share(10, 10))


@dataclass(frozen=True)
class Finding:
    """What the score asks of a violation."""

    rule: str = "duplicate-definition"
    severity: Severity = "medium"
    scope: Scope = "production"
    service: str = "shop"
    symbol: str = "Notifier"


findings = st.builds(
    Finding,
    st.sampled_from(sorted(RULES)),
    st.sampled_from(SEVERITIES),
    st.sampled_from(SCOPES),
    st.sampled_from(["shop", "auth", "later"]),
    st.sampled_from(["Notifier", "Clock", ""]),
)
trees = st.lists(findings, max_size=30)
counts = st.builds(Counts, st.integers(0, 300), st.fixed_dictionaries({area: st.integers(0, 5000) for area in AREAS}))
obligations = st.builds(
    Obligations,
    counts,
    st.fixed_dictionaries({"shop": counts, "auth": counts}),
    st.fixed_dictionaries({"Notifier": st.integers(0, 90)}),
)


def scored(tree: list[Finding], pinned: Pinned, coverage: Coverage = ALL_READ) -> Score:
    return score(debts_of(tree, RULES), pinned, coverage)


def measured(finding: Finding, pinned: Pinned) -> bool:
    """Whether the finding counts: it weighs something, in an area that is measured."""
    areas = AREAS if finding.rule == "unparsable-file" else (RULES[finding.rule],)
    weighs = finding.severity != "info" and finding.scope in ("production", "tests", "scripts")
    return weighs and any(area and pinned.areas[area] is not None for area in areas)


@given(trees, findings, obligations)
def test_1_a_fix_raises_the_score_and_a_new_violation_lowers_it(tree, finding, owed) -> None:
    pinned = pin(owed)
    before, after = scored([*tree, finding], pinned), scored(tree, pinned)
    if measured(finding, pinned):
        assert after.exact > before.exact
    else:
        assert after.exact == before.exact
    assert after.debt >= before.debt - 32


@given(trees, obligations, st.integers(0, 500))
def test_2_conforming_code_changes_nothing(tree, owed, more) -> None:
    """D is pinned: obligations and files that come later do not reach the score."""
    pinned = pin(owed)
    grown = replace(ALL_READ, python=10 + more, analysed=10 + more, scored=Share(10 + more, 10 + more))
    assert scored(tree, pinned, grown) == scored(tree, pinned)


@given(trees, obligations)
def test_3_the_score_is_bounded_and_100_means_nothing_is_open(tree, owed) -> None:
    pinned = pin(owed)
    result = scored(tree, pinned)
    if any(pinned.areas.values()):
        assert 0 < result.exact <= 100
        assert (result.exact == 100) == (not any(measured(finding, pinned) for finding in tree))
    else:
        assert result.value is None


@given(trees, obligations)
def test_4_the_shares_sum_to_what_is_missing(tree, owed) -> None:
    result = scored(tree, pin(owed))
    assume(result.exact is not None)
    assert sum(result.share(key_of(finding)) for finding in tree) == 100 - result.exact


@given(trees, obligations, st.randoms())
def test_5_the_order_does_not_matter(tree, owed, random) -> None:
    shuffled = random.sample(tree, len(tree))
    assert scored(shuffled, pin(owed)) == scored(tree, pin(owed))


@given(trees, trees, obligations)
def test_5_kept_up_to_date_equals_counted_anew(before, after, owed) -> None:
    debts = debts_of(before, RULES)
    for finding in before:
        debts.add(finding, -1)
    for finding in after:
        debts.add(finding)
    by_key = Debts(RULES)
    for key, times in Counter(map(key_of, after)).items():
        by_key.add_key(key, times)
    anew = scored(after, pin(owed))
    assert (debts.total, score(debts, pin(owed), ALL_READ).exact) == (anew.debt, anew.exact)
    assert by_key.total == anew.debt
    assert {service: part.exact for service, part in score(by_key, pin(owed), ALL_READ).services.items()} == {
        service: part.exact for service, part in anew.services.items()
    }


@given(trees, obligations, st.sampled_from(["production", "tests", "scripts", "archive"]))
def test_7_an_unreadable_file_never_raises_the_score(tree, owed, scope) -> None:
    """Its last good findings stay, and the file itself weighs in every area."""
    pinned = pin(owed)
    assume(any(pinned.areas.values()))
    before = scored(tree, pinned)
    after = scored([*tree, Finding("unparsable-file", "critical", scope)], pinned)
    assert after.exact <= before.exact
    if scope != "archive":
        assert all(
            after.areas[area].exact < before.areas[area].exact for area in AREAS if pinned.areas[area] is not None
        )


def test_the_arithmetic_of_one_repository() -> None:
    pinned = pin(Obligations(Counts(30, {"definitions": 100, "imports": 400, "structure": 30}), {}, {"Notifier": 38}))
    assert pinned == Pinned(
        {"definitions": 100, "imports": 400, "isolation": None, "structure": 30}, {}, {"Notifier": 38}
    )
    tree = [
        Finding(severity="high"),  # 4
        Finding(severity="medium", scope="tests"),  # ½
        Finding(severity="critical", scope="archive"),  # nothing
        Finding("unresolvable-import", "critical", symbol="Clock"),  # 8
        Finding("global-getter", "high"),  # debt in an area that is not measured
        Finding("oversized-file", "info"),
    ]
    result = scored(tree, pinned)
    definitions, imports = Fraction(10000, 1) / Fraction("104.5"), Fraction(40000, 408)
    assert result.exact == (3 * definitions + 3 * imports + 100) / 7
    assert {name: (area.d, float(area.v)) for name, area in result.areas.items()} == {
        "definitions": (100, 4.5),
        "imports": (400, 8.0),
        "isolation": (None, 4.0),
        "structure": (30, 0.0),
    }
    assert (result.areas["isolation"].value, result.areas["structure"].value) == (None, 100.0)
    assert result.debt == Fraction("16.5")
    assert result.share(key_of(tree[0])) == Fraction(3, 7) * 100 * 4 / Fraction("104.5")
    assert [result.share(key_of(finding)) for finding in (tree[2], tree[4], tree[5])] == [0, 0, 0]
    assert result.symbols["Notifier"].v == Fraction("8.5")
    assert result.symbols["Notifier"].exact == 3800 / Fraction("46.5")


def test_what_a_rule_without_an_area_reports_counts_for_no_symbol() -> None:
    debts = debts_of([Finding(), Finding("oversized-file", "low")], RULES)
    assert (debts.symbols["Notifier"], debts.total) == (8, 2)


def test_a_service_has_its_own_d_and_a_later_one_none() -> None:
    owed = Obligations(Counts(50, {"definitions": 90}), {"shop": Counts(10, {"definitions": 25})}, {})
    result = scored([Finding(), Finding(service="later")], pin(owed))
    assert result.services["shop"].exact == result.services["shop"].areas["definitions"].exact == Fraction(2500, 27)
    assert result.services["later"].value is None
    assert result.services["later"].areas["definitions"].v == 2


@pytest.mark.parametrize(
    ("counted", "d"),
    [
        (Counts(0, {}), None),
        (Counts(0, {"imports": 7}), None),
        (Counts(9, {"imports": 0}), None),
        (Counts(9, {"imports": 1}), 20),
        (Counts(21, {"imports": 1}), 21),
        (Counts(21, {"imports": 22}), 22),
    ],
)
def test_d_is_at_least_20_and_the_modules(counted: Counts, d: int | None) -> None:
    assert pin(Obligations(counted)).areas["imports"] == d


@given(obligations)
def test_the_pinned_d_survives_storage(owed) -> None:
    pinned = pin(owed)
    assert Pinned.from_json(pinned.to_json()) == pinned


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (Counts(100, {"imports": 400}), True),
        (Counts(100, {"imports": 200}), True),
        (Counts(100, {"imports": 199}), False),
        (Counts(100, {"imports": 800}), True),
        (Counts(100, {"imports": 801}), False),
        (Counts(49, {"imports": 400}), False),
        (Counts(0, {}), False),
    ],
)
def test_a_commit_is_comparable_within_half_and_twice_every_d(counted: Counts, expected: bool) -> None:
    pinned = pin(Obligations(Counts(100, {"imports": 400, "structure": 100})))
    assert own(counted)["isolation"] >= 20
    assert comparable(pinned, counted) is expected


def test_a_small_repository_is_comparable_from_its_first_module() -> None:
    assert comparable(pin(Obligations(Counts(12, {"structure": 12}))), Counts(1, {"structure": 1}))


@pytest.mark.parametrize(
    ("coverage", "inconclusive"),
    [
        (ALL_READ, False),
        (replace(ALL_READ, scored=Share(99, 100)), False),
        (replace(ALL_READ, scored=Share(98, 100)), True),
        (replace(ALL_READ, scored=Share(999, 1000), production=Share(9, 10)), True),
        (replace(ALL_READ, areas={"imports": Share(9, 10)}), True),
        (replace(ALL_READ, areas={"isolation": Share(9, 10)}), False),
        (Coverage(), False),
    ],
)
def test_below_99_percent_the_score_is_inconclusive(coverage: Coverage, inconclusive: bool) -> None:
    pinned = pin(Obligations(Counts(5, {"definitions": 5, "imports": 5})))
    assert scored([], pinned, coverage).inconclusive is inconclusive


def test_only_the_area_that_was_not_read_is_marked() -> None:
    pinned = pin(Obligations(Counts(5, {"definitions": 5, "imports": 5})))
    result = scored([], pinned, replace(ALL_READ, areas={"imports": Share(9, 10), "definitions": Share(10, 10)}))
    assert {name for name, area in result.areas.items() if area.inconclusive} == {"imports"}


def test_vanished_files_are_awaited_until_they_are_back() -> None:
    production = [100, 100, 80, 79, 63, 70, 79, 80, 80, 10]
    awaited: int | None = None
    seen = []
    for before, now in zip([0, *production], production, strict=False):
        awaited = missing_since(awaited, before, now)
        seen.append(awaited)
    assert seen == [None, None, None, None, 79, None, None, None, None, 80]
    assert score(Debts(RULES), pin(Obligations(Counts(5, {"imports": 5}))), ALL_READ, missing=True).inconclusive


def test_weights_are_in_quarters() -> None:
    table = [[quarters(severity, scope) for scope in SCOPES] for severity in SEVERITIES]
    assert table == [[32, 8, 8, 0, 0], [16, 4, 4, 0, 0], [8, 2, 2, 0, 0], [4, 1, 1, 0, 0], [0, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("value", "delta", "text"),
    [
        (93.4, 0.0, "93.40"),
        (93.4, 0.5, "93.40"),
        (93.4567, 0.0004, "93.4567"),
        (93.4567, -0.0004, "93.4567"),
        (99.9999, 0.0, "99.9999"),
        (100.0, 0.0, "100.00"),
        (0.0004, 0.0, "0.0004"),
    ],
)
def test_as_many_decimals_as_the_delta_needs(value: float, delta: float, text: str) -> None:
    assert shown(value, delta) == text


def test_decimals_end_somewhere() -> None:
    assert decimals(1e-300) == 12


def test_the_epoch_depends_on_each_of_its_parts() -> None:
    epochs = {epoch_of("1", "c", "b"), epoch_of("2", "c", "b"), epoch_of("1", "d", "b"), epoch_of("1", "c", "e")}
    assert len(epochs) == 4
    assert epoch_of("1", "c", "b") == epoch_of("1", "c", "b")
