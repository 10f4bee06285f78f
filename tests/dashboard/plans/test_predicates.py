"""The language of predicates, and what a criterion's wording suggests."""

from __future__ import annotations

import pytest

RULES = ["import-cycle", "duplicate-definition", "unresolvable-import", "non-canonical-import", "global-getter"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("path_absent(scripts/old.py)", "path_absent(scripts/old.py)"),
        ('path_absent( "a, (b).py" )', 'path_absent("a, (b).py")'),
        ("count(rule=import-cycle, scope=production) < start", "count(rule=import-cycle, scope=production) < start"),
        ("count(plan)=0", "count(plan) == 0"),
        ('count(symbol="plan") == 0', 'count(symbol="plan") == 0'),
        ("no_new(import-cycle)", "no_new(rule=import-cycle)"),
        ("score>=80.5%", "score >= 80.5"),
        ("all(score > start, manual, all(count() <= 3))", "all(score > start, manual, all(count() <= 3))"),
    ],
)
def test_is_read_written_and_stored(written: str, read: str) -> None:
    from dashboard import predicates
    from dashboard.predicate_text import from_text

    predicate = from_text(written)
    assert predicates.text(predicate) == read
    assert from_text(read) == predicate
    assert predicates.parse(predicates.to_json(predicate)) == predicate


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "Expected path_absent or"),
        ("maybe", "instead of 'maybe'"),
        ("count(rule=a) <", "instead of 'the end'"),
        ("count(rule=a) < many", "number or start instead of 'many'"),
        ("count(colour=red) < 1", "count has no 'colour'"),
        ("count(scope=everywhere) < 1", "There is no scope 'everywhere'"),
        ("score > 101", "from 0 to 100"),
        ("path_absent(/etc/passwd)", "from the repository's root"),
        ("path_absent(a/../../b)", "from the repository's root"),
        ("manual manual", "more than a predicate"),
        ("all(" * 30, "nested too deep"),
        ("all(all(all(all(manual))))", "nested at most three deep"),
        ("no_new(\x00)", "at most 500 characters"),
        ("count(rule=a) < 1 " * 200, "at most 2000 characters"),
    ],
)
def test_what_is_none_is_refused_in_a_sentence(written: str, why: str) -> None:
    from dashboard.predicate_text import from_text
    from dashboard.predicates import PredicateError

    with pytest.raises(PredicateError, match=r"\.$") as refused:
        from_text(written)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"kind": "count"},
        {"kind": "count", "op": "<", "n": True},
        {"kind": "all", "of": []},
        {"kind": "path_absent", "glob": 7},
        {"kind": "score", "op": "<", "n": float("nan")},
        {"kind": "manual", "x": 1},
    ],
)
def test_stored_nonsense_is_refused(data: object) -> None:
    from dashboard.predicates import PredicateError, parse

    with pytest.raises(PredicateError):
        parse(data)


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        # What goes away
        ("Order module removed", "path_absent(shop/orders.py)"),
        ("`shop/orders.py` deleted", "path_absent(shop/orders.py)"),
        ("orders.py no longer exists", "path_absent(shop/orders.py)"),
        ("tools/old/helper.py removed", "path_absent(tools/old/helper.py)"),
        ("Obsolete wording removed", "manual"),
        # Counts
        ("SSOT violation count reduced", "count(plan) < start"),
        ("Fewer duplicate definitions", "count(rule=duplicate-definition, plan) < start"),
        ("Duplicates down to 3", "count(rule=duplicate-definition, plan) <= 3"),
        ("Fewer than 10 violations", "count(plan) < 10"),
        ("Zero duplicates of Basket", "count(rule=duplicate-definition, symbol=Basket) == 0"),
        ("No new violations", "no_new(plan)"),
        ("No violations anywhere in the repository", "count() == 0"),
        ("Single canonical Basket implementation", "count(rule=duplicate-definition, symbol=Basket) == 0"),
        ("No event loss or duplication", "manual"),
        # Rules
        (
            "All imports use canonical Basket source",
            "all(count(rule=non-canonical-import, symbol=Basket) == 0, "
            "count(rule=unresolvable-import, symbol=Basket) == 0)",
        ),
        (
            "Fewer imports that are not from the canonical Basket",
            "count(rule=non-canonical-import, symbol=Basket) < start",
        ),
        ("No circular dependencies introduced", "no_new(rule=import-cycle)"),
        ("All circular imports resolved", "count(rule=import-cycle) == 0"),
        ("No import errors", "count(rule=unresolvable-import, plan) == 0"),
        ("global-getter findings eliminated", "count(rule=global-getter, plan) == 0"),
        ("No singletons left", "manual"),  # a rule that these rules do not have
        # Score
        ("Compliance score improves", "score > start"),
        ("Score reaches 90%", "score >= 90"),
        ("Compliance does not decrease", "score >= start"),
        ("Chat functionality score ≥80%", "manual"),
        # A person
        ("All tests pass", "manual"),
        ("Tests for removed duplicates pass", "manual"),
        ("Import compliance test passes (5/5)", "manual"),
        ("No performance degradation", "manual"),
        ("", "manual"),
    ],
)
def test_wording_suggests(text: str, suggested: str) -> None:
    from dashboard import predicates
    from dashboard.suggestion import Aim, Names, suggest

    aims = [Aim("shop/cart.py", "Look at the cart"), Aim("shop/orders.py", "Remove the duplicate order module")]
    found = suggest(text, aims=aims, names=Names(("Basket",), ("shop/orders.py",)), rules=RULES)
    assert predicates.text(found.predicate) == suggested
    assert found.reason


# Rules that the design names and later versions bring: words lead to them as soon as they exist.
MORE = [*RULES, "deprecated-import", "duplicate-body", "class-singleton", "class-mutable", "module-instance"]
MORE += ["cross-service-import", "direct-environ", "cached-factory", "legacy-shim", "module-shadowing"]


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("No deprecated imports are left", "count(rule=deprecated-import, plan) == 0"),
        ("Duplicate login logic removed", "count(rule=duplicate-body, plan) == 0"),
        ("Code duplication eliminated", "count(rule=duplicate-body, plan) == 0"),
        ("Fix 11 duplicate type definitions", "count(rule=duplicate-definition, plan) == 0"),
        ("Consolidated duplicate Basket classes", "count(rule=duplicate-definition, symbol=Basket) == 0"),
        ("Exactly 1 Basket implementation", "count(rule=duplicate-definition, symbol=Basket) == 0"),
        ("No singleton Basket pages", "count(rule=class-singleton, plan) == 0"),  # pages, not the Basket
        ("Basket is no singleton", "count(rule=class-singleton, symbol=Basket) == 0"),
        ("No mutable class attributes", "count(rule=class-mutable, plan) == 0"),
        ("No module-level instances", "count(rule=module-instance, plan) == 0"),
        ("No cross-service imports", "count(rule=cross-service-import) == 0"),
        ("Service boundaries respected, no exceptions", "count(rule=cross-service-import) == 0"),
        ("All direct os.environ access replaced by Basket", "count(rule=direct-environ) == 0"),
        ("No circular references", "count(rule=import-cycle) == 0"),
        ("No critical import failures", "count(rule=unresolvable-import, plan) == 0"),
        ("Compatibility shims removed", "count(rule=legacy-shim, plan) == 0"),
        ("All Basket SSOT violations fixed", "count(symbol=Basket) == 0"),
        ("SSOT compliance at 100%", "score >= 100"),
        # What is done about it, or was found out, is no state of the tree.
        ("Plan elimination of duplicate references", "manual"),
        ("Document migration path for each duplicate", "manual"),
        ("2.1: Map all usages of duplicates", "manual"),
        ("Step 0: SSOT audit completed - Top 3 violations identified", "manual"),
        ("All identified SSOT violations resolved", "count(plan) == 0"),
        # Something else is meant.
        ("Memory usage reduced due to eliminated duplicates", "manual"),
        ("No duplicate Docker management scripts", "manual"),
        ("All 49 login violations resolved", "manual"),
        ("No user isolation violations detected", "manual"),
        ("Handbook compliance maintained", "manual"),
        ("Compliance with the handbook maintained", "manual"),
        ("Consolidate folders per service boundaries", "manual"),
        ("Remove duplicate models from shop/orders.py", "count(rule=duplicate-definition, plan) == 0"),
        ("Single Basket class < 1500 lines", "count(rule=duplicate-definition, symbol=Basket) == 0"),
        ("Phase 0: duplicates listed", "manual"),
        ("Terraform configuration without syntax errors", "manual"),
        ("All deprecated modules turned into import redirects", "manual"),
        ("All imports from deprecated modules replaced or gone", "count(rule=deprecated-import, plan) == 0"),
    ],
)
def test_wording_suggests_what_later_rules_find(text: str, suggested: str) -> None:
    from dashboard import predicates
    from dashboard.suggestion import Names, suggest

    found = suggest(text, names=Names(("Basket",), ("shop/orders.py",)), rules=MORE)
    assert predicates.text(found.predicate) == suggested


def test_without_its_rule_the_next_best_is_meant() -> None:
    from dashboard import predicates
    from dashboard.suggestion import suggest

    few = suggest("Code duplication eliminated", rules=RULES)
    assert predicates.text(few.predicate) == "count(rule=duplicate-definition) == 0"
    none = suggest("No cached factories", rules=RULES)
    assert (predicates.text(none.predicate), none.sure) == ("manual", False)
    assert none.reason.endswith("for which there is no rule yet")


def test_every_topic_names_a_rule_of_the_design() -> None:
    """A misspelled name would never be suggested."""
    from dashboard.suggestion_topics import TOPICS

    design = {*MORE, "split-import-source", "dead-import-guard", "test-code-in-production", "unparsable-file"}
    assert {topic.rule for topic in TOPICS} == design


def test_paths_of_a_machine_are_not_of_the_tree() -> None:
    from dashboard import predicates
    from dashboard.suggestion import Aim, suggest

    aims = [Aim("/home/me/shop/orders.py", "Remove the order module"), Aim("../orders.py", "Remove the order module")]
    for text in ("Order module removed", "/home/me/shop/orders.py removed", "../shop/orders.py removed"):
        found = suggest(text, aims=aims, rules=RULES).predicate
        assert predicates.parse(predicates.to_json(found)) == found


def test_tests_wait_for_their_evidence() -> None:
    from dashboard.suggestion import suggest

    assert suggest("All 46+ tests pass", rules=RULES).reason.endswith("needs test evidence, which comes later")


def test_a_plan_that_names_nothing_is_asked_of_the_whole_tree() -> None:
    from dashboard import predicates
    from dashboard.suggestion import suggest

    assert predicates.text(suggest("Violation count reduced", rules=RULES).predicate) == "count() < start"
