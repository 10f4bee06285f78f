"""The proof that scheduled work happens: beat, the broker, a worker and the database, all in one row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

# Beat ticks every 15 seconds; a worker that is busy with chunks may let a few pass.
LATE_AFTER = timedelta(minutes=2)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def record(self) -> None:
        """Note that a task sent by beat was carried out right now."""
        self.update_or_create(pk=Heartbeat.ONLY, defaults={"at": timezone.now()})

    def latest_moment(self) -> datetime | None:
        """Return when a task sent by beat was last carried out, None before the first."""
        return self.values_list("at", flat=True).filter(pk=Heartbeat.ONLY).first()


class Heartbeat(models.Model):
    """One row, `at` its only fact."""

    ONLY: ClassVar[int] = 1

    at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return f"last heartbeat at {self.at:%Y-%m-%d %H:%M:%S}"
