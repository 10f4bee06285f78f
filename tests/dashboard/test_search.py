from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scanner.models import Repository
from tests.dashboard import world


@pytest.fixture
def found(signed_in: Client):
    world.repository([world.life(1), world.life(2, path="app/Zebra.py", symbol="Quagga")], slug="one")
    world.repository([world.life(1, 4, symbol="Gone")], slug="two")
    return lambda query: signed_in.get(reverse("search"), {"q": query})


@pytest.mark.parametrize(
    ("query", "words"), [("quagga", "Quagga"), ("zebra", "<b>Zebra.py</b>"), ("GET_APP", "get_app")]
)
def test_symbols_and_paths_in_any_case(found, query: str, words: str) -> None:
    assert words in found(query).text


@pytest.mark.parametrize("query", ["Gone", "nothing", "100%", "\0", "abcdefabcdef", "x" * 5000])
def test_what_is_not_there(found, query: str) -> None:
    response = found(query)
    assert response.status_code == 200
    assert "<table" not in response.text


@pytest.mark.parametrize("length", [7, 9, 40])
def test_a_commit_is_opened_at_once(found, length: int) -> None:
    sha = world.sha(5, "one")
    assert found(sha[:length].upper())["Location"] == reverse("commit", args=["one", sha])


def test_archived_repositories_are_left_out(found) -> None:
    Repository.objects.update(archived_at=timezone.now())
    assert "Nothing found." in found("quagga").text
    assert found(world.sha(5, "one")).status_code == 200


def test_an_empty_box_says_what_to_type(found) -> None:
    assert "Type a symbol, a path or a commit" in found(" ").text
