"""A link lets one person in, once, while it lasts and while its sender may invite."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from dashboard import invitations, memberships
from dashboard.models import AuditEvent, Invitation, Membership, Role
from scanner.models import Repository
from tests.dashboard import world

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAIL = "brook@example.org"


@pytest.fixture
def app(db) -> Repository:
    return world.repository()


@pytest.fixture
def ada(app: Repository, django_user_model: type[User]) -> User:
    """Admin of the repository."""
    ada = django_user_model.objects.create_user("ada")
    memberships.add(app, ada, Role.ADMIN, by=None)
    return ada


@pytest.fixture
def brook(django_user_model: type[User]) -> User:
    return django_user_model.objects.create_user("brook")


def test_accepted_once(app: Repository, ada: User, brook: User, django_user_model) -> None:
    made = invitations.invite(app, MAIL, Role.LEAD, by=ada)
    found = invitations.by_token(made.token)
    member = invitations.accept(found, brook)
    assert (member.user, member.role, member.by) == (brook, Role.LEAD, ada)
    found.refresh_from_db()
    assert found.accepted_by == brook
    with pytest.raises(invitations.Refused, match="works once"):
        invitations.accept(invitations.by_token(made.token), django_user_model.objects.create_user("cleo"))
    assert Membership.objects.count() == 2
    assert [str(event) for event in AuditEvent.objects.order_by("pk")][1:] == [
        f"ada invited {MAIL}", "ada added brook", f"brook accepted the invitation of {MAIL}",
    ]  # fmt: skip


def test_of_two_at_once_one_gets_in(app: Repository, ada: User, brook: User, django_user_model) -> None:
    made = invitations.invite(app, MAIL, Role.LEAD, by=ada)
    first, second = invitations.by_token(made.token), invitations.by_token(made.token)
    invitations.accept(first, brook)
    with pytest.raises(invitations.Refused, match="works once"):
        invitations.accept(second, django_user_model.objects.create_user("cleo"))


def test_the_token_is_nowhere_in_the_database(app: Repository, ada: User) -> None:
    made = invitations.invite(app, MAIL, Role.LEAD, by=ada)
    assert len(made.token) >= 43
    rows = [*Invitation.objects.values_list(), *AuditEvent.objects.values_list()]
    assert made.token not in repr(rows)
    assert invitations.by_token(made.invitation.token_hash) is None
    assert invitations.by_token(made.token[:-1]) is None
    assert invitations.by_token("\ud800\0") is None


def expire(invitation: Invitation, ada: User) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def revoke(invitation: Invitation, ada: User) -> None:
    assert invitations.revoke(invitation, by=ada)
    assert not invitations.revoke(invitation, by=ada)


def replace(invitation: Invitation, ada: User) -> None:
    invitations.invite(invitation.repository, MAIL.upper(), Role.VIEWER, by=ada)


def demote(invitation: Invitation, ada: User) -> None:
    Membership.objects.filter(user=ada).update(role=Role.LEAD)


def close(invitation: Invitation, ada: User) -> None:
    ada.is_active = False
    ada.save()


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (expire, "expired"),
        (revoke, "revoked"),
        (replace, "replaced by a newer one"),
        (demote, "ada, who sent this invitation, may not invite people any more"),
        (close, "ada, who sent this invitation, may not invite people any more"),
    ],
)
def test_what_makes_a_link_worthless(app: Repository, ada: User, brook: User, happened, words: str) -> None:
    made = invitations.invite(app, MAIL, Role.LEAD, by=ada)
    happened(made.invitation, ada)
    found = invitations.by_token(made.token)
    assert words in invitations.problem(found)
    with pytest.raises(invitations.Refused, match=words):
        invitations.accept(found, brook)
    assert not Membership.objects.filter(user=brook).exists()


def test_an_operator_invites_without_being_a_member(app: Repository, brook: User, django_user_model) -> None:
    operator = django_user_model.objects.create_superuser("operator")
    made = invitations.invite(app, MAIL, Role.VIEWER, by=operator)
    assert invitations.accept(invitations.by_token(made.token), brook).role == Role.VIEWER


def test_a_role_is_raised_by_a_link_and_never_lowered(app: Repository, ada: User, brook: User) -> None:
    memberships.add(app, brook, Role.ENGINEER, by=ada)
    lower = invitations.invite(app, MAIL, Role.VIEWER, by=ada)
    with pytest.raises(invitations.Refused, match="You are engineer of app already"):
        invitations.accept(lower.invitation, brook)
    assert invitations.problem(invitations.by_token(lower.token)) == ""
    higher = invitations.invite(app, MAIL, Role.LEAD, by=ada)
    assert invitations.accept(higher.invitation, brook).role == Role.LEAD
