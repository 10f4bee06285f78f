"""Waivers in the code on the pages: scored, spared in a second number, and back when they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.dashboard import world

NOON = datetime.now(UTC).replace(hour=12)
TODAY = NOON.date()
HOLDS = {"until": TODAY.isoformat(), "reason": "moved <b>soon</b>"}
ENDED = {"until": (TODAY - timedelta(days=1)).isoformat(), "reason": "was to move"}
FINGERPRINT = "ab" * 16


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is still the same day, also where midnight comes while the tests run."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def text(client: Client, name: str, *arguments: str, **query: str) -> str:
    response = client.get(reverse(name, args=["app", *arguments]), query)
    assert response.status_code == 200
    return response.text


def test_both_numbers_are_shown(signed_in: Client, db) -> None:
    world.repository([world.life(2, waived=HOLDS), world.life(3, path="app/other.py"), world.life(1, 4, path="a.py")])
    response = signed_in.get(reverse("repository", args=["app"]))
    assert response.context["waived"] == 1
    assert response.context["summary"].score.value < response.context["with_waivers"] < 100
    assert "With waivers" in response.text


def test_the_number_with_waivers_is_that_without_the_finding(signed_in: Client, db) -> None:
    world.repository([world.life(2, waived=HOLDS), world.life(3, path="app/other.py")])
    world.repository([world.life(3, path="app/other.py")], slug="clean")
    waived = signed_in.get(reverse("repository", args=["app"])).context["with_waivers"]
    assert waived == pytest.approx(signed_in.get(reverse("repository", args=["clean"])).context["summary"].score.value)


@pytest.mark.parametrize("waived", [None, ENDED])
def test_without_one_that_holds_there_is_one_number(signed_in: Client, db, waived: dict[str, str] | None) -> None:
    world.repository([world.life(2, waived=waived)])
    assert "With waivers" not in text(signed_in, "repository")
    assert "core.py" not in text(signed_in, "violations", state="waived")


def test_the_list_marks_and_filters_them(signed_in: Client, db) -> None:
    world.repository([world.life(2, waived=HOLDS), world.life(3, path="app/ended.py", waived=ENDED)])
    assert text(signed_in, "violations").count("waived until") == 1
    only = text(signed_in, "violations", state="waived")
    assert "core.py" in only
    assert "ended.py" not in only


@pytest.mark.parametrize(("waived", "said"), [(HOLDS, "Waived in the code"), (ENDED, "The finding counts again")])
def test_the_violation_says_until_when(signed_in: Client, db, waived: dict[str, str], said: str) -> None:
    world.repository([world.life(2, waived=waived, fingerprint=FINGERPRINT)])
    shown = text(signed_in, "violation", FINGERPRINT)
    assert said in shown
    assert waived["until"] in shown
    assert "<b>soon" not in shown
