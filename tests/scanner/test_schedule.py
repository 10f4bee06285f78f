"""When scans start: when they are due, one at a time; and how late they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from scanner import scans, schedule
from scanner.connections import connect
from scanner.models import Repository, Scan
from tests.scanner.origin import busy_history
from tests.scanner.scanning import finished, held

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_two_scans_at_once_run_one_after_the_other(live_worker, origin):
    origin.commit_all(busy_history(120)[1:])
    repository = connect(str(origin.path))
    with held(repository):
        second = scans.request(repository, Scan.Reason.ASKED)
        third = scans.request(repository, Scan.Reason.ASKED)
        assert third == second, "one may wait, not two"
        assert repository.active_scan() != second, "the one that runs comes first"
    finished(repository)
    first, second = repository.scans.order_by("created_at")
    assert (first.state, second.state) == ("done", "done")
    assert second.started_at >= first.finished_at


def test_due_repositories_are_queued_once(connected):
    now = timezone.now() + connected.interval + timedelta(minutes=1)
    assert schedule.enqueue_due(now) == 1
    assert schedule.enqueue_due(now) == 0
    assert connected.scans.count() == 2
    connected.refresh_from_db()
    assert connected.next_scan_at == now + connected.interval
    finished(connected)


def test_late(connected):
    now = connected.last_scanned_at
    on_time, late = now + connected.interval, now + connected.interval + timedelta(hours=26)
    assert connected.late_by(on_time) is None
    assert connected.late_by(late) == timedelta(hours=26)
    assert list(Repository.objects.late(late)) == [connected]
    assert not Repository.objects.late(on_time).exists()
    Repository.objects.update(interval_minutes=0)
    connected.refresh_from_db()
    assert connected.late_by(late) is None
    assert not Repository.objects.late(late).exists()
