"""How a step of a scan is put on the queue: by name and scan id, once the transaction that decided it is committed."""

from __future__ import annotations

import logging
from typing import Literal

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from .models import Scan

Step = Literal["prepare", "extract", "preview", "replay"]

# Redis hands out small numbers first; other brokers take the order of sending. A large repository's thousands of
# chunks must not keep a new one, or what beat asks for, waiting.
PRIORITIES: dict[Step, int] = {"prepare": 0, "preview": 0, "replay": 3, "extract": 6}


UNSENT = "The queue did not answer, so no worker knows of this scan yet. Workers are asked again every few seconds."

log = logging.getLogger(__name__)


def send(step: Step, scan_id: int) -> None:
    """Ask a worker for the step. A broker that cannot be reached loses nothing: schedule.resend_stale asks again."""

    def publish() -> None:
        try:
            current_app.send_task(f"scanner.tasks.{step}", args=[scan_id], priority=PRIORITIES[step])
        except OperationalError as error:
            log.warning("scan %s: %s is not on the queue: %s", scan_id, step, error)
            Scan.objects.filter(pk=scan_id, state=Scan.State.QUEUED).update(error=UNSENT)

    transaction.on_commit(publish, robust=True)
