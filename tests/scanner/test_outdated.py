"""Facts of earlier extractor versions are deleted once nobody can want them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.settings import CELERY_BEAT_SCHEDULE
from scanner import extraction, scans, tasks
from scanner.engine.facts import EXTRACTOR_VERSION
from scanner.models import Blob, Epoch, Scan
from tests.scanner.scanning import finished

pytestmark = pytest.mark.django_db(transaction=True)


def store(extractor: int, count: int = 3) -> None:
    rows = [Blob(sha=f"{n:040x}", extractor=extractor, outcome="ok", facts=b"") for n in range(count)]
    Blob.objects.bulk_create(rows)


def stored() -> dict[int, int]:
    versions = list(Blob.objects.values_list("extractor", flat=True))
    return {version: versions.count(version) for version in set(versions)}


def test_only_earlier_ones_go() -> None:
    """A later version's are those of a release that was taken back for a while."""
    for version in (EXTRACTOR_VERSION - 2, EXTRACTOR_VERSION - 1, EXTRACTOR_VERSION, EXTRACTOR_VERSION + 1):
        store(version)
    assert extraction.forget_outdated() == 6
    assert stored() == {EXTRACTOR_VERSION: 3, EXTRACTOR_VERSION + 1: 3}
    assert extraction.forget_outdated() == 0


def test_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each its own transaction, and no call without end: the next one goes on."""
    monkeypatch.setattr(extraction, "_DELETED_AT_ONCE", 10)
    monkeypatch.setattr(extraction, "_DELETED_IN_A_CALL", 60)
    store(EXTRACTOR_VERSION - 2, 50)
    store(EXTRACTOR_VERSION - 1, 35)
    with CaptureQueriesContext(connection) as captured:
        assert extraction.forget_outdated() == 60
    said = [query["sql"].split()[0] for query in captured]
    assert (said.count("DELETE"), said.count("COMMIT")) == (6, 6)
    assert extraction.forget_outdated() == 25
    assert stored() == {}


@pytest.mark.slow
def test_an_earlier_version_that_scans_keeps_its_facts(connected) -> None:
    """Whatever state the scan is in; after its end they go, and nothing is read anew for it."""
    facts = set(Blob.objects.values_list("sha", flat=True))
    store(EXTRACTOR_VERSION - 1)
    earlier = Epoch.objects.get(pk=connected.current_epoch_id)
    Epoch.objects.filter(pk=earlier.pk).update(extractor=EXTRACTOR_VERSION - 1)
    scan = connected.scans.get()
    for state in (Scan.State.EXTRACTING, Scan.State.REPLAYING):
        Scan.objects.filter(pk=scan.pk).update(state=state)
        assert extraction.forget_outdated() == 0
    Scan.objects.filter(pk=scan.pk).update(state=Scan.State.DONE)
    tasks.forget_outdated_facts()
    assert set(Blob.objects.values_list("sha", "extractor")) == {(sha, EXTRACTOR_VERSION) for sha in facts}
    scans.request(connected, Scan.Reason.ASKED)
    assert finished(connected).blobs_total == 0


def test_beat_asks_for_it() -> None:
    assert tasks.forget_outdated_facts.name in {entry["task"] for entry in CELERY_BEAT_SCHEDULE.values()}
