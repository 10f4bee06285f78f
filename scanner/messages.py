"""How a step of a scan is put on the queue: by name and scan id, once the transaction that decided it is committed."""

from __future__ import annotations

from typing import Literal

from celery import current_app
from django.db import transaction

Step = Literal["prepare", "extract", "preview", "replay"]


def send(step: Step, scan_id: int) -> None:
    """Ask a worker for the step. A broker that cannot be reached loses nothing: schedule.resend_stale asks again."""
    transaction.on_commit(lambda: current_app.send_task(f"scanner.tasks.{step}", args=[scan_id]), robust=True)
