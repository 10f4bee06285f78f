from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from scanner.models import Standing, Violation
from tests.dashboard import world


@pytest.fixture
def app(db) -> None:
    world.repository([world.life(2), world.life(2, 5, path="app/b.py", symbol="get_b"), world.life(5, path="app/c.py")])


def subjects(text: str) -> list[str]:
    return re.findall(r"\n?.*?(change \d+)</span>", text)


def get(client: Client, name: str, *arguments: str, **query: str) -> str:
    response = client.get(reverse(name, args=["app", *arguments]), query)
    assert response.status_code == 200
    return " ".join(response.text.split())


def test_newest_first_with_what_each_did(signed_in: Client, app: None) -> None:
    text = get(signed_in, "commits")
    assert subjects(text) == [f"change {seq}" for seq in range(10, 0, -1)]
    scores = dict(Standing.objects.values_list("seq", "score"))
    row = next(row for row in text.split("<tr data-row>") if "change 2</span>" in row)
    assert f"{scores[2]:.2f}" in row
    assert f"−{scores[1] - scores[2]:.2f}" in row
    assert "+2</span>" in row


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"moved": "on"}, ["change 5", "change 2"]),
        ({"q": "change 1"}, ["change 10", "change 1"]),
        ({"q": "brook", "moved": "on"}, ["change 5"]),
        ({"q": world.sha(7, "app")[:9]}, ["change 7"]),
        ({"q": "nothing"}, []),
    ],
)
def test_filters(signed_in: Client, app: None, query: dict[str, str], expected: list[str]) -> None:
    assert subjects(get(signed_in, "commits", **query)) == expected


@pytest.mark.parametrize("count", [50, 51, 120])
def test_paging_holds_every_commit_once(signed_in: Client, count: int) -> None:
    world.repository(commits=count)
    seen, query = [], {}
    for _ in range(count // 50 + 1):
        text = get(signed_in, "commits", **query)
        seen += subjects(text)
        more = re.search(r'hx-get="[^"]*after=(\d+)"', text)
        if not more:
            break
        query = {"after": more[1]}
    assert not more
    assert seen == [f"change {seq}" for seq in range(count, 0, -1)]


def test_a_commit_shows_what_it_did(signed_in: Client, app: None) -> None:
    text = get(signed_in, "commit", world.sha(5, "app"))
    introduced = text[text.index('id="in"') : text.index('id="fi"')]
    fixed = text[text.index('id="fi"') :]
    assert "app/<b>c.py:3</b>" in introduced
    assert "app/<b>b.py:3</b>" in fixed
    assert "±0" in text  # as much came as went
    assert reverse("commit", args=["app", world.sha(4, "app")]) in text
    assert reverse("commit", args=["app", world.sha(6, "app")]) in text


def test_what_only_moved_is_neither_new_nor_fixed(signed_in: Client) -> None:
    world.repository([world.life(2, 5, path="app/old.py", moved=True), world.life(5, path="app/new.py")])
    old, new = Violation.objects.order_by("introduced")
    Violation.objects.filter(pk=new.pk).update(continues=old)
    text = get(signed_in, "commit", world.sha(5, "app"))
    assert "Nothing new." in text
    assert "Nothing fixed." in text
    assert "app/old.py → app/<b>new.py:3</b>" in text


@pytest.mark.parametrize("length", [7, 12, 40])
def test_an_abbreviated_sha_is_enough(signed_in: Client, app: None, length: int) -> None:
    assert "change 3" in get(signed_in, "commit", world.sha(3, "app")[:length])


def test_a_commit_that_is_not_tracked_is_not_found(signed_in: Client, app: None) -> None:
    response = signed_in.get(reverse("commit", args=["app", "0" * 40]))
    assert response.status_code == 404
    assert "Only first parents of its ref are tracked" in response.text
