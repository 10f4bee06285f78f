"""A tracked repository and the commits of its tracked ref."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

if TYPE_CHECKING:
    from .scans import Scan

# A scan takes a while and beat ticks twice a minute: being this late is still in time.
GRACE = timedelta(minutes=10)


class RepositoryQuerySet(models.QuerySet["Repository"]):
    def tracked(self) -> RepositoryQuerySet:
        """Repositories that are not archived."""
        return self.filter(archived_at=None)

    def archived(self) -> RepositoryQuerySet:
        """Repositories that are kept but no longer scanned."""
        return self.filter(archived_at__isnull=False)

    def due(self, now: datetime) -> RepositoryQuerySet:
        """Repositories whose next scan is to start by `now`, the longest waiting first."""
        return self.tracked().filter(interval_minutes__gt=0, next_scan_at__lte=now).order_by("next_scan_at")

    def late(self, now: datetime) -> RepositoryQuerySet:
        """Repositories whose last finished scan is older than their interval and some grace."""
        last = Coalesce("last_scanned_at", "created_at")
        return (
            self.tracked()
            .filter(interval_minutes__gt=0)
            .alias(last=last)
            .filter(last__lt=now - GRACE - F("interval_minutes") * timedelta(minutes=1))
        )


class Repository(models.Model):
    """One ref (branch or tag) of one git repository.

    It is read in place at `path` on this machine, or from `url` through a bare mirror:
    exactly one of the two is set. `config_toml` is what the dashboard stored; a
    truthline.toml at the tracked head wins over it.
    """

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    url = models.TextField(blank=True)
    path = models.TextField(blank=True)
    ref = models.TextField()
    config_toml = models.TextField(blank=True)
    # Phases of its plans that are finished, with the day of the commit at which they were: {"2": "2026-03-01"}.
    finished_phases = models.JSONField(default=dict, blank=True)
    interval_minutes = models.PositiveIntegerField(default=60)  # 0 = only when asked
    next_scan_at = models.DateTimeField(null=True, blank=True)
    last_scanned_at = models.DateTimeField(null=True, blank=True)
    current_epoch = models.ForeignKey("Epoch", models.SET_NULL, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RepositoryQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            # connections.connect: the same source and ref are connected once
            models.UniqueConstraint(fields=["url", "path", "ref"], name="repository_source"),
            models.CheckConstraint(
                condition=(Q(url="") & ~Q(path="")) | (Q(path="") & ~Q(url="")), name="repository_url_or_path"
            ),
        ]
        indexes = [
            # schedule.enqueue_due: RepositoryQuerySet.due
            models.Index(fields=["next_scan_at"], condition=Q(archived_at=None), name="repository_due"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def source(self) -> str:
        """The URL or path it was connected with."""
        return self.url or self.path

    @property
    def short_ref(self) -> str:
        """`main` for refs/heads/main, `v1.0` for refs/tags/v1.0."""
        return self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")

    @property
    def interval(self) -> timedelta:
        return timedelta(minutes=self.interval_minutes)

    def late_by(self, now: datetime) -> timedelta | None:
        """How long the next finished scan is overdue; None when it is not."""
        if not self.interval_minutes or self.archived_at:
            return None
        overdue = now - (self.last_scanned_at or self.created_at) - self.interval
        return overdue if overdue > GRACE else None

    def active_scan(self) -> Scan | None:
        """The scan that runs, else the one that waits."""
        return self.scans.active().order_by(F("started_at").desc(nulls_last=True)).first()


class CommitQuerySet(models.QuerySet["Commit"]):
    def after(self, seq: int) -> CommitQuerySet:
        """Commits after `seq`, oldest first."""
        return self.filter(seq__gt=seq).order_by("seq")

    def newest(self) -> CommitQuerySet:
        """Newest first."""
        return self.order_by("-seq")

    def heads(self, earlier: timedelta) -> CommitQuerySet:
        """The newest commit whose numbers are shown, by repository.

        `earlier_seq` is the newest commit before it, by topology, that is at least `earlier` older; null when
        the history is younger.
        """
        before = Commit.objects.filter(
            repository=OuterRef("repository"),
            seq__lt=OuterRef("seq"),
            committed_at__lte=OuterRef("committed_at") - earlier,
        ).order_by("-seq")
        return self.filter(seq=F("repository__current_epoch__replayed_seq")).annotate(
            earlier_seq=Subquery(before.values("seq")[:1])
        )


class Commit(models.Model):
    """A first parent of the tracked ref. `seq` numbers them from the root, which is 1: topology, never dates."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="commits")
    seq = models.PositiveIntegerField()
    sha = models.CharField(max_length=40)
    parent = models.CharField(max_length=40, blank=True)
    author = models.TextField()
    email = models.TextField()
    committed_at = models.DateTimeField()
    subject = models.TextField()
    merge = models.BooleanField(default=False)

    objects = CommitQuerySet.as_manager()

    class Meta:
        constraints = [
            # commit list and CommitQuerySet.after; one number per commit
            models.UniqueConstraint(fields=["repository", "seq"], name="commit_seq"),
            # commit page, which is addressed by sha; history.fork_point
            models.UniqueConstraint(fields=["repository", "sha"], name="commit_sha"),
        ]

    def __str__(self) -> str:
        return f"{self.short_sha} {self.subject}"

    @property
    def short_sha(self) -> str:
        return self.sha[:9]
