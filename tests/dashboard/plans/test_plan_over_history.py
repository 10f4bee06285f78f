"""A plan over real commits: what holds, since which commit, and what happens as the history goes on."""

from __future__ import annotations

import pytest

from tests.dashboard.plans.conftest import PLAN, state_of
from tests.scanner.origin import SMALL

pytestmark = pytest.mark.django_db

REMOVED = "Order module removed"
REDUCED = "Violation count reduced"
CYCLES = "No circular dependencies introduced"
SCORE = "Compliance score improves"


def state(plan, text: str):
    plan.refresh_from_db()
    return state_of(plan.criteria.current().get(text=text))


def name(plan, text: str) -> str:
    return state(plan, text).name


def test_the_start_is_the_commit_that_brought_the_plan(plan, origin) -> None:
    assert (plan.source_path, plan.start_seq) == ("docs/plan.md", 2)
    assert plan.start_sha == origin.git("rev-parse", "main")
    assert plan.symbols == ["Basket", "shop.gone"]
    assert plan.paths == ["shop/orders.py"]
    assert (plan.start["plan_open"], plan.start["by_rule"]["import-cycle"]) == (2, 2)
    # An unresolvable import (critical 8) and a duplicate (medium 2) over the least D.
    assert plan.start["plan_score"] == pytest.approx(100 * 20 / 30)
    assert plan.evaluated_sha == plan.start_sha
    assert plan.seen_blob == plan.source_blob


def test_fixed_then_broken_again(plan, origin, shop, scan) -> None:
    assert [name(plan, text) for text in (REMOVED, REDUCED, CYCLES, SCORE)] == [
        "failing", "failing", "verified", "failing",
    ]  # fmt: skip
    fix = origin.commit({"shop/orders.py": None})
    scan(shop)
    assert [name(plan, text) for text in (REMOVED, REDUCED, CYCLES, SCORE)] == ["verified"] * 4
    assert (state(plan, REMOVED).since.sha, state(plan, SCORE).since.sha) == (fix, fix)
    assert state(plan, SCORE).evaluation.value == 100

    broken = origin.commit({"shop/orders.py": SMALL["shop/orders.py"]})
    origin.commit({"shop/late.py": "from shop import later\n", "shop/later.py": "from shop import late\n"})
    scan(shop)
    for text in (REMOVED, REDUCED, SCORE):
        assert (state(plan, text).name, state(plan, text).since.sha) == ("regressed", broken)
    assert state(plan, CYCLES).name == "regressed"
    assert state(plan, CYCLES).since.seq == 5
    assert state(plan, CYCLES).since.author == "Linus"


def test_rows_stay_when_nothing_changed(plan, origin, shop, scan) -> None:
    from dashboard.models import Evaluation

    before = set(Evaluation.objects.values_list("pk", flat=True))
    origin.commit({"README.md": "# Shop again\n"})
    scan(shop)
    plan.refresh_from_db()
    assert plan.evaluated_seq == 3
    assert set(Evaluation.objects.values_list("pk", flat=True)) == before


def test_a_rewritten_branch_takes_its_evidence_away(plan, origin, shop, scan) -> None:
    origin.commit({"shop/orders.py": None})
    scan(shop)
    assert name(plan, REMOVED) == "verified"
    start = plan.start_sha
    origin.commit_all([{"README.md": "# Other\n"}], base=start)  # as long as before
    scan(shop)
    assert (name(plan, REMOVED), name(plan, REDUCED)) == ("failing", "failing")
    assert plan.claims.current().get(kind="exists", path="shop/orders.py").result == "holds"
    # The start itself is rewritten: nothing to compare with.
    origin.commit_all([{"README.md": "# Quite other\n"}], base=origin.git("rev-parse", f"{start}~1"))
    scan(shop)
    plan.refresh_from_db()
    assert (plan.start_seq, plan.start) == (None, None)
    assert (name(plan, REMOVED), name(plan, REDUCED)) == ("failing", "not evaluated")
    assert "no start" in state(plan, REDUCED).detail


def test_a_new_epoch_is_evaluated_anew(plan, origin, shop, scan) -> None:
    from dashboard.models import Evaluation

    shop.config_toml = shop.config_toml.replace("archive = [", 'archive = ["shop/orders.py", ')
    shop.save()
    scan(shop)
    plan.refresh_from_db()
    assert plan.evaluated_epoch == shop.current_epoch
    assert set(Evaluation.objects.values_list("epoch", flat=True)) == {shop.current_epoch_id}
    # An archived file is counted and shown, never scored.
    assert plan.start["plan_score"] == 100


def test_the_preview_of_a_first_scan_says_nothing(plan, shop) -> None:
    from dashboard.evaluation import evaluate
    from dashboard.models import Evaluation, Plan
    from scanner.models import Epoch

    Evaluation.objects.all().delete()
    Epoch.objects.update(state=Epoch.State.PREVIEW)
    evaluate(Plan.objects.get())
    assert not Evaluation.objects.exists()


def test_a_repository_that_cannot_be_read_leaves_the_rest_alone(plan, origin, shop) -> None:
    from dashboard.evaluation import evaluate

    origin.path.rename(origin.path.with_name("elsewhere"))
    evaluate(plan)
    assert "cannot be read" in plan.problem
    assert (name(plan, REMOVED), name(plan, REDUCED)) == ("not evaluated", "failing")


def test_saving_tells_who_and_what(plan, lead) -> None:
    from dashboard.models import AuditEvent

    event = AuditEvent.objects.get(verb="imported the plan")
    assert (event.actor, event.name, event.subject) == (lead, "lead", "One basket for the shop")


def test_confirmed_predicates_replace_the_suggested_ones(shop, lead) -> None:
    from dashboard import criteria, plans
    from dashboard.plan_markdown import parse
    from dashboard.predicates import PredicateError

    document = parse(PLAN.encode())
    keys = {draft.text: draft.key for draft in criteria.drafts(document)}
    chosen = {keys[REMOVED]: {"kind": "path_absent", "glob": "docs/**"}, keys[SCORE]: None}
    made = plans.save(shop, document, user=lead, predicates=chosen)
    by_text = {one.text: one for one in made.criteria.all()}
    assert by_text[REMOVED].predicate == {"kind": "path_absent", "glob": "docs/**"}
    assert by_text[REMOVED].predicate_confirmed_by == lead
    assert by_text[SCORE].predicate is None
    assert made.slug == "one-basket-for-the-shop"
    with pytest.raises(PredicateError):
        plans.save(shop, document, user=lead, predicates={keys[REMOVED]: {"kind": "path_absent", "glob": ""}})
    assert plans.save(shop, document, user=lead).slug == "one-basket-for-the-shop-2"


def test_the_export_ticks_what_holds(plan, origin, shop, scan, lead) -> None:
    from dashboard import checklists, plans
    from dashboard.plan_markdown import parse

    origin.commit({"shop/orders.py": None})
    scan(shop)
    checklists.tick(plan.criteria.get(text="Shop works"), lead)
    boxes = {box.text: box.checked for box in parse(plans.export(plan).encode()).all_criteria()}
    assert {text for text, checked in boxes.items() if checked} == {REMOVED, REDUCED, CYCLES, SCORE, "Shop works"}
    # Somebody had ticked it in the file, and nothing proves it.
    assert boxes["All tests pass"] is False
