"""Scans and their chunks of work. These rows are the truth; a broker's message only names a scan."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Now
from django.utils import timezone

from .epochs import Epoch
from .repositories import Repository

RUNNING = ("fetching", "extracting", "replaying")
ACTIVE = ("queued", *RUNNING)


class ScanQuerySet(models.QuerySet["Scan"]):
    def active(self) -> ScanQuerySet:
        """Waiting or running."""
        return self.filter(state__in=ACTIVE)

    def running(self) -> ScanQuerySet:
        return self.filter(state__in=RUNNING)

    def newest(self) -> ScanQuerySet:
        return self.order_by("-created_at", "-id")

    def per_repository(self) -> ScanQuerySet:
        """One scan per repository: the one that runs, else the newest."""
        running = Case(When(state__in=RUNNING, then=0), default=1)
        return self.order_by("repository_id", running, "-created_at", "-id").distinct("repository_id")

    def stale(self, silent_for: timedelta) -> ScanQuerySet:
        """Active ones that nobody has worked on for that long, by the database's clock."""
        return self.active().filter(heartbeat_at__lt=Now() - silent_for)


class Scan(models.Model):
    """One scan of a repository up to one head.

    `lease` names the process that works on it now (chunks aside, which many work on at once);
    `attempts` counts the starts since the last progress that came to no end. In this scan, `objects_total` are the
    objects that git fetches, `blobs_total` the files to analyse, `commits_total` the commits to replay.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        FETCHING = "fetching"
        EXTRACTING = "extracting"
        REPLAYING = "replaying"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Reason(models.TextChoices):
        CONNECTED = "connected"
        SCHEDULED = "scheduled"
        ASKED = "asked for"
        SETTINGS = "settings changed"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="scans", db_index=False)
    epoch = models.ForeignKey(Epoch, models.SET_NULL, null=True, related_name="scans")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    lease = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    head_sha = models.CharField(max_length=40, blank=True)
    head_seq = models.PositiveIntegerField(null=True)
    previewed = models.BooleanField(default=False)
    objects_total = models.PositiveIntegerField(default=0)
    objects_done = models.PositiveIntegerField(default=0)
    blobs_total = models.PositiveIntegerField(default=0)
    blobs_done = models.PositiveIntegerField(default=0)
    commits_total = models.PositiveIntegerField(default=0)
    commits_done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    log = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    joined: bool = False  # what scans.request found: it waited already

    objects = ScanQuerySet.as_manager()

    class Meta:
        constraints = [
            # scans.claim: one scan of a repository runs, and one may wait for it to end
            models.UniqueConstraint(fields=["repository"], condition=Q(state__in=RUNNING), name="scan_one_running"),
            models.UniqueConstraint(fields=["repository"], condition=Q(state="queued"), name="scan_one_queued"),
        ]
        indexes = [
            # scans page and the tile's last scan: ScanQuerySet.newest
            models.Index(fields=["repository", "-created_at", "-id"], name="scan_newest"),
            # schedule.resend_stale: ScanQuerySet.stale
            models.Index(fields=["heartbeat_at"], condition=Q(state__in=ACTIVE), name="scan_stale"),
        ]

    def __str__(self) -> str:
        return f"scan {self.pk} of {self.repository.name}: {self.state}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def took(self) -> timedelta | None:
        """From the first work to the end, or until now; None before it started."""
        if self.started_at is None:
            return None
        return (self.finished_at or timezone.now()) - self.started_at


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def unfinished(self) -> ChunkQuerySet:
        return self.filter(done=False)

    def claimable(self) -> ChunkQuerySet:
        """Unfinished ones that nobody works on, the head's first."""
        return self.unfinished().filter(heartbeat_at=None).order_by("n")


class Chunk(models.Model):
    """Some blobs whose facts are wanted; without any it stands for those of the history, which are still to be
    listed. Deleted when the scan ends."""

    scan = models.ForeignKey(Scan, models.CASCADE, related_name="chunks", db_index=False)
    n = models.PositiveIntegerField()
    head = models.BooleanField()  # holds blobs of the head's tree: the preview waits for these
    shas = ArrayField(models.CharField(max_length=40), blank=True)
    done = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)  # null: nobody works on it

    objects = ChunkQuerySet.as_manager()

    class Meta:
        constraints = [
            # chunks.claim: ChunkQuerySet.claimable
            models.UniqueConstraint(fields=["scan", "n"], name="chunk_n"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.n} of scan {self.scan_id}"

    @property
    def stands_for_history(self) -> bool:
        return not self.shas
