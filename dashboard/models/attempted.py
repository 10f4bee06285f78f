"""Rows that a worker does something for: taken by one worker, counted before it begins, given up after three starts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now

from scanner.leases import LEASE

MOST_ATTEMPTS = 3


class Attempted(models.Model):
    """`attempts` are the starts since the work came to an end; null in `heartbeat_at`: nobody works on it.

    What ends its worker leaves a heartbeat behind, and can be taken again when that is old.
    """

    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def take(self) -> bool:
        """Count a start, unless somebody works on it or it was started too often."""
        rows = self._quiet().filter(attempts__lt=MOST_ATTEMPTS)
        return bool(rows.update(attempts=F("attempts") + 1, heartbeat_at=Now()))

    def is_abandoned(self) -> bool:
        """Whether it was started too often, and nobody works on it any more."""
        return self._quiet().filter(attempts__gte=MOST_ATTEMPTS).exists()

    def keep_alive(self) -> None:
        self._rows().update(heartbeat_at=Now())

    def let_go(self, *, counts: bool) -> None:
        """Let another take it; the start that breaks off `counts` unless nobody is to blame."""
        attempts = F("attempts") if counts else Greatest(F("attempts") - 1, 0)
        self._rows().update(attempts=attempts, heartbeat_at=None)

    def come_to_an_end(self) -> None:
        self._rows().update(attempts=0, heartbeat_at=None)

    def _rows(self) -> models.QuerySet[Attempted]:
        manager: models.Manager[Attempted] = type(self)._default_manager  # noqa: SLF001 (what an abstract model has)
        return manager.filter(pk=self.pk)

    def _quiet(self) -> models.QuerySet[Attempted]:
        return self._rows().filter(Q(heartbeat_at=None) | Q(heartbeat_at__lt=Now() - LEASE))
