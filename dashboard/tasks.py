"""Thin Celery tasks of the dashboard."""

from celery import shared_task

from dashboard.models import Heartbeat


@shared_task
def record_heartbeat() -> None:
    """Prove that scheduled work happens; sent by beat."""
    Heartbeat.objects.record()
