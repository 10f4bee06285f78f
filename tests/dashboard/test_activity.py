"""The activity page: who did what, newest first, told to those who may know it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard import audit, checklists, invitations, memberships
from dashboard.models import Role
from scanner.models import Repository
from tests.dashboard import world

NASTY = "<script>alert(1)</script>\u202e"


@pytest.fixture
def app(db) -> Repository:
    return world.repository([world.life(2)])


def shown(client: Client, **query: str) -> str:
    response = client.get(reverse("activity", args=["app"]), query)
    assert response.status_code == 200
    return response.text


def test_nothing_yet_names_the_next_step(signed_in: Client, app: Repository) -> None:
    assert "Nobody has decided anything here yet" in shown(signed_in)


def test_a_tick_is_told_with_its_commit_and_note(signed_in: Client, app: Repository) -> None:
    plan = world.plan(app)
    criterion = plan.criteria.boxes().first()
    checklists.tick(criterion, User.objects.get(username="lead"), sha=world.sha(3, "app"), note=f"seen {NASTY}")
    text = shown(signed_in)
    assert criterion.text in text
    assert reverse("criterion", args=["app", criterion.pk]) in text
    assert world.sha(3, "app")[:9] in text
    assert "seen &lt;script&gt;" in text
    assert "\u202e" not in text
    assert "<script>alert" not in text


def test_one_person(signed_in: Client, app: Repository) -> None:
    audit.record(None, "did", "a thing", app)
    audit.record(User.objects.get(username="lead"), "did", "another", app)
    assert "a thing" in shown(signed_in)
    assert "a thing" not in shown(signed_in, who="LEAD")
    assert "another" in shown(signed_in, who="LEAD")
    assert "Nothing by" in shown(signed_in, who=NASTY)


def test_addresses_of_invited_people_are_for_admins(client: Client, app: Repository) -> None:
    people = {role: User.objects.create_user(role.label) for role in (Role.ADMIN, Role.LEAD)}
    for role, person in people.items():
        memberships.add(app, person, role, by=None)
    invitations.invite(app, "new@example.org", Role.VIEWER, by=people[Role.ADMIN])
    for role, told in ((Role.ADMIN, True), (Role.LEAD, False)):
        client.force_login(people[role])
        assert ("new@example.org" in shown(client)) is told


def test_page_after_page(signed_in: Client, app: Repository) -> None:
    for n in range(60):
        audit.record(None, "did", f"thing {n:02}", app)
    first = signed_in.get(reverse("activity", args=["app"]))
    assert "thing 59" in first.text
    assert "thing 09" not in first.text
    rest = signed_in.get(reverse("activity", args=["app"]) + first.context["next"], headers={"HX-Request": "true"})
    assert "thing 09" in rest.text
    assert "<h1>" not in rest.text
