"""Thin Celery tasks of the dashboard."""

from celery import shared_task
from django.dispatch import receiver

from dashboard import evaluation
from dashboard.models import Heartbeat
from scanner.models import Repository, Scan
from scanner.signals import scan_recorded


@shared_task
def record_heartbeat() -> None:
    """Prove that scheduled work happens; sent by beat."""
    Heartbeat.objects.record()


@shared_task(autoretry_for=(Exception,), retry_backoff=5, max_retries=3)
def evaluate_plans(repository_id: int) -> None:
    """Bring the plans of a repository up to its newest numbers."""
    for repository in Repository.objects.select_related("current_epoch").filter(pk=repository_id):
        evaluation.evaluate_all(repository)


@receiver(scan_recorded, dispatch_uid="evaluate plans")
def evaluate_after_scan(scan: Scan, **_signal: object) -> None:
    """New numbers: look again at what plans say about them."""
    evaluate_plans.delay_on_commit(scan.repository_id)
