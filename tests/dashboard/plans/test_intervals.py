"""Predicates over lifetimes that are written by hand: from which commit to which one they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.engine.config import Canonical, Config

pytestmark = pytest.mark.django_db

HEAD = 10
START = 4


@pytest.fixture
def past():
    """Commits 1–10, the plan's start at 4; the plan names Basket and shop/orders.py."""
    from dashboard.models import Plan
    from dashboard.series import Past
    from tests.dashboard.world import life, repository

    lives = [
        life(1, 6, rule="import-cycle", symbol="shop.a", path="shop/a.py", severity="medium"),
        life(1, rule="import-cycle", symbol="shop.b", path="shop/b.py", severity="medium"),
        life(7, 9, rule="import-cycle", symbol="shop.c", path="shop/c.py", severity="medium"),
        # The same one again after it was fixed: it was there at the start, so it is not new.
        life(8, rule="import-cycle", symbol="shop.a", path="shop/a.py", severity="medium"),
        life(2, 8, rule="duplicate-definition", symbol="Basket", path="shop/orders.py", severity="high"),
        life(5, 6, rule="duplicate-definition", symbol="Basket", path="shop/x.py", scope="tests"),
        life(1, rule="duplicate-definition", symbol="Basket", path="shop/y.py", severity="info"),
        life(3, 9, rule="unresolvable-import", symbol="gone", path="shop/orders.py", severity="critical"),
    ]
    shop = repository(lives, commits=HEAD)
    plan = Plan.objects.create(
        repository=shop, slug="p", title="p", document={}, markdown="", start_seq=START, symbols=["Basket"],
        paths=["shop/orders.py"],
    )  # fmt: skip
    return Past(plan, shop.current_epoch, Config(), HEAD)


def told(text: str, past) -> list[tuple[int, str, float | None]]:
    from dashboard.predicate_text import from_text
    from dashboard.series import points

    return [(point.seq, str(point.outcome), point.value) for point in points(from_text(text), past)]


@pytest.mark.parametrize(
    ("predicate", "intervals"),
    [
        # Absolute ones have a history from the first commit; info is not counted.
        (
            "count(rule=duplicate-definition) == 0",
            [(1, "pass", 0), (2, "fail", 1), (5, "fail", 2), (6, "fail", 1), (8, "pass", 0)],
        ),
        ("count(symbol=Basket, scope=tests) == 0", [(1, "pass", 0), (5, "fail", 1), (6, "pass", 0)]),
        ('count(path="shop/[ab].py") <= 1', [(1, "fail", 2), (6, "pass", 1), (8, "fail", 2)]),
        ("count(path=shop/b.py) > 0", [(1, "pass", 1)]),
        # Relative ones begin at the start: at 4 the plan's names have 2.
        ("count(plan) < start", [(4, "fail", 2), (5, "fail", 3), (6, "fail", 2), (8, "pass", 1), (9, "pass", 0)]),
        ("no_new(import-cycle)", [(4, "pass", 0), (7, "fail", 1), (9, "pass", 0)]),
        ("no_new(rule=import-cycle, path=shop/b.py)", [(4, "pass", 0)]),
        # Plan score: D 20; V 8 + 4 at the start, ¼ of 4 for the test, 8 after 8, 0 after 9.
        (
            "score > start",
            [(4, "fail", 62.5), (5, "fail", 2000 / 33), (6, "fail", 62.5), (8, "pass", 2000 / 28), (9, "pass", 100)],
        ),
        ("score >= 100", [(1, "pass", 100), (2, "fail", 2000 / 24), (3, "fail", 2000 / 32), (5, "fail", 2000 / 33),
                          (6, "fail", 2000 / 32), (8, "fail", 2000 / 28), (9, "pass", 100)]),
        # All: the worst of its parts, from where each of them says something.
        (
            "all(no_new(import-cycle), count(plan) < start)",
            [(4, "fail", 1), (5, "fail", 1), (6, "fail", 1), (7, "fail", 0), (8, "fail", 1), (9, "pass", 2)],
        ),
        ("all(count(path=shop/b.py) > 0, manual)", [(1, "unknown", 1)]),
        ("manual", []),
        # What cannot be measured is not zero.
        ("count(rule=no-such-rule) == 0", [(1, "unknown", None)]),
        ("count(rule=deprecated-import) == 0", [(1, "unknown", None)]),
    ],
)  # fmt: skip
def test_intervals(past, predicate: str, intervals: list[tuple[int, str, float | None]]) -> None:
    assert told(predicate, past) == [
        (seq, outcome, value if value is None else pytest.approx(value)) for seq, outcome, value in intervals
    ]


def test_a_move_is_not_new(past) -> None:
    from scanner.models import Violation
    from tests.dashboard.world import life

    before = past.epoch.violations.get(symbol="shop.b")
    Violation.objects.filter(pk=before.pk).update(fixed=6, moved=True)
    life_after = life(6, rule="import-cycle", symbol="shop.new", path="shop/new.py", severity="medium")
    life_after.epoch, life_after.continues = past.epoch, before
    life_after.save()
    assert told("no_new(rule=import-cycle, symbol=shop.new)", past) == [(4, "pass", 0)]


def test_without_a_start_nothing_is_compared(past) -> None:
    past.plan.start_seq = None
    assert told("count(plan) < start", past) == [(HEAD, "unknown", None)]
    assert told("count(plan) == 0", past)[-1] == (9, "pass", 0)


def test_a_plan_that_names_nothing_is_not_clean(past) -> None:
    past.plan.symbols = past.plan.paths = []
    assert told("count(plan) == 0", past) == [(1, "unknown", None)]
    assert told("score >= 50", past) == [(1, "unknown", None)]


def test_an_import_rule_says_nothing_of_unregistered_symbols(past) -> None:
    assert told("count(rule=non-canonical-import, symbol=Basket) == 0", past) == [(1, "unknown", None)]
    registered = replace(past, config=Config(canonical=(Canonical("Basket", "shop.cart"),)))
    assert told("count(rule=non-canonical-import, symbol=Basket) == 0", registered) == [(1, "pass", 0)]


@pytest.mark.parametrize(
    ("glob", "intervals"),
    [
        ("a.py", [(1, "pass", 0), (2, "fail", 1), (5, "pass", 0), (7, "fail", 1)]),
        ("**/*.md", [(1, "pass", 0), (3, "fail", 1), (6, "pass", 0)]),
        ("*.py", [(1, "pass", 0), (2, "fail", 1), (3, "fail", 2), (5, "fail", 1), (7, "fail", 2)]),
        ("docs/", [(1, "pass", 0), (3, "fail", 1), (6, "pass", 0)]),
        ("never.py", [(1, "pass", 0)]),
    ],
)
def test_paths(past, glob: str, intervals: list[tuple[int, str, float]]) -> None:
    from scanner.engine.path_history import Touch

    touches = [
        Touch("2", "a.py", None, "x"),
        Touch("3", "b.py", None, "x"),
        Touch("3", "docs/plan.md", None, "x"),
        Touch("4", "a.py", "x", "y"),
        Touch("5", "a.py", "y", None),
        Touch("6", "docs/plan.md", "x", None),
        Touch("7", "a.py", None, "z"),
        Touch("forgotten", "a.py", "z", None),  # not in the recorded history
    ]
    seqs = {str(seq): seq for seq in range(1, HEAD + 1)}
    assert told(f"path_absent({glob})", replace(past, touches=touches, seqs=seqs)) == intervals


def test_paths_without_git_are_unknown(past) -> None:
    assert told("path_absent(a.py)", replace(past, problem="The disk is gone.")) == [(HEAD, "unknown", None)]


def test_one_query_for_each_predicate(past, django_assert_num_queries) -> None:
    for text in ("count(plan) < start", "no_new(import-cycle)", "score > start"):
        with django_assert_num_queries(1):
            told(text, past)
