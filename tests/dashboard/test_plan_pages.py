"""The plan page and the list: the document in its order with what is known of it, and nothing of it run as markup."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dashboard import checklists, evaluation, tasks
from dashboard.models import Criterion, Plan
from dashboard.plan_progress import progress_of
from dashboard.states import of_plan
from dashboard.views import plan as views
from scanner.models import Scan
from tests.dashboard import world

NO_GETTER = {"kind": "count", "rule": "global-getter", "op": "==", "n": 0}
AGREED = "Everybody agrees"
NASTY = "<script>alert('x')</script>\"onmouseover=\"alert(1) safe\u202egnp.exe"


@pytest.fixture
def plan(db) -> Plan:
    """A getter came with commit 2 and is still there."""
    found = world.repository([world.life(2)])
    return world.plan(found, predicates={"No getter is left": NO_GETTER})


def page(client: Client, plan: Plan) -> str:
    return client.get(reverse("plan", args=["app", plan.slug])).text


def test_the_document_in_its_order_with_states(signed_in: Client, plan: Plan) -> None:
    text = page(signed_in, plan)
    places = [
        text.index(words)
        for words in (
            "<small> of 3 hold</small>",
            "One way to get the app",
            "One getter</h2>",
            "Remove the getter</h3>",
            "git rm app/core.py",
            'class="t">No getter is left',
            'class="t">Compliance score improves',
            "The app does not start",
        )
    ]
    assert places == sorted(places)
    assert "1 violation open, asked for exactly 0" in text
    assert "shown and copied, never run here" in text
    assert "Not watched. Silence is not safety." in text


def test_regressed_names_the_commit_that_broke_it(signed_in: Client, plan: Plan) -> None:
    text = page(signed_in, plan)
    assert "Regressed</span>" in text
    assert f'broken by <a class="sha" href="{reverse("commit", args=["app", world.sha(2, "app")])}"' in text


def test_contradictions_come_first(signed_in: Client, plan: Plan) -> None:
    criterion = plan.criteria.get(text="No getter is left")
    assert "What the plan says and the code does not" not in page(signed_in, plan)
    criterion.ticks.create(user_id=signed_in.session["_auth_user_id"], note="all gone", sha=world.sha(9, "app"))
    text = page(signed_in, plan)
    first = text.index("What the plan says and the code does not")
    assert first < text.index("all gone") < text.index("One getter</h2>")
    assert "2 of 3 hold" not in text


def test_nothing_said_while_history_is_read(signed_in: Client, db) -> None:
    plan = world.plan(world.repository(state="preview"))
    assert "the first scan is still reading the history" in page(signed_in, plan)


def test_a_plan_of_another_repository_is_not_found(signed_in: Client, plan: Plan) -> None:
    other = world.repository(slug="other")
    assert signed_in.get(reverse("plan", args=["other", plan.slug])).status_code == 404
    criterion = plan.criteria.earliest("ordinal")
    for name in ("criterion", "criterion-row"):
        assert signed_in.get(reverse(name, args=[other.slug, criterion.pk])).status_code == 404
    for name in ("tick", "undo-tick", "override", "end-override", "bind"):
        assert signed_in.post(reverse(name, args=[other.slug, criterion.pk])).status_code == 404
    assert not criterion.ticks.exists()


def test_export_sets_the_boxes(signed_in: Client, plan: Plan) -> None:
    plan.criteria.get(text=AGREED).ticks.create(user_id=signed_in.session["_auth_user_id"])
    response = signed_in.get(reverse("export-plan", args=["app", plan.slug]))
    assert response["Content-Disposition"] == 'attachment; filename="one-app.md"'
    assert response.text == world.PLAN.replace(f"[ ] {AGREED}", f"[x] {AGREED}")


def test_archived_and_taken_up_again(signed_in: Client, plan: Plan) -> None:
    address = reverse("archive-plan", args=["app", plan.slug])
    signed_in.post(address, {"archived": "yes"})
    plan.refresh_from_db()
    assert plan.archived_at
    assert "data-decide" not in page(signed_in, plan)
    signed_in.post(address, {"archived": "no"})
    plan.refresh_from_db()
    assert plan.archived_at is None


def test_the_list_says_how_far_each_is(signed_in: Client, plan: Plan) -> None:
    plan.criteria.get(text=AGREED).ticks.create(user_id=signed_in.session["_auth_user_id"])
    plan.criteria.get(text="No getter is left").ticks.create(user_id=signed_in.session["_auth_user_id"])
    text = signed_in.get(reverse("plans", args=["app"])).text
    assert "<b>1</b> of 3 hold" in text
    assert "1 contradicted" in text


def test_the_overview_says_so_too(signed_in: Client, plan: Plan) -> None:
    address = reverse("plan", args=["app", plan.slug])
    text = signed_in.get(reverse("overview")).text
    assert f'href="{address}"' in text
    assert "0 of 3 hold" in text
    assert "the code says otherwise" not in " ".join(text.split())
    plan.criteria.get(text="No getter is left").ticks.create(user_id=signed_in.session["_auth_user_id"])
    assert "one criterion is ticked and the code says otherwise" in " ".join(
        signed_in.get(reverse("overview")).text.split()
    )


def test_what_a_plan_names_as_a_filter(signed_in: Client, plan: Plan) -> None:
    elsewhere = world.life(3, path="app/other.py", symbol="get_other", epoch=plan.repository.current_epoch)
    elsewhere.save()
    rows = signed_in.get(reverse("violations", args=["app"]), {"plan": plan.slug})
    assert [row.path for row in rows.context["page"].rows] == ["app/core.py"]
    assert not signed_in.get(reverse("violations", args=["app"]), {"plan": "none"}).context["page"].rows


def test_hostile_text_is_text(signed_in: Client, db) -> None:
    text = world.PLAN
    for words in ("One getter", "Everybody agrees", "One way to get the app", "LOW", "Remove the getter", "One app"):
        text = text.replace(words, f"{words} {NASTY}")
    plan = world.plan(world.repository([world.life(2)]), text)
    criterion = plan.criteria.filter(text__contains="Everybody").get()
    user = signed_in.session["_auth_user_id"]
    criterion.ticks.create(user_id=user, note=NASTY)
    criterion.overrides.create(user_id=user, reason=NASTY, until=timezone.now())
    addresses = [reverse("plan", args=["app", plan.slug]), reverse("criterion", args=["app", criterion.pk])]
    for address in [*addresses, reverse("plans", args=["app"]), reverse("overview")]:
        shown = signed_in.get(address).text
        assert "<script>alert" not in shown, address
        assert '"onmouseover' not in shown, address
        assert "\u202e" not in shown, address
    preview = signed_in.post(reverse("read-plan", args=["app"]), {"text": text}).text
    assert "<script>alert" not in preview
    assert "\u202e" not in preview


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(("name", "most"), [("plan", 11), ("plans", 11), ("overview", 12), ("criterion", 11)])
def test_queries_do_not_grow(signed_in: Client, db, name: str, most: int) -> None:
    few = world.plan(world.repository([world.life(2)]), predicates={"No getter is left": NO_GETTER})
    boxes = "".join(f"- [ ] Number {n} holds\n" for n in range(60))
    many = world.plan(world.repository(slug="big"), world.PLAN + boxes)
    user = signed_in.session["_auth_user_id"]
    for plan in (few, many):
        for one in Criterion.objects.filter(plan=plan).boxes():
            one.ticks.create(user_id=user, sha=world.sha(9, plan.repository.slug))
    counts = []
    for plan in (few, many):
        last = plan.criteria.boxes().latest("ordinal")
        arguments = {"plan": [plan.slug], "criterion": [last.pk]}.get(name, [])
        address = reverse(name, args=[plan.repository.slug, *arguments] if name != "overview" else [])
        counts.append(count(signed_in, address))
    assert counts[1] <= counts[0] <= most


def test_thousands_of_criteria_are_pages(signed_in: Client, db) -> None:
    boxes = "".join(f"- [ ] Number {n} holds\n" for n in range(450))
    plan = world.plan(world.repository([world.life(2)]), f"# Many\n\n## Phase 1: All\n{boxes}")
    text = page(signed_in, plan)
    assert text.count('<li class="crit') == 200
    assert "The first 200 of 450 are shown." in text
    address = reverse("plan-criteria", args=["app", plan.slug])
    assert address in text
    last = signed_in.get(address, {"page": "5", "state": "not evaluated"}).text
    assert last.count('<li class="crit') == 50
    assert "Number 449 holds" in last
    assert "No criterion of this plan is in that state" in signed_in.get(address, {"state": "verified"}).text
    assert signed_in.get(address, {"page": "x", "state": NASTY}).status_code == 200


def test_lists_count_as_the_page_does(signed_in: Client, plan: Plan) -> None:
    user = signed_in.session["_auth_user_id"]
    failing, agreed = plan.criteria.get(text="No getter is left"), plan.criteria.get(text=AGREED)

    def holding() -> tuple[int, int]:
        lists, page = progress_of([plan])[0].progress, of_plan(plan).progress()
        assert (lists.total, lists.verified, lists.attested) == (page.total, page.verified, page.attested)
        assert lists.contradicted == page.contradicted
        return page.holding, page.contradicted

    assert holding() == (0, 0)
    failing.ticks.create(user_id=user)
    assert holding() == (0, 1)
    failing.overrides.create(user_id=user, reason="late", until=timezone.now() + timedelta(days=1))
    assert holding() == (1, 0)
    stale = agreed.ticks.create(user_id=user, sha="f" * 40)
    assert holding() == (1, 0)
    stale.sha = world.sha(9, "app")
    stale.save()
    assert holding() == (2, 0)


def test_a_plan_that_waits_says_so_until_it_is_evaluated(signed_in: Client, plan: Plan) -> None:
    address = reverse("plan", args=["app", plan.slug])
    Plan.objects.update(evaluated_sha="", attempts=0)
    assert "being looked at anew" in page(signed_in, plan)
    asked = signed_in.get(address, {"waits": ""}, headers={"HX-Request": "true"})
    assert (asked.status_code, asked.headers.get("HX-Refresh")) == (204, None)
    evaluation.evaluate(plan)
    assert "being looked at anew" not in page(signed_in, plan)
    asked = signed_in.get(address, {"waits": ""}, headers={"HX-Request": "true"})
    assert asked.headers["HX-Refresh"] == "true"


def test_a_plan_that_is_evaluated_while_its_page_is_made_does_not_wait(
    signed_in: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the page would show the answers and load itself again some seconds later."""
    Plan.objects.update(evaluated_sha="", evaluated_seq=0, attempts=0)
    outline = views.outline

    def late(shown: Plan) -> object:
        if shown.waits:
            evaluation.evaluate(Plan.objects.get(pk=shown.pk))
        return outline(shown)

    monkeypatch.setattr(views, "outline", late)
    text = page(signed_in, plan)
    assert "?waits" not in text
    assert Plan.objects.get().evaluated_sha[:9] in text


def test_a_plan_that_cannot_be_evaluated_is_given_up_and_says_so(
    signed_in: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    Plan.objects.update(evaluated_sha="")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("dashboard.evaluation.settle_start", broken)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                evaluation.evaluate_waiting(plan.repository)
        evaluation.evaluate_waiting(plan.repository)
    assert "broke off 3 times" in page(signed_in, plan)
    tasks.evaluate_after_scan(Scan.objects.filter(repository=plan.repository).first())
    evaluation.evaluate_waiting(plan.repository)
    assert "broke off" not in page(signed_in, plan)


def test_a_stop_is_watched_and_trips(signed_in: Client, plan: Plan) -> None:
    stop = plan.criteria.get(kind="stop")
    assert "none is watched" in page(signed_in, plan)
    user = get_user_model().objects.get()
    checklists.bind(stop, user, {"kind": "count", "rule": "global-getter", "op": "<=", "n": 1})
    assert "1 of 1 watched" in page(signed_in, plan)
    checklists.bind(stop, user, {"kind": "count", "rule": "global-getter", "op": "==", "n": 0})
    shown = page(signed_in, plan)
    assert "1 of 1 tripped" in shown
    assert "Tripped: 1 violation open, asked for exactly 0" in shown
