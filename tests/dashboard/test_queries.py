"""No page asks the database more often because there is more to show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scanner.models import Scan
from tests.dashboard import world

MOST = 12
FEW, MANY = 2, 70

PAGES = {
    "overview": [],
    "repository": ["app0"],
    "trend": ["app0"],
    "violations": ["app0"],
    "violation": ["app0", "ab" * 16],
    "commits": ["app0"],
    "commit": ["app0", world.sha(5, "app0")],
    "scans": ["app0"],
    "scan": ["app0", 0],
    "settings": ["app0"],
    "rules": [],
    "rule": ["global-getter"],
    "search": [],
    "connect": [],
}


def fill(amount: int) -> None:
    for number in range(max(amount // 20, 1)):
        lives = [world.life(1 + n % 4, path=f"app/m{n}.py", symbol=f"get_{n}") for n in range(amount)]
        lives += [world.life(2, 5, path=f"app/f{n}.py", symbol=f"get_{n}") for n in range(amount)]
        lives.append(world.life(1, 3, fingerprint="ab" * 16))
        lives.append(world.life(5, fingerprint="ab" * 16))
        world.repository(lives, commits=max(amount, 12), slug=f"app{number}", authors=[f"A{n}" for n in range(amount)])


def count(client: Client, name: str) -> int:
    arguments = ["app0", Scan.objects.order_by("id").first().pk] if name == "scan" else PAGES[name]
    query = {"q": "get"} if name == "search" else {}
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name, args=arguments), query).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", PAGES)
def test_queries_are_few_and_do_not_grow(signed_in: Client, name: str) -> None:
    fill(FEW)
    few = count(signed_in, name)
    world.Repository.objects.update(current_epoch=None)
    world.Repository.objects.all().delete()
    fill(MANY)
    many = count(signed_in, name)
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
