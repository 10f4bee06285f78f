from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scanner.models import Repository, Scan
from tests.dashboard import world

ACTIVE = [Scan.State.QUEUED, Scan.State.FETCHING, Scan.State.EXTRACTING, Scan.State.REPLAYING]


@pytest.fixture
def app(db) -> Repository:
    return world.repository([world.life(1)])


def make(repository: Repository, state: str, **facts: object) -> Scan:
    ended = {} if state in ACTIVE else {"finished_at": timezone.now()}
    return Scan.objects.create(repository=repository, state=state, started_at=timezone.now(), **ended, **facts)


def test_the_list_says_what_happened_and_why(signed_in: Client, app: Repository) -> None:
    make(app, Scan.State.FAILED, error="Gave up.", reason=Scan.Reason.SCHEDULED)
    text = " ".join(signed_in.get(reverse("scans", args=["app"])).text.split())
    assert text.index("failed") < text.index(">done")
    assert "Gave up." in text
    assert "scheduled" in text


@pytest.mark.parametrize("state", ACTIVE)
def test_an_active_scan_is_polled_and_can_be_cancelled(signed_in: Client, app: Repository, state: str) -> None:
    scan = make(app, state, blobs_total=10, blobs_done=3)
    text = signed_in.get(reverse("scan", args=["app", scan.pk])).text
    assert 'hx-trigger="every 2s"' in text
    assert "Load this page again" in text  # without JavaScript
    response = signed_in.post(reverse("cancel-scan", args=["app", scan.pk]), follow=True)
    assert "Cancelled." in response.text
    assert "hx-trigger" not in response.text
    scan.refresh_from_db()
    assert scan.state == Scan.State.CANCELLED


def test_cancelling_one_that_has_ended_changes_nothing(signed_in: Client, app: Repository) -> None:
    scan = Scan.objects.get()
    response = signed_in.post(reverse("cancel-scan", args=["app", scan.pk]), follow=True)
    assert "The scan had already ended." in response.text
    scan.refresh_from_db()
    assert scan.state == Scan.State.DONE


def test_a_failed_scan_gives_its_reason_and_a_way_on(signed_in: Client, app: Repository) -> None:
    scan = make(app, Scan.State.FAILED, error="The branch is gone.", log="fetching\nthe branch is gone\n")
    text = signed_in.get(reverse("scan", args=["app", scan.pk])).text
    assert "The branch is gone. What was read before is kept" in text
    assert "fetching\nthe branch is gone" in text
    assert "Scan again" in text


def test_asking_for_a_scan_queues_one_and_only_one(signed_in: Client, app: Repository) -> None:
    first = signed_in.post(reverse("start-scan", args=["app"]))
    again = signed_in.post(reverse("start-scan", args=["app"]))
    assert first["Location"] == again["Location"]
    assert list(Scan.objects.active().values_list("reason", flat=True)) == [Scan.Reason.ASKED]


def test_an_archived_repository_is_not_scanned(signed_in: Client, app: Repository) -> None:
    Repository.objects.update(archived_at=timezone.now())
    response = signed_in.post(reverse("start-scan", args=["app"]), follow=True)
    assert "is archived" in response.text
    assert not Scan.objects.active().exists()


def test_another_repositorys_scan_is_not_found(signed_in: Client, app: Repository) -> None:
    other = make(world.repository(slug="other"), Scan.State.FETCHING)
    assert signed_in.get(reverse("scan", args=["app", other.pk])).status_code == 404
    assert signed_in.post(reverse("cancel-scan", args=["app", other.pk])).status_code == 404
    other.refresh_from_db()
    assert other.state == Scan.State.FETCHING


def test_part_without_htmx_is_the_whole_page(signed_in: Client, app: Repository) -> None:
    assert "<html" in signed_in.get(reverse("scan", args=["app", Scan.objects.get().pk]), {"part": "scan"}).text
