"""What beat asks for: scans that are due, and scans whose worker went silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from . import messages, scans
from .chunks import PARALLEL
from .leases import LEASE
from .models import Chunk, Repository, Scan
from .models.scans import RUNNING

STEPS: dict[str, messages.Step] = {
    Scan.State.QUEUED: "prepare",
    Scan.State.FETCHING: "prepare",
    Scan.State.EXTRACTING: "extract",
    Scan.State.REPLAYING: "replay",
}


def enqueue_due(now: datetime) -> int:
    """Queue a scan for every repository that is due and set its next date; return how many were due."""
    with transaction.atomic():
        due = Repository.objects.due(now).select_for_update(skip_locked=True, no_key=True)
        for repository in due:
            repository.next_scan_at = now + repository.interval
            repository.save(update_fields=["next_scan_at"])
            if repository.active_scan() is None:
                scans.request(repository, Scan.Reason.SCHEDULED)
    return len(due)


def resend_stale(silent_for: timedelta = LEASE) -> int:
    """Take scans and chunks away from workers that gave no heartbeat, and ask for their step again; return how many.

    Messages that are doubled by this find nothing to claim.
    """
    with transaction.atomic():
        # Rows that are locked are being worked on, and waiting for them could be a deadlock with scans.end.
        silent = Chunk.objects.unfinished().filter(heartbeat_at__lt=Now() - silent_for)
        abandoned = silent.select_for_update(skip_locked=True).values_list("pk", flat=True)
        Chunk.objects.filter(pk__in=list(abandoned)).update(heartbeat_at=None)
        stale = list(Scan.objects.stale(silent_for).select_for_update(skip_locked=True))
        for scan in stale:
            if scan.state in RUNNING:
                scans.note(scan.pk, f"no sign of life while {scan.state}: starting this step again")
            Scan.objects.filter(pk=scan.pk).update(lease=None, heartbeat_at=Now())
            for _ in range(PARALLEL if scan.state == Scan.State.EXTRACTING else 1):
                messages.send(STEPS[scan.state], scan.pk)
    return len(stale)
