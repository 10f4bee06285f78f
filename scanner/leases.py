"""Who works on a scan now. A lease is a token on the scan row: whoever does not hold it can write nothing.

Only schedule.resend_stale judges time: it takes leases away whose holder gave no heartbeat.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID

from django.db import Error, connection, models
from django.db.models import F
from django.db.models.functions import Greatest, Now

from .models import Scan

# A holder that was silent for this long is dead: kill -9, a lost host, a stuck disk.
LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 4.0

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The scan was cancelled, or given to another worker: stop without writing."""


class Lease:
    """The right to write for one scan."""

    def __init__(self, scan_id: int, token: UUID) -> None:
        self.scan_id = scan_id
        self.token = token
        self._lost = Event()

    def check(self) -> None:
        """Raise LeaseLost when the heartbeat found the lease gone. Costs nothing; `guard` is what protects a write."""
        if self._lost.is_set():
            raise LeaseLost(f"scan {self.scan_id}")

    def guard(self, **changes: object) -> None:
        """Change the scan row inside the caller's transaction, or raise LeaseLost. Locks the row until the commit."""
        if not self._held().update(heartbeat_at=Now(), **changes):
            raise LeaseLost(f"scan {self.scan_id}")

    def release(self) -> None:
        """Let the next attempt begin."""
        self._held().update(lease=None, heartbeat_at=Now())

    def give_back(self) -> None:
        """Let the next step be claimed, and do not count this attempt."""
        self._held().update(lease=None, attempts=Greatest(F("attempts") - 1, 0), heartbeat_at=Now())

    def heartbeat(self) -> None:
        """Say that the holder lives."""
        if not self._held().update(heartbeat_at=Now()):
            self._lost.set()

    def _held(self) -> models.QuerySet[Scan]:
        return Scan.objects.filter(pk=self.scan_id, lease=self.token)


@contextmanager
def kept_alive(beat: Callable[[], object]) -> Iterator[None]:
    """Call `beat` every few seconds from a thread: a fetch, or one hostile file, may block for long."""
    over = Event()

    def run() -> None:
        try:
            while not over.wait(HEARTBEAT_SECONDS):
                try:
                    beat()
                except Error as error:
                    log.warning("no heartbeat: %s", error)
                    connection.close()
        finally:
            connection.close()

    thread = Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
