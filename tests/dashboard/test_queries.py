"""No page asks the database more often because there is more to show."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashboard import accounts, invitations, memberships
from dashboard.models import Role
from scanner.models import Repository, Scan
from tests.dashboard import world

MOST = 12
FEW, MANY = 2, 70

PAGES = {
    "overview": [],
    "repository": ["app0"],
    "trend": ["app0"],
    "violations": ["app0"],
    "violation": ["app0", "ab" * 16],
    "patch": ["app0", "ab" * 16],
    "commits": ["app0"],
    "commit": ["app0", world.sha(5, "app0")],
    "activity": ["app0"],
    "scans": ["app0"],
    "scan": ["app0", 0],
    "settings": ["app0"],
    "members": ["app0"],
    "setup": ["app0"],
    "registry": ["app0"],
    "registry-text": ["app0"],
    "rules": [],
    "rule": ["global-getter"],
    "search": [],
    "connect": [],
    "account": [],
    "people": [],
}
OF_OPERATORS = {"people"}


def fill(amount: int) -> None:
    for number in range(max(amount // 20, 1)):
        lives = [world.life(1 + n % 4, path=f"app/m{n}.py", symbol=f"get_{n}") for n in range(amount)]
        lives += [world.life(2, 5, path=f"app/f{n}.py", symbol=f"get_{n}") for n in range(amount)]
        lives.append(world.life(1, 3, fingerprint="ab" * 16))
        lives.append(world.life(5, fingerprint="ab" * 16))
        authors = [f"A{n}" for n in range(amount)]
        found = world.repository(lives, commits=max(amount, 12), slug=f"app{number}", authors=authors)
        people(found, amount if number == 0 else 1)


def people(repository: Repository, amount: int) -> None:
    """The one who asks as an admin, and others of whom some are invited."""
    everybody = [User.objects.get_or_create(username=f"person{n}")[0] for n in range(amount)]
    asking = list(User.objects.filter(username__in=["lead", "member"]))
    for person in everybody + asking:
        memberships.add(repository, person, Role.ADMIN, by=everybody[0])
    for person in everybody:
        invitations.invite(repository, f"{person}@example.org", Role.LEAD, by=person)


@pytest.fixture
def member(db, django_user_model: type[User]) -> Client:
    """Who is no operator: their rights are asked for."""
    person = django_user_model.objects.create_user("member")
    accounts.let_connect(person, person, wanted=True)
    client = Client()
    client.force_login(person)
    return client


def count(client: Client, name: str) -> int:
    arguments = ["app0", Scan.objects.order_by("id").first().pk] if name == "scan" else PAGES[name]
    query = {"q": "get"} if name == "search" else {}
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name, args=arguments), query).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", PAGES)
def test_queries_are_few_and_do_not_grow(signed_in: Client, name: str) -> None:
    few_and_not_more(signed_in, name)


@pytest.mark.parametrize("name", sorted(PAGES.keys() - OF_OPERATORS))
def test_not_for_a_member_either(member: Client, name: str) -> None:
    few_and_not_more(member, name)


def few_and_not_more(client: Client, name: str) -> None:
    fill(FEW)
    few = count(client, name)
    world.Repository.objects.update(current_epoch=None)
    world.Repository.objects.all().delete()
    fill(MANY)
    many = count(client, name)
    assert many <= few
    assert few <= MOST


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"state": "fixed"}, {"author": "A1", "q": "get", "area": "isolation"}]
)
def test_filters_cost_no_more(signed_in: Client, query: dict[str, str]) -> None:
    fill(MANY)
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.get(reverse("violations", args=["app0"]), query).status_code == 200
    assert len(queries) <= MOST
