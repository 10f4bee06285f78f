"""A scan's life: asked for, claimed step by step, ended once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TypeVar
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Now
from django.utils import timezone

from . import messages, outages
from .engine.git import GitError
from .leases import Lease, LeaseLost, kept_alive
from .models import Chunk, Repository, Scan
from .models.scans import ACTIVE

MOST_ATTEMPTS = 3

T = TypeVar("T")

log = logging.getLogger(__name__)


class Refused(Exception):
    """The scan cannot go on, and trying again would not help; `str()` is one sentence for a person."""


def request(repository: Repository, reason: Scan.Reason) -> Scan:
    """Queue a scan and return it, or the one that already waits (`joined`). It starts when a running one has ended."""
    try:
        with transaction.atomic():
            scan = Scan.objects.create(repository=repository, reason=reason)
    except IntegrityError:
        waiting = repository.scans.filter(state=Scan.State.QUEUED).first()
        if waiting is None:  # it was claimed in this moment: its successor may wait
            return request(repository, reason)
        waiting.joined = True
        return waiting
    messages.send("prepare", scan.pk)
    return scan


def claim(scan_id: int, states: Collection[Scan.State]) -> tuple[Scan, Lease] | None:
    """Take the lease of a scan that is in one of `states` and that nobody works on.

    None means there is nothing to do: another has it, it has ended, it must wait for the
    repository's running scan, or it was started too often without getting further, which ends it.
    """
    token = uuid4()
    try:
        with transaction.atomic():
            scan = (
                Scan.objects.select_for_update(of=("self",), no_key=True)
                .select_related("repository", "epoch")
                .filter(pk=scan_id, state__in=states, lease=None)
                .first()
            )
            if scan is None:
                return None
            if scan.attempts >= MOST_ATTEMPTS:
                end(scan, Scan.State.FAILED, _gave_up(scan))
                return None
            if scan.state == Scan.State.QUEUED:
                # Without that, each look of a waiting scan would be an error in the database's log.
                if scan.repository.scans.running().exists():
                    return None
                scan.state, scan.error = Scan.State.FETCHING, ""
                scan.started_at = timezone.now()
            scan.lease = token
            scan.attempts += 1
            scan.heartbeat_at = timezone.now()
            scan.save(update_fields=["state", "error", "started_at", "lease", "attempts", "heartbeat_at"])
    except IntegrityError:  # scan_one_running: both looked at the same moment
        return None
    return scan, Lease(scan_id, token)


def work(scan_id: int, states: Collection[Scan.State], step: Callable[[Scan, Lease], T]) -> T | None:
    """Claim the scan and run a step of it; None when there was nothing to do or the step ended the scan.

    A refusal ends the scan with its sentence; any other error is kept as the reason and raised. A database that went
    away is no reason and no attempt.
    """
    claimed = claim(scan_id, states)
    if claimed is None:
        return None
    scan, lease = claimed
    try:
        try:
            with kept_alive(lease.heartbeat):
                result = step(scan, lease)
        except (Refused, GitError) as refusal:
            if Scan.objects.filter(pk=scan.pk, lease=lease.token).exists():
                end(scan, Scan.State.FAILED, str(refusal))
            return None
        # It came to its end, so it was none of the attempts that broke off: a message that comes twice does no harm.
        lease.give_back()
    except LeaseLost:
        log.info("scan %s was taken away or cancelled", scan.pk)
        return None
    except Exception as error:
        outage = outages.is_outage(error)
        try:
            if not outage:
                keep_error(scan.pk, error)
        finally:
            outages.once_back(lease.give_back if outage else lease.release)
        raise
    return result


def keep_error(scan_id: int, error: Exception) -> None:
    """Remember why an attempt ended, for the reason that is shown when all attempts are used up."""
    log.error("scan %s", scan_id, exc_info=error)
    text = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    Scan.objects.active().filter(pk=scan_id).update(error=text)
    note(scan_id, text)


def note(scan_id: int, text: str) -> None:
    """Add a line to the scan's log."""
    line = f"{timezone.now():%Y-%m-%d %H:%M:%S} {text}\n"
    Scan.objects.filter(pk=scan_id).update(log=Concat(F("log"), Value(line)))


def end(scan: Scan, state: Scan.State, error: str = "") -> bool:
    """End an active scan as done, failed or cancelled; False when it had ended before. Starts the one that waits."""
    with transaction.atomic():
        ended = Scan.objects.filter(pk=scan.pk, state__in=ACTIVE).update(
            state=state, error=error, lease=None, heartbeat_at=Now(), finished_at=Now()
        )
        if not ended:
            return False
        note(scan.pk, f"{state}: {error}" if error else str(state))
        Chunk.objects.filter(scan=scan).delete()
        waiting = Scan.objects.filter(repository=scan.repository_id, state=Scan.State.QUEUED).first()
        if waiting:
            messages.send("prepare", waiting.pk)
    return True


def cancel(scan: Scan) -> bool:
    """Stop a scan; what is written stays, and the next scan goes on from there. False when it had ended before."""
    return end(scan, Scan.State.CANCELLED)


def _gave_up(scan: Scan) -> str:
    last = f" The last error was: {scan.error}" if scan.error else " A worker died each time."
    where = str(scan.state)
    if scan.state == Scan.State.REPLAYING and scan.epoch:
        where = f"replaying, at commit {scan.epoch.replayed_seq + 1} of {scan.head_seq}"
    return f"Gave up after {MOST_ATTEMPTS} attempts without getting further ({where}).{last}"
