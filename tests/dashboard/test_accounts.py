"""One's own account, a forgotten password, how often one may try, and what operators decide about accounts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import memberships, throttle
from dashboard.models import Attempt, AuditEvent, Role
from tests.dashboard import world
from tests.dashboard.conftest import PASSWORD

ANOTHER = "another long password"


@pytest.fixture
def brook(db) -> User:
    return User.objects.create_user("brook", email="brook@example.org", password=PASSWORD)


@pytest.fixture
def theirs(brook: User, client: Client) -> Client:
    client.force_login(brook)
    return client


def sign_in(client: Client, password: str, name: str = "brook", address: str = "192.0.2.1"):
    return client.post(reverse("login"), {"username": name, "password": password}, REMOTE_ADDR=address)


def test_the_address_takes_the_password(theirs: Client, brook: User) -> None:
    wrong = theirs.post(reverse("account"), {"email": "evil@example.org", "password": "no"})
    assert wrong.status_code == 422
    assert "That is not your password." in wrong.text
    brook.refresh_from_db()
    assert brook.email == "brook@example.org"
    assert (
        "Saved." in theirs.post(reverse("account"), {"email": "b@example.org", "password": PASSWORD}, follow=True).text
    )
    brook.refresh_from_db()
    assert brook.email == "b@example.org"
    assert brook.check_password(PASSWORD)


def test_a_changed_password_ends_the_other_sessions(theirs: Client, brook: User) -> None:
    other = Client()
    other.force_login(brook)
    data = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    wrong = theirs.post(reverse("password-change"), data | {"old_password": "no"})
    assert "Your old password was entered incorrectly" in wrong.text
    assert "Your password is changed." in theirs.post(reverse("password-change"), data, follow=True).text
    assert other.get(reverse("account")).status_code == 302
    assert sign_in(Client(), ANOTHER).status_code == 302


def test_a_forgotten_password_is_mended_by_mail(client: Client, brook: User) -> None:
    response = client.post(reverse("password-forgotten"), {"email": "BROOK@example.org"}, follow=True)
    assert "If an account has this address, a mail with a link is on its way to it." in response.text
    (sent,) = mail.outbox
    assert sent.to == ["brook@example.org"]
    assert sent.subject == "Truthline: a new password for brook"
    link = re.search(r"http://testserver(/password/\S+/)", sent.body)[1]
    page = client.get(link, follow=True)
    assert "A new password</h1>" in page.text
    there = page.redirect_chain[-1][0]
    assert link.split("/")[3] not in there
    short = client.post(there, {"new_password1": "short", "new_password2": "short"})
    assert "too short" in short.text
    done = client.post(there, {"new_password1": ANOTHER, "new_password2": ANOTHER}, follow=True)
    assert "Your password is set. Sign in with it." in done.text
    assert sign_in(client, ANOTHER).status_code == 302
    used = Client().get(link, follow=True)
    assert "This link does not work" in used.text


@pytest.mark.parametrize("email", ["nobody@example.org", "closed@example.org"])
def test_who_has_no_account_is_told_the_same_and_gets_nothing(client: Client, brook: User, email: str) -> None:
    User.objects.create_user("closed", email="closed@example.org", password=PASSWORD, is_active=False)
    response = client.post(reverse("password-forgotten"), {"email": email}, follow=True)
    assert "If an account has this address" in response.text
    assert not mail.outbox


def test_mails_are_limited(client: Client, brook: User) -> None:
    for _ in range(throttle.LIMITS["reset"].here):
        client.post(reverse("password-forgotten"), {"email": brook.email})
    response = client.post(reverse("password-forgotten"), {"email": brook.email})
    assert "Too many mails were asked for with this address. Try again in" in response.text
    assert len(mail.outbox) == throttle.LIMITS["reset"].here


def test_signing_in_is_limited_by_name_and_place(client: Client, brook: User) -> None:
    limit = throttle.LIMITS["login"]
    for _ in range(limit.here):
        assert sign_in(client, "wrong").status_code == 200
    refused = sign_in(client, PASSWORD)
    assert refused.status_code == 429
    assert "Too many attempts to sign in as this name. Try again in 1" in refused.text
    assert sign_in(client, "wrong", name="BROOK").status_code == 429
    assert sign_in(Client(), PASSWORD, address="192.0.2.2").status_code == 302
    Attempt.objects.update(at=timezone.now() - limit.within - timedelta(seconds=1))
    assert sign_in(Client(), PASSWORD).status_code == 302


def test_a_name_that_nobody_has_is_limited_alike(client: Client, brook: User) -> None:
    for _ in range(throttle.LIMITS["login"].here):
        assert sign_in(client, "wrong", name="nobody").status_code == 200
    assert sign_in(client, "wrong", name="nobody").status_code == 429


def test_many_places_together_are_limited_too(client: Client, brook: User) -> None:
    limit = throttle.LIMITS["login"]
    for number in range(limit.anywhere):
        assert sign_in(client, "wrong", address=f"192.0.2.{number}").status_code == 200
    assert sign_in(client, PASSWORD, address="198.51.100.1").status_code == 429


def test_refused_attempts_do_not_prolong_the_wait(client: Client, brook: User) -> None:
    for _ in range(3 * throttle.LIMITS["login"].here):
        sign_in(client, "wrong")
    assert Attempt.objects.count() == throttle.LIMITS["login"].here


def test_a_right_password_starts_anew(client: Client, brook: User) -> None:
    for _ in range(2):
        for _ in range(throttle.LIMITS["login"].here - 1):
            sign_in(client, "wrong")
        assert sign_in(Client(), PASSWORD).status_code == 302
    assert not Attempt.objects.exists()


def test_what_was_typed_is_not_kept_and_old_attempts_go(client: Client, brook: User) -> None:
    sign_in(client, "wrong", name="my secret password")
    assert "secret" not in repr(list(Attempt.objects.values()))
    Attempt.objects.update(at=timezone.now() - throttle.LONGEST - timedelta(seconds=1))
    sign_in(client, "wrong", name="other")
    assert Attempt.objects.count() == 1


def decide(client: Client, name: str, person: User, **data: str) -> str:
    return client.post(reverse(name, args=[person.pk]), data, follow=True).text


def test_an_operator_closes_and_opens_an_account(signed_in: Client, theirs: Client, brook: User) -> None:
    operator = Client()
    operator.force_login(User.objects.get(username="lead"))
    theirs.force_login(brook)
    assert "brook may not sign in any more" in decide(operator, "set-active", brook, active="no")
    assert theirs.get(reverse("account")).status_code == 302
    assert sign_in(Client(), PASSWORD).status_code == 200
    assert "closed</span>" in operator.get(reverse("people")).text
    assert "brook may sign in again" in decide(operator, "set-active", brook, active="yes")
    assert sign_in(Client(), PASSWORD).status_code == 302
    assert [str(event) for event in AuditEvent.objects.order_by("pk")] == [
        "lead closed the account of brook", "lead opened the account of brook",
    ]  # fmt: skip


def test_nobody_closes_their_own_account(signed_in: Client, lead: User) -> None:
    assert "You cannot close your own account" in decide(signed_in, "set-active", lead, active="no")
    lead.refresh_from_db()
    assert lead.is_active


def test_an_account_that_is_not_there(signed_in: Client) -> None:
    response = signed_in.post(reverse("set-active", args=[999_999]))
    assert response.status_code == 404
    assert "There is no account 999999." in response.text


def test_who_is_let_connect_repositories(signed_in: Client, brook: User) -> None:
    theirs = Client()
    theirs.force_login(brook)
    assert theirs.get(reverse("connect")).status_code == 403
    assert reverse("connect") not in theirs.get(reverse("overview")).text
    assert "brook may connect repositories now." in decide(signed_in, "let-connect", brook, allowed="yes")
    assert theirs.get(reverse("connect")).status_code == 200
    assert reverse("connect") in theirs.get(reverse("overview")).text
    assert "may connect repositories by https" in theirs.get(reverse("account")).text
    decide(signed_in, "let-connect", brook, allowed="no")
    assert theirs.get(reverse("connect")).status_code == 403
    assert AuditEvent.objects.filter(name="lead", subject="brook").count() == 2


def test_people_are_listed_for_operators_with_what_they_are_members_of(signed_in: Client, brook: User) -> None:
    memberships.add(world.repository(), brook, Role.LEAD, by=None)
    text = signed_in.get(reverse("people")).text
    assert "2 accounts" in text
    assert "brook@example.org" in text
    assert '>app</a> <span class="dim">lead</span>' in text
