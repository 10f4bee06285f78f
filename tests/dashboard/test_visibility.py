"""What spans repositories shows a person their own alone, and no button that is not theirs to press."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard import memberships
from dashboard.models import Criterion, Role
from scanner.models import Repository, Scan
from tests.dashboard import world

FORM = 'method="post" action="'


@pytest.fixture
def app(db) -> Repository:
    """The person's own; the violation and the commits of `quince` are of another team."""
    own = world.repository([world.life(1, symbol="get_own")], slug="app")
    hidden = [world.life(1, symbol="get_quince", path="quince/core.py"), world.life(2, path="quince/more.py")]
    world.plan(world.repository(hidden, slug="quince"))
    return own


@pytest.fixture
def person(app: Repository) -> User:
    return User.objects.create_user("person")


@pytest.fixture
def theirs(app: Repository, person: User, client: Client) -> Client:
    memberships.add(app, person, Role.VIEWER, by=None)
    client.force_login(person)
    return client


def test_the_overview(theirs: Client) -> None:
    text = theirs.get(reverse("overview")).text
    assert "1 repository</h1>" in text
    assert reverse("repository", args=["app"]) in text
    assert "quince" not in text


def test_the_archive(theirs: Client) -> None:
    Repository.objects.update(archived_at="2025-09-01T00:00Z")
    text = theirs.get(reverse("overview") + "?archived").text
    assert "1 archived repository</h1>" in text
    assert "quince" not in text


@pytest.mark.parametrize("query", ["get_", "core", "quince", world.sha(3, "quince"), world.sha(3, "quince")[:7]])
def test_the_search(theirs: Client, query: str) -> None:
    response = theirs.get(reverse("search"), {"q": query})
    assert response.status_code == 200
    main = response.text[response.text.index("<section") :].partition("<footer")[0]
    assert "quince" not in main
    assert ("get_own" in main) == (query == "get_")


def test_the_counts_of_the_rules(theirs: Client) -> None:
    areas = theirs.get(reverse("rules")).context["areas"]
    line = next(line for _, lines in areas for line in lines if line["open"])
    assert (line["open"], line["repositories"]) == (1, 1)
    text = theirs.get(reverse("rule", args=["global-getter"])).text
    assert "quince" not in text
    assert reverse("violations", args=["app"]) in text


def test_who_is_a_member_of_nothing_is_told_what_to_do(app: Repository, person: User, client: Client) -> None:
    client.force_login(person)
    text = client.get(reverse("overview")).text
    assert "You are not a member of any repository yet." in text
    assert reverse("connect") not in text


def test_an_operator_sees_all_of_it(signed_in: Client, app: Repository) -> None:
    assert "2 repositories</h1>" in signed_in.get(reverse("overview")).text
    assert "get_quince" in signed_in.get(reverse("search"), {"q": "get_quince"}).text


def actions(client: Client, *names: str) -> set[str]:
    """Which of these forms and links the repository's pages hold."""
    slug, criterion = "quince", Criterion.objects.boxes().earliest("ordinal").pk
    scan = Scan.objects.filter(repository__slug=slug).latest("pk").pk
    pages = [
        reverse("overview"), reverse("repository", args=[slug]), reverse("scans", args=[slug]),
        reverse("scan", args=[slug, scan]), reverse("plans", args=[slug]), reverse("plan", args=[slug, "one-app"]),
        reverse("criterion", args=[slug, criterion]), reverse("settings", args=[slug]),
        reverse("members", args=[slug]), reverse("plan-criteria", args=[slug, "one-app"]),
    ]  # fmt: skip
    text = "".join(client.get(page).text for page in pages)
    addresses = {
        name: reverse(name, args=[slug, *({"tick": [criterion], "undo-tick": [criterion], "override": [criterion],
        "bind": [criterion], "cancel-scan": [scan], "archive-plan": ["one-app"], "reimport-plan": ["one-app"]}
        .get(name, []))])
        for name in names
    }  # fmt: skip
    return {name for name, address in addresses.items() if f'"{address}"' in text}


BY_ROLE = {
    Role.VIEWER: set(),
    Role.ENGINEER: {"tick", "start-scan", "cancel-scan"},
    Role.LEAD: {"bind", "override", "read-plan", "archive-plan", "reimport-plan"},
    Role.ADMIN: {"archive", "invite"},
}
EVERYTHING = set().union(*BY_ROLE.values())


@pytest.mark.parametrize("role", Role)
def test_only_the_buttons_of_the_role(app: Repository, person: User, client: Client, role: Role) -> None:
    hidden = Repository.objects.get(slug="quince")
    Scan.objects.create(repository=hidden, state=Scan.State.EXTRACTING)
    memberships.add(hidden, person, role, by=None)
    client.force_login(person)
    mine = set().union(*(names for needed, names in BY_ROLE.items() if needed <= role))
    assert actions(client, *EVERYTHING) == mine


def test_what_is_locked_says_the_role_in_words(app: Repository, theirs: Client) -> None:
    text = theirs.get(reverse("settings", args=["app"])).text
    assert "needs the role lead" in text
    assert "needs the role admin" in text
    assert text.count("disabled") >= 5
    plans = theirs.get(reverse("plans", args=["app"])).text
    assert "A lead of this repository reads one in." in plans
