"""Ticking, undoing, overriding and binding: one of two wins, and all of it is in the audit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests.dashboard.plans.conftest import state_of


@pytest.fixture
def criterion(lead):
    from dashboard.models import Criterion, Plan
    from tests.dashboard.world import repository, sha

    shop = repository(commits=5)
    plan = Plan.objects.create(
        repository=shop, slug="p", title="p", document={}, markdown="", start_seq=1, start_sha=sha(1, "app")
    )
    return Criterion.objects.create(plan=plan, kind="criterion", key="k", text="It works", ordinal=0, line=1)


def verbs() -> list[str]:
    from dashboard.models import AuditEvent

    return [event.verb for event in AuditEvent.objects.order_by("pk")]


@pytest.mark.django_db
def test_a_tick_names_the_commit(criterion, lead, engineer) -> None:
    from dashboard import checklists
    from tests.dashboard.world import sha

    ticked = checklists.tick(criterion, engineer, sha=sha(3, "app")[:9].upper(), note=" seen\0 ")
    assert (ticked.made, ticked.tick.sha, ticked.tick.note) == (True, sha(3, "app"), "seen")
    again = checklists.tick(criterion, lead)
    assert (again.made, again.tick, again.tick.user) == (False, ticked.tick, engineer)
    assert checklists.undo(ticked.tick, lead)
    assert not checklists.undo(ticked.tick, engineer)
    ticked.tick.refresh_from_db()
    assert ticked.tick.undone_by == lead
    assert checklists.tick(criterion, lead).tick.sha == sha(5, "app")
    assert verbs() == ["ticked", "took back the tick of", "ticked"]


@pytest.mark.django_db
@pytest.mark.parametrize("sha", ["12345", "not a commit", "0" * 41, "0123456", "--help; x"])
def test_a_tick_refuses_commits_that_are_none(criterion, lead, sha: str) -> None:
    from dashboard import checklists

    with pytest.raises(checklists.Refused, match=r"\.$"):
        checklists.tick(criterion, lead, sha=sha)
    assert verbs() == []


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_make_one_tick(criterion, lead, engineer) -> None:
    from dashboard import checklists
    from dashboard.models import Criterion, Tick

    both = Barrier(2)

    def click(user) -> tuple[bool, str]:
        mine = Criterion.objects.select_related("plan__repository").get(pk=criterion.pk)
        both.wait()
        try:
            ticked = checklists.tick(mine, user)
            return ticked.made, ticked.tick.user.username
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as people:
        told = list(people.map(click, [lead, engineer]))
    tick = Tick.objects.get()
    assert sorted(made for made, _ in told) == [False, True]
    assert {who for _, who in told} == {tick.user.username}  # both are told whose tick it is
    assert verbs() == ["ticked"]


@pytest.mark.django_db
def test_an_override_needs_a_reason_and_an_end(criterion, lead) -> None:
    from dashboard import checklists

    later = timezone.now() + timedelta(days=3)
    for reason, until in ((" ", later), ("Because", timezone.now()), ("x" * 2001, later)):
        with pytest.raises(checklists.Refused):
            checklists.override(criterion, lead, reason=reason, until=until)
    first = checklists.override(criterion, lead, reason="The fix comes on Monday", until=later)
    second = checklists.override(criterion, lead, reason="On Tuesday", until=later)
    first.refresh_from_db()
    assert first.undone_at
    assert criterion.overrides.filter(undone_at=None).get() == second
    assert verbs() == ["overrode", "overrode"]


@pytest.mark.django_db
def test_binding_evaluates_at_once(plan, lead) -> None:
    from dashboard import checklists

    criterion = plan.criteria.get(text="Shop works")
    checklists.bind(criterion, lead, {"kind": "path_absent", "glob": "shop/lost.py"})
    assert state_of(criterion).name == "verified"
    checklists.bind(criterion, lead, {"kind": "path_absent", "glob": "shop/*.py"})
    assert state_of(criterion).name == "failing"
    checklists.bind(criterion, lead, None)
    assert state_of(criterion).name == "not evaluated"
    with pytest.raises(checklists.Refused, match="no rule 'no-such-rule'"):
        checklists.bind(criterion, lead, {"kind": "no_new", "rule": "no-such-rule"})


@pytest.mark.django_db
def test_a_suggestion_is_confirmed_once(plan, lead, engineer) -> None:
    from dashboard import checklists

    criterion = plan.criteria.get(text="Order module removed")
    assert checklists.confirm(criterion, lead)
    assert not checklists.confirm(criterion, engineer)
    criterion.refresh_from_db()
    assert criterion.predicate_confirmed_by == lead


@pytest.mark.django_db
def test_a_tick_on_what_fails_is_contradicted(plan, engineer) -> None:
    from dashboard import checklists

    criterion = plan.criteria.get(text="Order module removed")
    checklists.tick(criterion, engineer)
    assert state_of(criterion).name == "contradicted"


@pytest.mark.django_db
def test_what_is_archived_takes_no_ticks(plan, lead) -> None:
    from dashboard import checklists, plans
    from dashboard.models import Criterion

    criterion = plan.criteria.get(text="Shop works")
    assert plans.archive(plan, lead)
    assert not plans.archive(plan, lead)
    with pytest.raises(checklists.Refused, match="archived"):
        checklists.tick(Criterion.objects.get(pk=criterion.pk), lead)
    assert plans.restore(plan, lead)
    assert checklists.tick(Criterion.objects.get(pk=criterion.pk), lead).made


@pytest.mark.django_db
def test_the_audit_cannot_be_rewritten(criterion, lead) -> None:
    from dashboard import audit
    from dashboard.models import AuditEvent

    event = audit.record(lead, "looked at", "the audit")
    for change in (lambda: AuditEvent.objects.update(verb="did nothing to"), event.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert AuditEvent.objects.get(pk=event.pk).verb == "looked at"
