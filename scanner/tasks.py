"""What workers run: an id in, one call, and the next step asked for. No task waits for another.

The scan's row decides whether there is anything to do, so a message that comes late, twice or never does no harm.
"""

from __future__ import annotations

from functools import cached_property

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.utils import timezone

from . import extraction, messages, preparation, replaying, schedule
from .engine.parser_pool import ParserPool

# scans.claim counts attempts and ends a scan that does not get further; this only brings the next attempt soon.
AGAIN = {"autoretry_for": (Exception,), "retry_backoff": 1, "retry_backoff_max": 30, "max_retries": 8}


class WithParser(DjangoTask):
    """A task that keeps one parser child for all its runs in a worker process, once a first file needs it."""

    @cached_property
    def pool(self) -> ParserPool:
        return ParserPool().__enter__()


@shared_task(**AGAIN)
def prepare(scan_id: int) -> None:
    for step in preparation.prepare(scan_id):
        messages.send(step, scan_id)


@shared_task(bind=True, base=WithParser, **AGAIN)
def extract(self: WithParser, scan_id: int) -> None:
    step = extraction.extract_next(scan_id, self.pool)
    if step == "preview":
        # At once: on the queue it would wait behind chunks of the history. The message goes on with those.
        step = replaying.preview(scan_id, self.pool) or "extract"
    _ask(step, scan_id)


@shared_task(bind=True, base=WithParser, **AGAIN)
def preview(self: WithParser, scan_id: int) -> None:
    _ask(replaying.preview(scan_id, self.pool), scan_id)


@shared_task(bind=True, base=WithParser, **AGAIN)
def replay(self: WithParser, scan_id: int) -> None:
    _ask(replaying.replay_next(scan_id, self.pool), scan_id)


@shared_task
def enqueue_due_scans() -> None:
    schedule.enqueue_due(timezone.now())


@shared_task
def reap_stale_scans() -> None:
    schedule.resend_stale()


@shared_task
def forget_outdated_facts() -> None:
    extraction.forget_outdated()


def _ask(step: messages.Step | None, scan_id: int) -> None:
    if step:
        messages.send(step, scan_id)
