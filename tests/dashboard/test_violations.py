from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from scanner.models import Violation
from tests.dashboard import world

ROW = re.compile(r'<tr data-row id="v(\d+)">')
LIVES = {
    "getter": {"introduced": 2},
    "cycle": {"rule": "import-cycle", "severity": "medium", "symbol": "app.a", "path": "app/a.py", "introduced": 3},
    "broken": {
        "rule": "unresolvable-import",
        "severity": "critical",
        "symbol": "gone",
        "path": "web/x.py",
        "service": "web",
        "introduced": 1,
    },
    "test": {"scope": "tests", "path": "tests/test_core.py", "symbol": "get_test", "introduced": 4},
    "archived": {"scope": "archive", "path": "old/archive/core.py", "symbol": "get_old", "introduced": 1},
    "fixed": {"symbol": "get_gone", "path": "app/gone.py", "introduced": 1, "fixed": 7},
}
# The world's D: isolation 50, imports 200, structure 40. What each costs falls out of that.
DEAREST = ["getter", "broken", "test", "cycle", "archived"]


@pytest.fixture
def app(db) -> None:
    world.repository([world.life(message=name, **facts) for name, facts in LIVES.items()])


@pytest.fixture
def listed(signed_in: Client, app: None):
    def fetch(htmx: bool = False, **query: str) -> list[str]:
        headers = {"HX-Request": "true"} if htmx else {}
        response = signed_in.get(reverse("violations", args=["app"]), query, headers=headers)
        assert response.status_code == 200
        fetch.text = response.text
        names = dict(Violation.objects.values_list("pk", "message"))
        return [names[int(pk)] for pk in ROW.findall(response.text)]

    return fetch


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, DEAREST),
        ({"state": "all"}, ["fixed", *DEAREST]),
        ({"state": "fixed"}, ["fixed"]),
        ({"area": "isolation"}, ["getter", "test", "archived"]),
        ({"rule": "import-cycle"}, ["cycle"]),
        ({"severity": "critical"}, ["broken"]),
        ({"scope": "tests"}, ["test"]),
        ({"service": "web"}, ["broken"]),
        ({"author": "Ada"}, ["getter", "test"]),
        ({"q": "GET_T"}, ["test"]),
        ({"q": "web/"}, ["broken"]),
        ({"q": "100%_"}, []),
        ({"scope": "production", "area": "isolation", "q": "core"}, ["getter"]),
        ({"sort": "newest"}, ["test", "cycle", "getter", "broken", "archived"]),
        ({"sort": "path"}, ["cycle", "getter", "archived", "test", "broken"]),
    ],
)
def test_filters_and_orders(listed, query: dict[str, str], expected: list[str]) -> None:
    found = listed(**query)
    assert sorted(found) == sorted(expected)
    if query.get("state") != "all":
        assert found == expected


def test_active_filters_are_chips_that_can_be_taken_away(listed) -> None:
    listed(severity="critical", q="web/", sort="path")
    assert 'href="?q=web%2F&amp;sort=path"><span class="vh">remove </span>severity: critical' in listed.text
    assert 'href="?severity=critical&amp;sort=path"' in listed.text


def test_an_unknown_choice_is_named_and_left_out(listed) -> None:
    assert listed(severity="terrible") == DEAREST
    assert "terrible is not one of the available choices" in listed.text
    assert "This filter is left out." in listed.text


def test_points_of_the_open_ones_add_up_to_what_the_score_lacks(listed) -> None:
    listed()
    shown = re.search(r"<span>([\d.]+) of ([\d.]+) points lost</span>", listed.text)
    assert shown
    assert shown[1] == shown[2]


def test_no_match_offers_a_way_back(listed) -> None:
    assert listed(q="nothing like it") == []
    assert "No violation matches." in listed.text


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 100, 101])
@pytest.mark.parametrize("sort", ["points", "newest", "path"])
def test_pages_hold_every_row_once(signed_in: Client, count: int, sort: str) -> None:
    severities = ["high", "medium", "low"]
    lives = [
        world.life(1 + n % 3, path=f"app/m{n % 7}.py", symbol=f"s{n}", severity=severities[n % 3], line=1 + n % 2)
        for n in range(count)
    ]
    world.repository(lives)
    seen: list[str] = []
    address = reverse("violations", args=["app"]) + f"?sort={sort}"
    for _ in range(count // 50 + 1):
        text = signed_in.get(address).text
        seen += ROW.findall(text)
        more = re.search(r'<a class="btn" href="(\?[^"]*after=\d+[^"]*)" hx-get', text)
        if not more:
            break
        address = reverse("violations", args=["app"]) + more[1].replace("&amp;", "&")
    assert more is None
    assert len(seen) == count
    assert len(set(seen)) == count


def test_htmx_gets_rows_alone(listed) -> None:
    first = Violation.objects.get(message="getter").pk
    assert listed(htmx=True, after=str(first)) == DEAREST[1:]
    assert "<html" not in listed.text


@pytest.mark.parametrize("after", ["999999", "x", "-1"])
def test_a_page_after_a_row_that_is_gone_says_so(listed, after: str) -> None:
    assert listed(after=after) == []
    assert "The list has changed since that page was loaded." in listed.text


def test_vary_keeps_pages_and_parts_apart_in_caches(signed_in: Client, app: None) -> None:
    assert "HX-Request" in signed_in.get(reverse("violations", args=["app"]))["Vary"]
