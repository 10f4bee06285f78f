"""A changed document: what is the same criterion keeps all that is known about it."""

from __future__ import annotations

import pytest

from tests.dashboard.plans.conftest import PLAN

pytestmark = pytest.mark.django_db


def document(text: str):
    from dashboard.plan_markdown import parse

    return parse(text.encode())


def test_ticks_bindings_and_evidence_stay(plan, lead) -> None:
    from dashboard import checklists, plans
    from dashboard.models import AuditEvent, Criterion

    works = plan.criteria.get(text="Shop works")
    tests = plan.criteria.get(text="All tests pass")
    removed = plan.criteria.get(text="Order module removed")
    checklists.tick(works, lead, note="seen")
    evaluation = removed.evaluations.get()
    changed = document(
        PLAN.replace("- [ ] Shop works", "- [ ] New demand\n- [ ] **Shop** works!")
        .replace("Order module removed", "Order modules removed")
        .replace("- [x] All tests pass\n", "")
        .replace("# One basket", "# Only one basket")
    )
    found = plans.diff(plan, changed)
    assert [match.draft.text for match in found.changed] == ["Order modules removed", "Shop works!"]
    assert [draft.text for draft in found.added] == ["New demand"]
    assert found.removed == [tests]
    assert Criterion.objects.current().filter(plan=plan).count() == len(found.kept) + 3  # a look changes nothing

    plans.reimport(plan, changed, user=lead)
    for one in (works, tests, removed):
        one.refresh_from_db()
    assert (works.text, works.ticks.get().note, works.phase) == ("Shop works!", "seen", None)
    assert (removed.text, removed.phase.number) == ("Order modules removed", "1")
    assert removed.evaluations.get() == evaluation
    assert tests.archived_at
    assert plan.criteria.current().get(text="New demand").predicate_reason
    assert plan.title == "Only one basket for the shop"
    event = AuditEvent.objects.get(verb="read the plan in again")
    assert (event.detail["changed"], event.detail["added"], event.detail["removed"]) == (2, 1, 1)


def test_a_rejected_match_is_another_criterion(plan, lead) -> None:
    from dashboard import plans

    old = plan.criteria.get(text="Order module removed")
    changed = document(PLAN.replace("Order module removed", "Order modules removed"))
    plans.reimport(plan, changed, user=lead, rejected=[old.pk])
    old.refresh_from_db()
    assert old.archived_at
    assert plan.criteria.current().get(text="Order modules removed").pk != old.pk


def test_equal_texts_are_told_apart_by_phase_and_count(plan, lead) -> None:
    from dashboard import criteria

    twice = document("# P\n\n## Phase 1: A\n- [ ] Same\n- [ ] Same\n\n## Phase 2: B\n- [ ] same!\n")
    assert len({draft.key for draft in criteria.drafts(twice)}) == 3


def test_texts_may_change_places(plan, lead) -> None:
    """Two criteria whose keys are exchanged do not run into each other."""
    from dashboard import plans

    plans.reimport(plan, document("# P\n\n## Phase 1: A\n- [ ] Same\n- [ ] Same words here\n"), user=lead)
    before = {one.text: one.pk for one in plan.criteria.current()}
    plans.reimport(plan, document("# P\n\n## Phase 1: A\n- [ ] Same words here\n- [ ] Same\n"), user=lead)
    assert {one.text: one.pk for one in plan.criteria.current()} == before


def test_the_file_changes_goes_and_the_plan_stays(plan, origin, shop, scan) -> None:
    origin.commit({"docs/plan.md": PLAN + "\nMore.\n"})
    scan(shop)
    plan.refresh_from_db()
    assert plan.seen_blob
    assert plan.seen_blob != plan.source_blob
    origin.commit({"docs/plan.md": None})
    scan(shop)
    plan.refresh_from_db()
    assert (plan.source_path, plan.seen_blob) == ("docs/plan.md", "")


def test_ten_thousand_boxes(shop, lead) -> None:
    from dashboard import plans

    many = "# Many\n\n## Phase 1: All\n" + "".join(f"- [ ] Thing number {n} is done\n" for n in range(10_000))
    plan = plans.save(shop, document(many), user=lead)
    assert plan.criteria.count() == 10_000
    # All of them other ones: not every text is compared with every other.
    found = plans.reimport(plan, document(many.replace("Thing number", "Other item")), user=lead)
    assert (len(found.added), len(found.removed), plan.criteria.current().count()) == (10_000, 10_000, 10_000)
