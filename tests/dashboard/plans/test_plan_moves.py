"""A plan goes where its file goes, and says so."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.dashboard.plans.conftest import PLAN

pytestmark = pytest.mark.django_db


def moves(plan) -> list[dict[str, object]]:
    from dashboard.models import AuditEvent

    plan.refresh_from_db()
    events = AuditEvent.objects.filter(verb="followed the plan's file").order_by("pk")
    assert {event.actor_id for event in events} <= {None}
    return [{key: event.detail[key] for key in ("old", "new", "commit")} for event in events]


def test_a_renamed_file_takes_the_plan_with_it(plan, origin, shop, scan, lead, client) -> None:
    moved = origin.commit({"docs/plan.md": None, "docs/done/[a] plan.md": PLAN})
    scan(shop)
    assert moves(plan) == [{"old": "docs/plan.md", "new": "docs/done/[a] plan.md", "commit": moved}]
    assert (plan.source_path, plan.seen_blob) == ("docs/done/[a] plan.md", plan.source_blob)

    client.force_login(lead)
    page = client.get(reverse("plan", args=[shop.slug, plan.slug])).content.decode()
    assert "followed its file from" in page
    assert moved[:9] in page
    assert "gone from the tree" not in page
    assert "has changed since" not in page

    # At its new place it is followed as before, and evaluating again says nothing twice.
    origin.commit({"docs/done/[a] plan.md": PLAN + "\nMore.\n"})
    scan(shop)
    assert len(moves(plan)) == 1
    assert plan.seen_blob != plan.source_blob
    page = client.get(reverse("plan", args=[shop.slug, plan.slug])).content.decode()
    assert "has changed since the import" in page


def test_moved_changed_and_moved_again_between_two_scans(plan, origin, shop, scan) -> None:
    origin.commit({"docs/plan.md": None, "b.md": PLAN + "\nMore.\n"})
    last = origin.commit({"b.md": None, "c.txt": PLAN + "\nMore.\n"})
    scan(shop)
    assert moves(plan) == [{"old": "docs/plan.md", "new": "c.txt", "commit": last}]
    assert plan.seen_blob
    assert plan.seen_blob != plan.source_blob


def test_deleted_after_the_move(plan, origin, shop, scan, lead, client) -> None:
    origin.commit({"docs/plan.md": None, "b.md": PLAN})
    origin.commit({"b.md": None})
    scan(shop)
    scan(shop)
    assert [move["new"] for move in moves(plan)] == ["b.md"]
    assert plan.seen_blob == ""
    client.force_login(lead)
    page = client.get(reverse("plan", args=[shop.slug, plan.slug])).content.decode()
    assert "gone from the tree" in page


def test_a_history_rewritten_without_the_move(plan, origin, shop, scan) -> None:
    before = origin.git("rev-parse", "main")
    origin.commit({"docs/plan.md": None, "b.md": PLAN})
    scan(shop)
    origin.commit_all([{"other.txt": "x\n"}], base=before)
    scan(shop)
    assert [(move["old"], move["new"]) for move in moves(plan)] == [("docs/plan.md", "b.md"), ("b.md", "docs/plan.md")]
    assert (plan.source_path, plan.seen_blob, plan.moved_from, plan.moved_sha) == (
        "docs/plan.md",
        plan.source_blob,
        "",
        "",
    )
