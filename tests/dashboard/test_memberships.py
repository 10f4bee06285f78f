"""Who is a member of what, and how it changes: with its audit, and never down to nobody who could let people in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard import memberships
from dashboard.models import AuditEvent, Membership, Role
from scanner.models import Repository
from tests.dashboard import world

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@pytest.fixture
def app(db) -> Repository:
    return world.repository()


@pytest.fixture
def ada(django_user_model: type[User]) -> User:
    return django_user_model.objects.create_user("ada")


@pytest.fixture
def brook(django_user_model: type[User]) -> User:
    return django_user_model.objects.create_user("brook")


@pytest.fixture
def operator(django_user_model: type[User]) -> User:
    return django_user_model.objects.create_superuser("operator")


def said() -> list[str]:
    return [str(event) for event in AuditEvent.objects.order_by("pk")]


def test_added_once_and_raised_never_lowered(app: Repository, ada: User, brook: User) -> None:
    memberships.add(app, ada, Role.ADMIN, by=None)
    memberships.add(app, brook, Role.VIEWER, by=ada)
    memberships.add(app, brook, Role.LEAD, by=ada)
    memberships.add(app, brook, Role.ENGINEER, by=ada)
    member = Membership.objects.get(user=brook)
    assert (member.role, member.by) == (Role.LEAD, ada)
    assert said() == ["Truthline added ada", "ada added brook", "ada changed the role of brook"]
    assert AuditEvent.objects.latest("pk").detail == {"user": brook.pk, "role": "lead", "before": "viewer"}


def test_changed_and_removed(app: Repository, ada: User, brook: User) -> None:
    memberships.add(app, ada, Role.ADMIN, by=None)
    member = memberships.add(app, brook, Role.LEAD, by=ada)
    assert memberships.change(member, Role.VIEWER, by=ada)
    assert not memberships.change(member, Role.VIEWER, by=ada)
    memberships.remove(member, by=ada)
    assert not Membership.objects.filter(user=brook).exists()
    assert said()[2:] == ["ada changed the role of brook", "ada removed brook"]
    with pytest.raises(memberships.Refused, match="brook is no member any more"):
        memberships.remove(member, by=ada)


def test_the_last_admin_stays(app: Repository, ada: User, brook: User) -> None:
    only = memberships.add(app, ada, Role.ADMIN, by=None)
    for act in (lambda: memberships.change(only, Role.LEAD, by=ada), lambda: memberships.remove(only, by=ada)):
        with pytest.raises(memberships.Refused, match="ada is the last admin of app"):
            act()
    assert Membership.objects.get(user=ada).role == Role.ADMIN
    memberships.add(app, brook, Role.ADMIN, by=ada)
    memberships.remove(only, by=ada)


def test_an_admin_who_cannot_sign_in_does_not_count(app: Repository, ada: User, brook: User) -> None:
    only = memberships.add(app, ada, Role.ADMIN, by=None)
    memberships.add(app, brook, Role.ADMIN, by=ada)
    brook.is_active = False
    brook.save()
    with pytest.raises(memberships.Refused, match="last admin"):
        memberships.remove(only, by=ada)


def test_an_admin_elsewhere_does_not_count(app: Repository, ada: User, brook: User) -> None:
    only = memberships.add(app, ada, Role.ADMIN, by=None)
    memberships.add(world.repository(slug="other"), brook, Role.ADMIN, by=None)
    with pytest.raises(memberships.Refused, match="last admin"):
        memberships.change(only, Role.VIEWER, by=ada)


def test_an_operator_may_take_the_last_admin_away(app: Repository, ada: User, operator: User) -> None:
    only = memberships.add(app, ada, Role.ADMIN, by=None)
    memberships.remove(only, by=operator)
    assert not Membership.objects.exists()
    assert said()[-1] == "operator removed ada"
