"""Members and invitations as a browser meets them, from the link that is shown once to the account that comes of it."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard import environment, invitations, memberships
from dashboard.models import AuditEvent, Invitation, Membership, Role
from scanner.models import Repository
from tests.dashboard import world

MAIL = "brook@example.org"
LINK = re.compile(r"http://testserver(/invitations/[\w-]+/)")
NEW = {"username": "brook", "password1": "a long new password", "password2": "a long new password"}


@pytest.fixture
def app(db) -> Repository:
    return world.repository()


@pytest.fixture
def ada(app: Repository) -> User:
    ada = User.objects.create_user("ada", email="ada@example.org")
    memberships.add(app, ada, Role.ADMIN, by=ada)
    return ada


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def invite(admin: Client, email: str = MAIL, role: Role = Role.LEAD) -> str:
    """The path of the link."""
    response = admin.post(reverse("invite", args=["app"]), {"email": email, "role": role.value})
    assert response.status_code == 200
    return LINK.search(response.text)[1]


def post(client: Client, name: str, number: int, **data: object) -> str:
    return client.post(reverse(name, args=["app", number]), data, follow=True).text


def test_the_list_says_who_since_when_and_by_whom(admin: Client, app: Repository, ada: User) -> None:
    memberships.add(app, User.objects.create_user("brook"), Role.VIEWER, by=ada)
    memberships.add(app, User.objects.create_user("cleo"), Role.LEAD, by=None)
    text = admin.get(reverse("members", args=["app"])).text
    rows = {row.partition("<")[0].strip(): row for row in text.split('<th scope="row">')[1:]}
    assert list(rows) == ["ada", "cleo", "brook"]
    assert "connected it" in rows["ada"]
    assert "the command line" in rows["cleo"]
    assert 'data-l="Let in by">ada' in rows["brook"]
    assert 'value="1" selected>viewer' in rows["brook"]


def test_a_reader_sees_the_list_and_no_button(app: Repository, ada: User, client: Client) -> None:
    viewer = User.objects.create_user("viewer")
    memberships.add(app, viewer, Role.VIEWER, by=ada)
    invitations.invite(app, MAIL, Role.LEAD, by=ada)
    client.force_login(viewer)
    text = client.get(reverse("members", args=["app"])).text
    assert "ada" in text
    assert MAIL not in text
    assert "needs the role admin" in text
    main = text[text.index("<main") : text.index("</main>")]
    assert "<form" not in main


def test_a_link_is_shown_once_and_makes_an_account(admin: Client, client: Client, app: Repository) -> None:
    response = admin.post(reverse("invite", args=["app"]), {"email": MAIL, "role": "3"})
    assert "no-store" in response["Cache-Control"]
    link = LINK.search(response.text)[1]
    assert "Send it to them yourself" in response.text
    again = admin.get(reverse("members", args=["app"])).text
    assert MAIL in again
    assert not LINK.search(again)
    page = client.get(link).text
    assert "Join app" in page
    assert "ada</b> invites brook@example.org as <b>lead" in page
    welcome = client.post(link, NEW, follow=True)
    assert "You are lead of app now." in welcome.text
    brook = User.objects.get(username="brook")
    assert (brook.email, brook.is_superuser) == (MAIL, False)
    assert brook.check_password(NEW["password1"])
    assert Membership.objects.get(user=brook).role == Role.LEAD
    assert "Sign out" in client.get(reverse("account")).text


def test_looking_at_a_link_uses_nothing_up(admin: Client, client: Client) -> None:
    link = invite(admin)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert Invitation.objects.unanswered().count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "ADA"}, "already exists"),
        ({"password2": "another one, also long"}, "two password fields"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"username": ""}, "required"),
    ],
)
def test_a_refused_account_uses_nothing_up(admin: Client, client: Client, changes: dict[str, str], words: str) -> None:
    link = invite(admin)
    response = client.post(link, NEW | changes)
    assert response.status_code == 422
    assert words in response.text
    assert Invitation.objects.unanswered().count() == 1
    assert User.objects.count() == 1


def test_accepted_with_the_account_one_has(admin: Client, client: Client, ada: User) -> None:
    cleo = User.objects.create_user("cleo", email=MAIL.upper(), password="a long old password")
    link = invite(admin)
    page = client.get(link).text
    assert "An account with this address exists." in page
    sign_in = re.search(r'href="(/login/\?next=[^"]+)"', page)[1]
    response = client.post(sign_in, {"username": "cleo", "password": "a long old password", "next": link}, follow=True)
    assert "Join as cleo" in response.text
    assert "You are lead of app now." in client.post(link, follow=True).text
    assert Membership.objects.get(user=cleo).by == ada
    assert Invitation.objects.get().accepted_by == cleo
    assert User.objects.count() == 2


def test_a_second_person_finds_it_used(admin: Client, client: Client) -> None:
    link = invite(admin)
    client.post(link, NEW)
    for response in (Client().get(link), Client().post(link, NEW | {"username": "cleo"}), client.get(link)):
        assert response.status_code == 410
        assert "This invitation has been used" in response.text
    assert not User.objects.filter(username="cleo").exists()


def test_links_that_do_not_work(admin: Client, client: Client) -> None:
    wrong = client.get("/invitations/wrong/")
    assert wrong.status_code == 404
    assert "There is no such invitation" in wrong.text
    link = invite(admin)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    for response in (client.get(link), client.post(link, NEW)):
        assert response.status_code == 410
        assert "This invitation has expired." in response.text
    assert re.search(r"expired <time[^>]*>1 min ago", admin.get(reverse("members", args=["app"])).text)
    assert not User.objects.filter(username="brook").exists()


def test_the_sender_who_opens_the_link_does_not_use_it_up(admin: Client) -> None:
    link = invite(admin)
    assert "You are admin of app already." in admin.post(link, follow=True).text
    assert Invitation.objects.unanswered().count() == 1


def test_revoked(admin: Client, client: Client) -> None:
    link = invite(admin)
    number = Invitation.objects.get().pk
    assert "is revoked; its link does not work any more" in post(admin, "revoke-invitation", number)
    assert "was revoked" in client.get(link).text
    assert "had been answered or revoked before" in post(admin, "revoke-invitation", number)


@pytest.mark.parametrize("data", [{"email": "nobody", "role": "2"}, {"email": MAIL, "role": "5"}, {"email": MAIL}])
def test_a_wrong_invitation_is_explained(admin: Client, data: dict[str, str]) -> None:
    response = admin.post(reverse("invite", args=["app"]), data)
    assert response.status_code == 422
    assert "errorlist" in response.text
    assert f'value="{data["email"]}"' in response.text
    assert not Invitation.objects.exists()


def test_a_link_is_mailed_where_a_server_is_set_up(admin: Client, settings) -> None:
    settings.MAIL = environment.Mail(host="mail.example.org")
    response = admin.post(reverse("invite", args=["app"]), {"email": MAIL, "role": "3"})
    assert "A mail with it is on its way." in response.text
    (sent,) = mail.outbox
    assert sent.to == [MAIL]
    assert LINK.search(sent.body)[1] == LINK.search(response.text)[1]


def test_a_mail_server_that_fails_leaves_the_link(admin: Client, settings, monkeypatch) -> None:
    def fail(*arguments: object) -> int:
        raise SMTPException("no")

    settings.MAIL = environment.Mail(host="mail.example.org")
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    response = admin.post(reverse("invite", args=["app"]), {"email": MAIL, "role": "3"})
    assert "Send it to them yourself" in response.text
    assert LINK.search(response.text)


def test_a_role_is_changed_and_a_member_removed(admin: Client, app: Repository, ada: User) -> None:
    member = memberships.add(app, User.objects.create_user("brook"), Role.VIEWER, by=ada)
    assert "brook is lead now." in post(admin, "change-role", member.pk, role=3)
    assert "brook was lead before." in post(admin, "change-role", member.pk, role=3)
    assert "There is no such role." in post(admin, "change-role", member.pk, role=9)
    assert "brook is no member any more." in post(admin, "remove-member", member.pk)
    assert AuditEvent.objects.filter(name="ada", verb="removed", subject="brook").exists()


def test_the_last_admin_stays(admin: Client, ada: User) -> None:
    mine = Membership.objects.get(user=ada)
    for text in (post(admin, "remove-member", mine.pk), post(admin, "change-role", mine.pk, role=1)):
        assert "ada is the last admin of app: make somebody else admin first." in text
    assert Membership.objects.get(user=ada).role == Role.ADMIN


def test_who_takes_themselves_out_lands_on_the_overview(admin: Client, app: Repository, ada: User) -> None:
    memberships.add(app, User.objects.create_user("brook"), Role.ADMIN, by=ada)
    response = admin.post(reverse("remove-member", args=["app", Membership.objects.get(user=ada).pk]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("overview")
    assert "You are not a member of any repository yet." in response.text
