from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scanner.models import Epoch, Repository, Scan, Standing
from tests.dashboard import world


@pytest.fixture
def shown(signed_in: Client):
    def fetch(**query: str) -> str:
        response = signed_in.get(reverse("overview"), query)
        assert response.status_code == 200
        return response.text

    return fetch


def test_nothing_connected_names_the_next_step(shown) -> None:
    text = shown()
    assert "No repository yet." in text
    assert reverse("connect") in text


def test_a_tile_has_score_delta_debt_moment_and_coverage(shown) -> None:
    world.repository([world.life(1), world.life(1, 9, symbol="get_b", path="app/b.py")], commits=10)
    text = shown()
    score = Standing.objects.get(seq=10).score
    moved = score - Standing.objects.get(seq=3).score
    assert f"{score:.1f}</b>" in text
    assert f"+{moved:.2f}" in text
    assert "1 open, 0 critical" in text
    assert "debt 4 (−4)" in text
    assert "100 % analysed" in text
    assert 'class="spark"' in text
    assert "On time" in text


def test_late_failed_and_inconclusive_need_a_person(shown) -> None:
    now = timezone.now()
    late = world.repository(slug="late")
    Repository.objects.filter(pk=late.pk).update(last_scanned_at=now - timedelta(hours=27))
    failed = world.repository(slug="failed")
    Scan.objects.create(
        repository=failed, state=Scan.State.FAILED, error="git said no.", started_at=now, finished_at=now
    )
    unsure = world.repository(slug="unsure")
    Standing.objects.filter(epoch__repository=unsure).update(inconclusive=True, scored=200, scored_analysed=150)
    fine = world.repository(slug="fine")
    text = shown()
    needs = text[text.index("Needs a person") : text.index('class="rrow hd"')]
    assert "Late scan" in needs
    assert "26 h late" in text
    assert "git said no." in needs
    assert "150 of 200 files were analysed, and 50 could not be read." in needs
    assert fine.name not in needs
    rows = [text.index(f'href="{reverse("repository", args=[one.slug])}">{one.name}') for one in (late, unsure, fine)]
    assert rows[0] < rows[2]
    assert rows[1] < rows[2]


def test_a_first_scan_shows_its_progress_and_asks_again(shown) -> None:
    new = Repository.objects.create(slug="new", name="new", path="/srv/new", ref="refs/heads/main")
    Scan.objects.create(repository=new, state=Scan.State.EXTRACTING, blobs_total=1930, blobs_done=412)
    text = shown()
    assert "412 of 1,930 files" in text
    assert '<progress max="1930" value="412"' in text
    assert 'hx-trigger="every 3s"' in text
    Scan.objects.all().update(state=Scan.State.DONE)
    assert "hx-trigger" not in shown()


def test_a_preview_says_that_ages_come_later(shown) -> None:
    world.repository([world.life(10)], state=Epoch.State.PREVIEW)
    assert "History is being read; ages come later" in shown()


def test_an_archived_one_moves_to_its_own_list(shown) -> None:
    old = world.repository(slug="old")
    Repository.objects.filter(pk=old.pk).update(archived_at=timezone.now())
    assert reverse("repository", args=["old"]) not in shown()
    assert reverse("repository", args=["old"]) in shown(archived="")


def test_a_score_that_is_not_comparable_is_not_shown(shown) -> None:
    found = world.repository([world.life(1)])
    Standing.objects.filter(epoch=found.current_epoch).update(score=None)
    assert "Not comparable" in shown()
