"""Names and messages come from strangers' repositories: they are text on every page, and nothing hides in them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from scanner.models import Commit, Repository, Scan, Violation
from tests.dashboard import world

SCRIPT = "<script>alert('x')</script>"
OVERRIDE = "safe\u202egnp.exe"
NASTY = f'{SCRIPT}"onmouseover="alert(1) {OVERRIDE} {{{{ 7|add:7 }}}} \x01'


@pytest.fixture
def nasty(db) -> None:
    related = [{"path": NASTY, "line": 1, "label": NASTY}]
    facts = {"path": f"app/{NASTY}.py", "symbol": NASTY, "message": NASTY, "service": NASTY, "canonical": NASTY}
    lives = [
        world.life(2, related=related, waived={"until": NASTY, "reason": NASTY}, **facts),
        world.life(2, 5, **facts | {"symbol": "fixed" + NASTY}),
    ]
    found = world.repository(lives, authors=[NASTY])
    Repository.objects.filter(pk=found.pk).update(name=NASTY, ref=f"refs/heads/{NASTY}")
    Commit.objects.update(subject=NASTY)
    Scan.objects.update(error=NASTY, log=NASTY, state=Scan.State.FAILED)


def addresses() -> list[str]:
    slug, scan = "app", Scan.objects.get()
    return [
        reverse("overview"),
        reverse("repository", args=[slug]),
        *(
            reverse("violations", args=[slug]) + query
            for query in ("", "?state=fixed", "?service=app", "?q=%3Cscript%3E")
        ),
        *(reverse("violation", args=[slug, one.fingerprint]) for one in Violation.objects.all()),
        reverse("commits", args=[slug]),
        reverse("commit", args=[slug, world.sha(2, slug)]),
        reverse("scans", args=[slug]),
        reverse("scan", args=[slug, scan.pk]),
        reverse("settings", args=[slug]),
        reverse("rule", args=["global-getter"]),
        reverse("search") + "?q=%3Cscript%3Ealert%28%27x",
    ]


def test_hostile_text_is_shown_as_text(signed_in: Client, nasty: None) -> None:
    for address in addresses():
        text = signed_in.get(address).text
        assert "<script>alert" not in text, address
        assert '"onmouseover' not in text, address
        assert "14" not in re.findall(r"gnp\.exe\S* (\d+)", text), address
        visible = re.sub(r"<input\b.*?>", "", text, flags=re.DOTALL)  # what one typed is given back as it was
        assert "\u202e" not in visible, address
    assert "&lt;script&gt;" in text


def test_hidden_characters_are_written_out(signed_in: Client, nasty: None) -> None:
    assert "safe⟨U+202E⟩gnp.exe" in signed_in.get(reverse("commits", args=["app"])).text


def test_the_chart_gets_authors_as_text(signed_in: Client, nasty: None) -> None:
    response = signed_in.get(reverse("trend", args=["app"]))
    assert response["Content-Type"] == "application/json"
    assert "⟨U+202E⟩" in response.json()["authors"][0]
