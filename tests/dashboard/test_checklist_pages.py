"""Ticking and the rest as a browser does it: by htmx and without, by two at once, and with what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import memberships
from dashboard.models import AuditEvent, Criterion, Override, Plan, Role, Tick
from tests.dashboard import world

HTMX = {"HX-Request": "true"}
NO_GETTER = {"kind": "count", "rule": "global-getter", "op": "==", "n": 0}


@pytest.fixture
def plan(db) -> Plan:
    return world.plan(world.repository([world.life(2)]), predicates={"No getter is left": NO_GETTER})


@pytest.fixture
def agreed(plan: Plan) -> Criterion:
    return plan.criteria.get(text="Everybody agrees")


@pytest.fixture
def failing(plan: Plan) -> Criterion:
    return plan.criteria.get(text="No getter is left")


@pytest.fixture
def other(plan: Plan, django_user_model) -> Client:
    """A team-mate."""
    brook = django_user_model.objects.create_user("brook")
    memberships.add(plan.repository, brook, Role.ENGINEER, by=None)
    client = Client()
    client.force_login(brook)
    return client


def post(client: Client, name: str, criterion: Criterion, data: dict[str, object] | None = None, **headers: str):
    return client.post(reverse(name, args=["app", criterion.pk]), data or {}, headers=headers)


def test_ticked_with_a_note_and_a_commit(signed_in: Client, agreed: Criterion) -> None:
    sha = world.sha(4, "app")
    response = post(signed_in, "tick", agreed, {"note": "asked them all", "sha": sha[:9]})
    tick = Tick.objects.get()
    assert (tick.note, tick.sha, tick.user.get_username()) == ("asked them all", sha, "lead")
    assert response["Location"] == f"{reverse('plan', args=['app', agreed.plan.slug])}#c{agreed.pk}"
    assert AuditEvent.objects.filter(verb="ticked", name="lead").exists()
    text = signed_in.get(response["Location"]).text
    assert "asked them all" in text
    assert "1<small> of 3 hold" in text


def test_htmx_gets_the_row_and_what_moved(signed_in: Client, agreed: Criterion) -> None:
    response = post(signed_in, "tick", agreed, {"note": "asked"}, **HTMX)
    text = response.text
    assert "<html" not in text
    assert text.lstrip().startswith("<li")
    assert f'id="c{agreed.pk}"' in text
    assert "autofocus" in text.partition(">")[0]
    assert 'id="progress-p1" hx-swap-oob="true"' in text
    assert "1 of 2 hold" in text
    assert 'id="reach"' in text
    assert '<div id="announcement" hx-swap-oob="innerHTML">Attested. Ticked.</div>' in text
    assert "HX-Request" in response["Vary"]


def test_a_page_without_the_numbers_gets_the_row_alone(signed_in: Client, agreed: Criterion) -> None:
    here = reverse("plan-criteria", args=["app", agreed.plan.slug])
    text = post(signed_in, "tick", agreed, **HTMX | {"HX-Current-URL": f"http://testserver{here}?page=2"}).text
    assert "Attested. Ticked." in text
    assert 'id="reach"' not in text
    plan = reverse("plan", args=["app", agreed.plan.slug])
    text = post(signed_in, "undo-tick", agreed, **HTMX | {"HX-Current-URL": f"http://testserver{plan}#p1"}).text
    assert 'id="reach"' in text


def test_a_tick_that_the_machine_denies_is_a_contradiction_at_once(signed_in: Client, failing: Criterion) -> None:
    text = post(signed_in, "tick", failing, {"note": "gone"}, **HTMX).text
    assert "What the plan says and the code does not" in text
    assert "Contradicted. Ticked." in text


def test_the_second_of_two_is_told_who_was_first(signed_in: Client, other: Client, agreed: Criterion) -> None:
    post(signed_in, "tick", agreed, {"note": "mine"})
    for headers in ({}, HTMX):
        response = post(other, "tick", agreed, {"note": "no, mine"}, **headers)
        text = response.text if headers else other.get(response["Location"]).text
        assert "lead ticked it first" in text
        assert "mine" in text
        assert "no, mine" not in text
    assert Tick.objects.get().note == "mine"
    assert "You ticked it first" in post(signed_in, "tick", agreed, **HTMX).text


def test_undone_by_another_and_only_once(signed_in: Client, other: Client, agreed: Criterion) -> None:
    post(signed_in, "tick", agreed)
    assert "The tick is taken back." in post(other, "undo-tick", agreed, **HTMX).text
    assert "There was no tick any more." in post(signed_in, "undo-tick", agreed, **HTMX).text
    assert Tick.objects.get().undone_by.get_username() == "brook"
    history = signed_in.get(reverse("criterion", args=["app", agreed.pk])).text
    assert "taken back by brook" in history


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(("sha", "words"), [("zz", "7 to 40 hex digits"), ("abcdef1", "has no commit abcdef1")])
def test_what_is_refused_stays_typed(signed_in: Client, agreed: Criterion, headers, sha: str, words: str) -> None:
    response = post(signed_in, "tick", agreed, {"note": "a long story", "sha": sha}, **headers)
    assert response.status_code == 422
    assert words in response.text
    assert 'value="a long story"' in response.text
    assert ("<html" in response.text) == (not headers)
    assert not Tick.objects.exists()


def test_an_override_counts_as_attested_and_is_marked(signed_in: Client, failing: Criterion) -> None:
    day = (timezone.now() + timedelta(days=5)).date()
    text = post(signed_in, "override", failing, {"reason": "after the freeze", "until": str(day)}, **HTMX).text
    assert "Attested</span>" in text
    assert "after the freeze" in text
    assert "override until" in text
    assert "1 by override" in text
    assert Override.objects.get().until.date() == day
    assert "The override has ended." in post(signed_in, "end-override", failing, **HTMX).text
    assert Override.objects.get().undone_at


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"until": "2999-01-01", "reason": "x"}, "within a year"),
        ({"until": "2020-01-01", "reason": "x"}, "ends in the future"),
        ({"until": "tomorrow", "reason": "x"}, "Give a day"),
        ({"until": "2999-01-01", "reason": " "}, "Give a reason"),
    ],
)
def test_an_override_needs_a_reason_and_an_end(signed_in: Client, failing: Criterion, typed, words: str) -> None:
    response = post(signed_in, "override", failing, typed, **HTMX)
    assert response.status_code == 422
    assert words in response.text
    assert not Override.objects.exists()


def test_a_suggested_predicate_is_confirmed(signed_in: Client, failing: Criterion) -> None:
    Criterion.objects.filter(pk=failing.pk).update(predicate_confirmed_by=None, predicate_confirmed_at=None)
    address = reverse("plan", args=["app", failing.plan.slug])
    assert "suggested, not confirmed" in signed_in.get(address).text
    said = post(signed_in, "bind", failing, {"predicate": "count(rule=global-getter) == 0"}, **HTMX).text
    assert "The predicate is confirmed." in said
    failing.refresh_from_db()
    assert failing.predicate_confirmed_by.get_username() == "lead"
    assert "suggested, not confirmed" not in signed_in.get(address).text


def test_another_predicate_is_bound_and_evaluated_at_once(signed_in: Client, failing: Criterion) -> None:
    text = post(signed_in, "bind", failing, {"predicate": "count(rule=global-getter) <= 1"}, **HTMX).text
    assert "Verified</span>" in text
    text = post(signed_in, "bind", failing, {"predicate": "manual"}, **HTMX).text
    assert "A person decides from now on." in text
    assert "Not evaluated</span>" in text


@pytest.mark.parametrize(
    ("typed", "words"), [("count(rule=nonsense) == 0", "There is no rule"), ("count(", "Expected"), ("x" * 30, "xxx")]
)
def test_no_predicate_is_told_what_is_wrong(signed_in: Client, failing: Criterion, typed: str, words: str) -> None:
    response = post(signed_in, "bind", failing, {"predicate": typed}, **HTMX)
    assert response.status_code == 422
    assert words in response.text
    assert f'value="{typed}"' in response.text
    failing.refresh_from_db()
    assert failing.predicate == NO_GETTER


def test_the_forms_open_in_place_and_close(signed_in: Client, agreed: Criterion) -> None:
    opened = signed_in.get(reverse("criterion", args=["app", agreed.pk]), headers=HTMX).text
    assert opened.lstrip().startswith("<li")
    assert 'name="note"' in opened
    closed = signed_in.get(reverse("criterion-row", args=["app", agreed.pk]), headers=HTMX).text
    assert 'name="note"' not in closed
    assert f'id="c{agreed.pk}"' in closed


def test_an_archived_plan_is_not_ticked(signed_in: Client, agreed: Criterion) -> None:
    Plan.objects.update(archived_at=timezone.now())
    response = post(signed_in, "tick", agreed, {"note": "late"})
    assert response.status_code == 422
    assert "The plan is archived." in response.text
    assert not Tick.objects.exists()
