"""What a plan states about the code, answered with the nearest truth as the history goes on."""

from __future__ import annotations

import pytest

from tests.dashboard.plans.conftest import PLAN, imported
from tests.scanner.origin import CLASS

pytestmark = pytest.mark.django_db


def answers(plan) -> dict[tuple[str, str], tuple[str, str]]:
    return {(row.kind, row.symbol or row.path): (row.result, row.detail) for row in plan.claims.current()}


def test_at_the_start(plan) -> None:
    assert answers(plan) == {
        ("exists", "shop/orders.py"): ("holds", "shop/orders.py is in the tree."),
        ("line", "Basket"): ("holds", "Basket is at line 4."),
        ("defined", "Basket"): ("holds", "Basket is defined at line 4."),
        ("duplicate", "Basket"): ("holds", "Basket is also defined in shop/cart.py:4."),
        ("exists", "shop/never.py"): ("never", "This history never had shop/never.py."),
        ("module", "shop.gone"): (
            "never",
            "This history never had a module shop.gone. 1 import names it, and cannot work.",
        ),
        ("module", "shop.gone.thing"): (
            "never",
            "This history never had a module shop.gone.thing.",
        ),
    }
    assert {row.step.ident for row in plan.claims.current() if row.path} == {"1A", "1B"}


def test_the_only_definition_is_no_duplicate(plan, origin, shop, scan) -> None:
    origin.commit(
        {
            "shop/cart.py": "from shop.orders import Basket\n",
            "shop/prices.py": "from .orders import Basket\n",
            "tests/test_basket.py": CLASS.format(name="Basket", value=3),  # a fake counts for nothing
        }
    )
    scan(shop)
    result, detail = answers(plan)["duplicate", "Basket"]
    assert (result, detail) == (
        "false",
        "The only definition in the tree, imported from there in 2 files and from elsewhere in 1 file.",
    )


def test_moved_down_moved_away_and_gone(plan, origin, shop, scan) -> None:
    body = "from shop.gone import thing\n\n\n\n\n" + CLASS.format(name="Basket", value=2)
    origin.commit({"shop/orders.py": body})
    scan(shop)
    assert answers(plan)["line", "Basket"] == (
        "moved",
        "Basket is now at line 6. At the plan's start it was at line 4.",
    )
    assert plan.claims.current().get(kind="line").link_line == 6

    moved = origin.commit({"shop/orders.py": None, "shop/sales/orders.py": body, "shop/gone.py": "thing = 1\n"})
    scan(shop)
    told = answers(plan)
    where = f"Moved to shop/sales/orders.py in {moved[:9]} by "
    assert told["exists", "shop/orders.py"][0] == "moved"
    assert told["exists", "shop/orders.py"][1].startswith(where)
    assert told["defined", "Basket"][0] == "moved"
    assert "shop/sales/orders.py:6" in told["defined", "Basket"][1]
    assert told["duplicate", "Basket"][1] == "At the plan's start: Basket is also defined in shop/cart.py:4."
    assert told["module", "shop.gone"] == ("holds", "shop/gone.py is in the tree.")
    assert told["module", "shop.gone.thing"] == ("holds", "thing is a name of shop/gone.py.")

    gone = origin.commit({"shop/gone.py": None})
    scan(shop)
    assert answers(plan)["module", "shop.gone"][1].startswith(f"Gone since {gone[:9]} by ")


def test_only_what_changed_is_written(plan, origin, shop, scan) -> None:
    before = {row.pk for row in plan.claims.current()}
    origin.commit({"shop/orders.py": "\n\n" + CLASS.format(name="Basket", value=2)})
    scan(shop)
    ended = plan.claims.exclude(until_seq=None)
    assert {row.kind for row in ended} == {"line", "defined", "duplicate", "module"}
    assert {(row.from_seq, row.until_seq) for row in ended} == {(2, 3)}
    assert before - {row.pk for row in ended} < {row.pk for row in plan.claims.current()}


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("**Target**: All files importing it", []),
        ("**Target**: `shop/*.py`", []),
        ("**Target**: `orders.py`", [("exists", "shop/orders.py")]),  # the one path that ends so
        ("See `numpy.linalg.norm` and README.md and example.com", []),  # not of this tree
        ("Use `shop.cart.Basket`", [("module", "")]),
    ],
)
def test_what_is_a_claim(shop, lead, text: str, claims: list[tuple[str, str]]) -> None:
    source = f"# P\n\n## Phase 1: A\n\n### Step 1A: B\n{text}\n\n- [ ] Done\n"
    plan = imported(shop, source, user=lead)
    assert [(row.kind, row.path) for row in plan.claims.current()] == claims


def test_a_dotted_name_may_end_in_a_name_of_a_module(shop, lead) -> None:
    words = "Use `shop.state.get_basket` and `shop.cart.price`, not `shop.state.lost`."
    source = f"# P\n\n## Phase 1: A\n\n{words}\n\n- [ ] Done\n"
    plan = imported(shop, source, user=lead)
    assert {row.symbol: row.detail for row in plan.claims.current()} == {
        "shop.state.get_basket": "get_basket is a name of shop/state.py.",
        "shop.cart.price": "price is a name of shop/cart.py.",
        "shop.state.lost": "This history never had a module shop.state.lost.",
    }


def test_the_command_saves(shop, tmp_path, capsys) -> None:
    from django.core.management import CommandError, call_command

    from dashboard.models import Plan

    file = tmp_path / "plan.md"
    file.write_text(PLAN)
    call_command("import_plan", str(file), repository="shop")
    plan = Plan.objects.get()
    assert (
        f"Saved as shop/{plan.slug} with 7 criteria. It counts from commit {plan.start_sha[:9]}."
        in capsys.readouterr().out
    )
    for slug, why in (("", "--repository"), ("sop", "There are shop.")):
        with pytest.raises(CommandError, match=why):
            call_command("import_plan", str(file), repository=slug)
    assert Plan.objects.count() == 1


@pytest.mark.parametrize("text", ["Ab" * 200_000, "`class " * 50_000, "A" * 200_000 + " class"])
def test_a_long_word_is_read_in_no_time(text: str) -> None:
    from time import process_time

    from dashboard.claims import _classes

    before = process_time()
    assert _classes(f"{text} and the Basket, class Cart, BigCart implementation") == ["Cart", "BigCart"]
    assert process_time() - before < 2
