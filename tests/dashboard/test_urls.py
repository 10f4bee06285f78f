"""Every address × who asks × how: a new address fails here until it stands in the table."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dashboard import invitations, memberships
from dashboard.models import Criterion, Membership, RegistryVersion, Role
from scanner.models import Repository, Scan
from tests.dashboard import world

LIFE = {"fingerprint": "ab" * 16}
# Who asks; each of those after the outsider may do what those before may.
ANYONE, SIGNED_IN, VIEWER, ENGINEER, LEAD, ADMIN, OPERATOR = WHO = (
    "anonymous", "outsider", "viewer", "engineer", "lead", "admin", "operator",
)  # fmt: skip
METHODS = ("get", "post", "put", "delete")


class Page(NamedTuple):
    """`get` and `post`: from whom on, and the status for them; None is refused to all. `stranger`: both, if open."""

    arguments: list[object]
    get: tuple[str, int] | None = None
    post: tuple[str, int] | None = None
    stranger: tuple[int, int] | None = None

    @property
    def in_repository(self) -> bool:
        return self.arguments[:1] == ["app"]


# What a post without any data leads to: 302 where it needs none, 422 where a form is shown again.
PAGES = {
    "overview": Page([], (SIGNED_IN, 200)),
    "connect": Page([], (OPERATOR, 200), (OPERATOR, 422)),
    "repository": Page(["app"], (VIEWER, 200)),
    "trend": Page(["app"], (VIEWER, 200)),
    "violations": Page(["app"], (VIEWER, 200)),
    "violation": Page(["app", LIFE["fingerprint"]], (VIEWER, 200)),
    "patch": Page(["app", LIFE["fingerprint"]], (VIEWER, 200)),
    "download-patch": Page(["app", LIFE["fingerprint"]], (VIEWER, 404)),
    "plans": Page(["app"], (VIEWER, 200)),
    "plans-found": Page(["app"], (VIEWER, 200)),
    "read-plan": Page(["app"], None, (LEAD, 422)),
    "confirm-plan": Page(["app"], None, (LEAD, 302)),
    "plan": Page(["app", "one-app"], (VIEWER, 200)),
    "plan-criteria": Page(["app", "one-app"], (VIEWER, 200)),
    "reimport-plan": Page(["app", "one-app"], (LEAD, 200), (LEAD, 422)),
    "confirm-reimport": Page(["app", "one-app"], None, (LEAD, 302)),
    "export-plan": Page(["app", "one-app"], (VIEWER, 200)),
    "archive-plan": Page(["app", "one-app"], None, (LEAD, 302)),
    "criterion": Page(["app", 1], (VIEWER, 200)),
    "criterion-row": Page(["app", 1], (VIEWER, 302)),
    "tick": Page(["app", 1], None, (ENGINEER, 302)),
    "undo-tick": Page(["app", 1], None, (ENGINEER, 302)),
    "override": Page(["app", 1], None, (LEAD, 422)),
    "end-override": Page(["app", 1], None, (LEAD, 302)),
    "bind": Page(["app", 1], None, (LEAD, 302)),
    "commits": Page(["app"], (VIEWER, 200)),
    "commit": Page(["app", world.sha(3, "app")], (VIEWER, 200)),
    "activity": Page(["app"], (VIEWER, 200)),
    "scans": Page(["app"], (VIEWER, 200)),
    "start-scan": Page(["app"], None, (ENGINEER, 302)),
    "scan": Page(["app", 1], (VIEWER, 200)),
    "cancel-scan": Page(["app", 1], None, (ENGINEER, 302)),
    "settings": Page(["app"], (VIEWER, 200), (LEAD, 422)),
    "archive": Page(["app"], None, (ADMIN, 302)),
    "members": Page(["app"], (VIEWER, 200)),
    "invite": Page(["app"], None, (ADMIN, 422)),
    "change-role": Page(["app", 1], None, (ADMIN, 302)),
    "remove-member": Page(["app", 1], None, (ADMIN, 302)),
    "revoke-invitation": Page(["app", 1], None, (ADMIN, 302)),
    "setup": Page(["app"], (VIEWER, 200), (LEAD, 302)),
    "registry": Page(["app"], (VIEWER, 200)),
    "registry-text": Page(["app"], (VIEWER, 200)),
    "registry-suggestions": Page(["app"], (VIEWER, 302)),
    "survey-registry": Page(["app"], None, (LEAD, 302)),
    "draft-registry": Page(["app"], None, (LEAD, 422)),
    "registry-version": Page(["app", 1], (VIEWER, 200)),
    "measure-registry": Page(["app", 1], None, (LEAD, 302)),
    "save-registry": Page(["app", 1], None, (LEAD, 302)),
    "restore-registry": Page(["app", 1], None, (LEAD, 302)),
    "discard-registry": Page(["app", 1], None, (LEAD, 302)),
    "rules": Page([], (SIGNED_IN, 200)),
    "rule": Page(["global-getter"], (SIGNED_IN, 200)),
    "search": Page([], (SIGNED_IN, 200)),
    "account": Page([], (SIGNED_IN, 200), (SIGNED_IN, 422)),
    "password-change": Page([], (SIGNED_IN, 200), (SIGNED_IN, 200)),
    "people": Page([], (OPERATOR, 200)),
    "let-connect": Page([1], None, (OPERATOR, 302)),
    "set-active": Page([1], None, (OPERATOR, 302)),
    "logout": Page([], None, (SIGNED_IN, 302)),
    "login": Page([], (SIGNED_IN, 302), (SIGNED_IN, 302), stranger=(200, 200)),
    "password-forgotten": Page([], (ANYONE, 200), (ANYONE, 200), stranger=(200, 200)),
    "password-set": Page(["MQ", "no-token"], (ANYONE, 200), (ANYONE, 200), stranger=(200, 200)),
    "invitation": Page(["token"], (ANYONE, 200), (SIGNED_IN, 302), stranger=(200, 422)),
    "theme": Page([], None, (ANYONE, 400), stranger=(405, 400)),
    "config-schema": Page([], (ANYONE, 200), stranger=(200, 405)),
    "favicon": Page([], (ANYONE, 302), stranger=(302, 405)),
}
ELSEWHERE = {"healthz"}  # tests/boot
IN_REPOSITORY = [name for name, page in PAGES.items() if page.in_repository]


class World:
    """A repository with one of each, and a client for everybody; `thing` is what an address names by its number."""

    def __init__(self) -> None:
        self.repository = world.repository([world.life(**LIFE)])
        world.plan(self.repository)
        self.version = RegistryVersion.objects.create(repository=self.repository, config_toml='services = ["shop"]')
        for name in WHO[1:]:
            person = User.objects.create_user(name, is_superuser=name == OPERATOR)
            if name in Role.labels:
                memberships.add(self.repository, person, Role[name.upper()], by=None)
        mate = User.objects.create_user("mate")
        self.member = memberships.add(self.repository, mate, Role.VIEWER, by=None)
        inviter = User.objects.get(username=ADMIN)
        self.invited = invitations.invite(self.repository, "new@example.org", Role.ADMIN, by=inviter)

    def client(self, who: str, **options: bool) -> Client:
        client = Client(**options)
        if who != ANYONE:
            client.force_login(User.objects.get(username=who))
        return client

    def address(self, name: str) -> str:
        arguments = list(PAGES[name].arguments)
        if name == "invitation":
            arguments = [self.invited.token]
        elif arguments and arguments[-1] == 1:
            arguments[-1] = self.thing(name)
        return reverse(name, args=arguments)

    def thing(self, name: str) -> int:
        if name in {"scan", "cancel-scan"}:
            return Scan.objects.earliest("pk").pk
        if name in {"change-role", "remove-member"}:
            return self.member.pk
        if name in {"let-connect", "set-active"}:
            return self.member.user_id
        if name == "revoke-invitation":
            return self.invited.invitation.pk
        if name.endswith("-registry") or name == "registry-version":
            return self.version.pk
        return Criterion.objects.boxes().earliest("ordinal").pk


@pytest.fixture
def app(db) -> World:
    return World()


def names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        found |= names(pattern.url_patterns) if isinstance(pattern, URLResolver) else {str(pattern.name)}
    return found


def expected(page: Page, who: str, method: str) -> int:
    reading = method == "get"
    if who == ANYONE:
        if page.stranger is None:
            return 302  # to the login
        return page.stranger[not reading] if reading or method == "post" else 405
    answer = page.get if reading else page.post if method == "post" else None
    if answer is None:
        return 405
    least, status = answer
    if page.in_repository and who == SIGNED_IN:
        return 404
    return status if WHO.index(who) >= WHO.index(least) else 403


def ask(app: World, name: str, who: str, method: str) -> HttpResponse:
    """The answer; what it changed in the database is taken back."""
    with transaction.atomic():
        client = app.client(who)
        response = getattr(client, method)(app.address(name))
        transaction.set_rollback(True)
    return response


def test_every_address_is_in_the_table() -> None:
    assert names(get_resolver().url_patterns) == PAGES.keys() | ELSEWHERE


@pytest.mark.parametrize("name", PAGES)
def test_everybody_gets_what_is_theirs(app: World, name: str) -> None:
    table = {(who, method): expected(PAGES[name], who, method) for who in WHO for method in METHODS}
    answers = {(who, method): ask(app, name, who, method) for who, method in table}
    assert {asked: answer.status_code for asked, answer in answers.items()} == table
    if PAGES[name].stranger is None:
        to_login = {answer["Location"].partition("?")[0] for (who, _), answer in answers.items() if who == ANYONE}
        assert to_login == {reverse("login")}


@pytest.mark.parametrize("name", IN_REPOSITORY)
@pytest.mark.parametrize("method", ["get", "post"])
def test_to_an_outsider_it_does_not_exist(app: World, name: str, method: str) -> None:
    """Word for word what an outsider gets for a name that nobody has."""
    outsider, address = app.client(SIGNED_IN), app.address(name)
    theirs = getattr(outsider, method)(address)
    assert theirs.status_code in {404, 405}
    nowhere = getattr(outsider, method)(address.replace("/app/", "/zzz/"))
    assert theirs.status_code == nowhere.status_code
    assert masked(theirs.text) == masked(
        nowhere.text.replace("/zzz/", "/app/").replace("&#x27;zzz&#x27;", "&#x27;app&#x27;")
    )
    assert theirs.headers == nowhere.headers
    assert not list(get_messages(theirs.wsgi_request))


def masked(text: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


@pytest.mark.parametrize("name", [name for name in IN_REPOSITORY if PAGES[name].post])
def test_a_refused_post_changes_nothing(app: World, name: str) -> None:
    """Not even with what would be right: the role is looked at before anything else."""
    least = PAGES[name].post[0]
    for who in WHO[1 : WHO.index(least)]:
        before = snapshot()
        data = {"role": 4, "email": "x@example.org", "reason": "x", "until": "2999-01-01", "text": "# P\n- [ ] x\n"}
        assert app.client(who).post(app.address(name), data | {"archived": "yes"}).status_code in {403, 404}
        assert snapshot() == before


def snapshot() -> list[object]:
    from dashboard.models import AuditEvent, Invitation, Override, Plan, RegistryVersion, Tick

    models = (AuditEvent, Criterion, Invitation, Membership, Override, Plan, RegistryVersion, Repository, Scan, Tick)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize(
    ("who", "name", "needed", "holders"),
    [
        ("viewer", "tick", "engineer", "engineer</b> (engineer), <b>lead</b> (lead), <b>admin</b> (admin)."),
        ("engineer", "bind", "lead", "lead</b> (lead), <b>admin</b> (admin)."),
        ("lead", "archive", "admin", "admin</b> (admin)."),
    ],
)
def test_a_refusal_says_which_role_is_needed_and_who_has_it(app: World, who, name, needed: str, holders: str) -> None:
    text = app.client(who).post(app.address(name)).text
    assert f"This needs the role {needed}</h1>" in text
    assert f"You are {who} of app." in text
    assert f"Who has it: <b>{holders}" in text


def test_a_refusal_when_nobody_has_the_role(app: World) -> None:
    Membership.objects.filter(role=Role.ADMIN).delete()
    assert "No member has it." in app.client(LEAD).post(app.address("archive")).text


def test_a_page_older_than_the_role_is_loaded_again(app: World) -> None:
    response = app.client(VIEWER).post(app.address("tick"), headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert response["HX-Refresh"] == "true"


def test_things_of_another_repository_are_not_reached_through_ones_own(app: World) -> None:
    other = world.repository(slug="other")
    memberships.add(other, User.objects.get(username=SIGNED_IN), Role.ADMIN, by=None)
    admin_there = app.client(SIGNED_IN)
    for name in IN_REPOSITORY:
        if len(PAGES[name].arguments) > 1:
            address = app.address(name).replace("/app/", "/other/")
            for method in ("get", "post"):
                assert getattr(admin_there, method)(address).status_code in {404, 405}, address


@pytest.mark.parametrize("name", sorted(name for name, page in PAGES.items() if page.post))
def test_forms_need_their_token(app: World, name: str) -> None:
    who = ANYONE if PAGES[name].stranger else OPERATOR
    response = app.client(who, enforce_csrf_checks=True).post(app.address(name))
    assert response.status_code == 403
    assert "The form has expired" in response.text


def test_head_is_answered_like_get(app: World) -> None:
    statuses = {who: app.client(who).head(app.address("repository")).status_code for who in WHO}
    assert statuses == {who: expected(PAGES["repository"], who, "get") for who in WHO}


def test_a_missing_page_says_so_in_our_words(signed_in: Client) -> None:
    response = signed_in.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text
    assert "tried" not in response.text
