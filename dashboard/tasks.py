"""Thin Celery tasks of the dashboard."""

import logging

from celery import Task, shared_task
from django.db import transaction
from django.dispatch import receiver

from dashboard import evaluation, phases, registry
from dashboard.demo import load as demo
from dashboard.models import Heartbeat, Plan, RegistryVersion
from dashboard.plan_markdown import PlanError
from scanner.connections import ConnectError
from scanner.engine.git import GitError
from scanner.engine.snapshot import Snapshot
from scanner.models import Repository, Scan
from scanner.signals import head_shown, scan_recorded
from scanner.tasks import WithParser

log = logging.getLogger(__name__)


@shared_task
def record_heartbeat() -> None:
    """Prove that scheduled work happens; sent by beat."""
    Heartbeat.objects.record()


@shared_task(autoretry_for=(Exception,), retry_backoff=5, max_retries=3)
def evaluate_plans(repository_id: int) -> None:
    """Bring the plans of a repository that wait up to its newest numbers."""
    for repository in Repository.objects.select_related("current_epoch").filter(pk=repository_id):
        evaluation.evaluate_waiting(repository)
        phases.settle(repository)


@shared_task
def evaluate_waiting_plans() -> None:
    """Ask again for what got lost; sent by beat."""
    for repository_id in Plan.objects.waiting().order_by().values_list("repository", flat=True).distinct():
        evaluate_plans.delay(repository_id)


def ask_for_evaluation(repository_id: int) -> None:
    """Let a worker evaluate the plans that wait."""
    _ask(evaluate_plans, repository_id)


@receiver(scan_recorded, dispatch_uid="evaluate plans")
def evaluate_after_scan(scan: Scan, **_signal: object) -> None:
    """New numbers: look again at what plans say about them, also at those that could not be evaluated before."""
    Plan.objects.filter(repository=scan.repository_id).exclude(attempts=0).update(attempts=0)
    ask_for_evaluation(scan.repository_id)


@shared_task(bind=True, base=WithParser)
def measure_registry(self: WithParser, version_id: int) -> None:
    """Try out a draft of a repository's configuration."""
    drafts = RegistryVersion.objects.waiting().select_related("repository__current_epoch")
    for version in drafts.filter(pk=version_id):
        registry.measure(version, self.pool)


@shared_task(bind=True, base=WithParser)
def survey_registry(self: WithParser, repository_id: int) -> None:
    """Look for symbols worth registering."""
    for repository in Repository.objects.select_related("current_epoch").filter(pk=repository_id):
        registry.survey(repository, self.pool)


@shared_task
def look_at_waiting_registries() -> None:
    """Ask again for what got lost; sent by beat."""
    for version_id in RegistryVersion.objects.waiting().values_list("pk", flat=True):
        measure_registry.delay(version_id)
    for repository_id in registry.unsurveyed().values_list("pk", flat=True):
        survey_registry.delay(repository_id)


def ask_for_measure(version_id: int) -> None:
    """Let a worker try a draft out."""
    _ask(measure_registry, version_id)


def ask_for_survey(repository_id: int) -> None:
    """Let a worker look for symbols worth registering."""
    _ask(survey_registry, repository_id)


@receiver(head_shown, dispatch_uid="survey what is connected")
def survey_at_once(scan: Scan, sha: str, snapshot: Snapshot, **_signal: object) -> None:
    """Whoever connected the repository is asked before its history is read; the tree need not be resolved again."""
    for repository in Repository.objects.select_related("current_epoch").filter(pk=scan.repository_id):
        registry.survey_resolved(repository, sha, snapshot)


@receiver(scan_recorded, dispatch_uid="survey registry")
def survey_after_scan(scan: Scan, **_signal: object) -> None:
    """Another configuration or a first scan: what was worth registering before may not be any more."""
    if not registry.has_survey(scan):
        ask_for_survey(scan.repository_id)


# Not given back when its worker is killed: the next `up` goes on, and what kills a worker must not do so for ever.
@shared_task(autoretry_for=(Exception,), retry_backoff=5, max_retries=3, reject_on_worker_lost=False)
def load_demo() -> None:
    """Take the next step of the demo, if one is to be taken; the scan comes between them."""
    try:
        demo.begin()
        if demo.go_on():
            log.info("the demo is loaded")
    except (GitError, ConnectError, PlanError, OSError) as error:
        log.error("The demo could not be loaded: %s. The next `up` tries again.", str(error).rstrip("."))


@receiver(scan_recorded, dispatch_uid="go on with the demo")
def go_on_with_demo(scan: Scan, **_signal: object) -> None:
    if demo.is_unfinished(scan.repository_id):
        _ask(load_demo)


def _ask(task: Task, *arguments: int) -> None:
    """Put a task on the queue after the commit. A broker that cannot be reached loses nothing: beat asks again."""
    transaction.on_commit(lambda: task.delay(*arguments), robust=True)
