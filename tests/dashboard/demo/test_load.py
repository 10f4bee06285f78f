"""The demo loaded for real: a worker scans it, the plan comes after the numbers, and every state was worked out."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

if TYPE_CHECKING:
    from dashboard.models import Plan

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

IN_TIME = 30.0  # seconds until the first numbers


def loaded() -> Plan:
    """Ask for the demo as `up` does and wait until it is there."""
    from dashboard.models import Plan
    from dashboard.tasks import load_demo
    from tests.scanner.scanning import wait

    load_demo.delay()
    wait(Plan.objects.exists)
    return Plan.objects.get()


def test_every_state_is_on_the_plan_page(live_worker, signed_in) -> None:
    from dashboard import states
    from dashboard.models import Criterion

    began = time.monotonic()
    plan = loaded()
    assert time.monotonic() - began < IN_TIME
    page = signed_in.get(reverse("plan", args=[plan.repository.slug, plan.slug])).content.decode()
    shown = {name.lower() for name in re.findall(r'class="cell st-[^>]*title="([\w ]+): ', page)}
    assert shown == set(states.NAMES)
    assert "1 by override" in page

    found = states.of_plan(plan)
    boxes = {one.text: found.of[one.pk] for one in found.criteria if one.kind == Criterion.Kind.CRITERION}
    of = {state.name: state for state in boxes.values()}
    assert len(boxes) == 17
    broken = of["regressed"].since
    assert (broken.author, broken.subject) == ("Jonas Weber", "Name the thread in every event")
    denied = of["contradicted"]
    assert denied.tick.user.username == "priya@demo"
    assert denied.since.author == "Tomás Ferreira"
    assert denied.since.committed_at > plan.repository.commits.get(sha=denied.tick.sha).committed_at
    assert "days older" in of["stale"].detail
    assert of["failing"].since.seq < plan.start_seq
    assert plan.repository.commits.get(seq=plan.start_seq).subject == "Plan the way back to one notifier"


def test_the_plan_s_own_statements_are_answered(live_worker) -> None:
    plan = loaded()
    answers = {claim.text: (claim.result, claim.detail) for claim in plan.claims.current()}
    result, detail = answers["WebSocketNotifier in agent_websocket_bridge.py is a duplicate"]
    assert (result, detail[:33]) == ("false", "The only definition in the tree, ")
    result, detail = answers["There is a module netra_backend.app.websocket_core.notifier"]
    assert result == "never"
    assert "3 imports named it" in detail
    assert answers["WebSocketNotifier stands at agent_websocket_bridge.py:3209"][0] == "moved"
    assert answers["scripts/websocket_notifier_rollback_utility.py exists"][0] == "gone"


def test_people_of_the_demo_cannot_sign_in(live_worker) -> None:
    from django.contrib.auth.models import User

    plan = loaded()
    people = User.objects.filter(username__endswith="@demo")
    assert people.count() == 4
    roles = plan.repository.memberships.values_list("user__username", "role")
    assert sorted(roles) == [("jonas@demo", 2), ("maya@demo", 3), ("priya@demo", 2), ("tomas@demo", 2)]
    assert not any(one.has_usable_password() or one.is_staff or one.is_superuser for one in people)


def test_loaded_once(live_worker) -> None:
    from dashboard import plans
    from dashboard.models import Plan, Tick
    from dashboard.tasks import load_demo
    from scanner.models import Repository, Scan

    plan = loaded()
    ticks = Tick.objects.count()
    load_demo()
    assert (Repository.objects.count(), Plan.objects.count(), Tick.objects.count()) == (1, 1, ticks)
    plans.archive(plan, None)
    load_demo()
    assert Plan.objects.count() == 1
    Scan.objects.all().delete()
    plan.repository.delete()
    load_demo()
    assert not Repository.objects.exists(), "what somebody deleted is not made again"


def test_it_goes_on_after_a_stop_at_any_step(live_worker) -> None:
    from dashboard.demo import load
    from dashboard.models import AuditEvent, Plan
    from scanner.models import Scan
    from tests.scanner.scanning import wait

    live_worker.kill()
    load.begin()
    load.begin()
    demo = Scan.objects.get().repository
    assert not load.go_on(), "nothing is scanned yet"
    assert load.is_unfinished(demo.pk)
    live_worker.start()
    wait(lambda: not load.is_unfinished(demo.pk))
    assert Plan.objects.get().repository == demo
    assert AuditEvent.objects.filter(verb=load.LOADED).count() == 1


def test_a_demo_beside_repositories_of_one_s_own(connected) -> None:
    from dashboard.tasks import load_demo
    from scanner.models import Repository

    load_demo()
    assert list(Repository.objects.all()) == [connected]


def test_a_failure_is_one_line_of_the_log(db, data_folder, caplog) -> None:
    from dashboard.tasks import load_demo
    from scanner.models import Repository

    data_folder.mkdir()
    (data_folder / "demo").write_text("in the way")
    load_demo()
    assert not Repository.objects.exists()
    [line] = [record.message for record in caplog.records if record.name == "dashboard.tasks"]
    assert line.startswith("The demo could not be loaded: ")
    (data_folder / "demo").unlink()
    load_demo()
    assert Repository.objects.exists()
