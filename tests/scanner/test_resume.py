"""Workers that die: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scanner import chunks, extraction, preparation, replaying, scans, schedule
from scanner.connections import connect
from scanner.engine.parser_pool import ParserPool
from scanner.models import Blob, Scan
from tests.scanner.origin import busy_history
from tests.scanner.scanning import finished, numbers, wait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AT_ONCE = timedelta(0)
# Inside one transaction no message is ever sent, so no worker meddles.
UNSENT = pytest.mark.django_db(transaction=False)


@pytest.mark.parametrize("state", ["extracting", "replaying"])
def test_kill_in_the_middle(state, live_worker, origin, tmp_path):
    origin.commit_all(busy_history(1500)[1:])
    undisturbed = connect(str(origin.clone(tmp_path / "clone").path))
    finished(undisturbed)
    Blob.objects.all().delete()
    disturbed = connect(str(origin.path))
    done = {"extracting": "blobs_done__gt", "replaying": "commits_done__gt"}[state]
    wait(lambda: disturbed.scans.filter(**{done: 0}).exists())
    live_worker.kill()
    scan = disturbed.scans.get()
    assert scan.state == state, "killed too late to show anything"
    live_worker.start()
    schedule.resend_stale(AT_ONCE)
    assert "no sign of life" in finished(disturbed).log
    assert numbers(disturbed) == numbers(undisturbed)


def test_a_chunk_that_kills_its_worker_ends_after_three_attempts(live_worker, origin):
    live_worker.stop()
    repository = connect(str(origin.path))
    scan = repository.scans.get()
    preparation.prepare(scan.pk)
    for _ in range(scans.MOST_ATTEMPTS):
        # What a killed worker leaves behind: a chunk that was taken and not brought back.
        assert chunks.claim(scan.pk) is not None
        schedule.resend_stale(AT_ONCE)
    live_worker.start()
    scan = finished(repository, "failed")
    assert "Gave up after 3 attempts" in scan.error
    assert repository.current_epoch is None


@UNSENT
def test_a_step_that_kills_its_worker_ends_after_three_attempts(origin):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    for _ in range(scans.MOST_ATTEMPTS):
        assert scans.claim(scan.pk, (Scan.State.QUEUED, Scan.State.FETCHING)) is not None
        assert scans.claim(scan.pk, (Scan.State.FETCHING,)) is None, "somebody works on it"
        schedule.resend_stale(AT_ONCE)
    assert scans.claim(scan.pk, (Scan.State.FETCHING,)) is None
    scan.refresh_from_db()
    assert (scan.state, scan.attempts) == ("failed", 3)
    assert "A worker died each time" in scan.error


@UNSENT
def test_a_worker_that_lost_its_lease_writes_nothing(origin):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    _, lease = scans.claim(scan.pk, (Scan.State.QUEUED,))
    schedule.resend_stale(AT_ONCE)
    _, second = scans.claim(scan.pk, (Scan.State.FETCHING,))
    with pytest.raises(scans.LeaseLost):
        lease.guard(head_sha="a" * 40)
    lease.release()
    scan.refresh_from_db()
    assert (scan.lease, scan.head_sha) == (second.token, "")
    second.guard(head_sha="b" * 40)


@UNSENT
def test_an_update_in_the_middle_ends_the_scan(origin, monkeypatch):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    preparation.prepare(scan.pk)
    with ParserPool() as pool:
        while Scan.objects.get(pk=scan.pk).state == Scan.State.EXTRACTING:
            extraction.extract_next(scan.pk, pool)
        monkeypatch.setattr(replaying, "EXTRACTOR_VERSION", 0)
        replaying.replay_next(scan.pk, pool)
    scan.refresh_from_db()
    assert scan.state == Scan.State.FAILED
    assert "Truthline was updated while this scan ran" in scan.error
    assert not repository.epochs.filter(replayed_seq__gt=0).exists()
