"""What is known about a criterion: the machine's evaluations, people's ticks and overrides, and checked claims."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from scanner.models import Epoch

from .plans import Criterion, Plan, Step


class Evaluation(models.Model):
    """What a predicate said from commit `from_seq` up to `until_seq`, which is left out; null: still at the newest.

    A row per change of outcome, value or threshold. `value` is a number, or null where there is none; `evidence`
    holds {"kind": "violations", "query": <of the violations page>} or {"kind": "path", "path", "present"} or
    {"kind": "score", …}, and in "detail" one sentence.
    """

    class Outcome(models.TextChoices):
        PASS = "pass"  # noqa: S105
        FAIL = "fail"
        UNKNOWN = "unknown"

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="evaluations", db_index=False)
    epoch = models.ForeignKey(Epoch, models.CASCADE, related_name="+")
    from_seq = models.PositiveIntegerField()
    until_seq = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    value = models.FloatField(null=True)
    threshold = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["from_seq"]
        constraints = [
            # states.of_plan and evaluation.evaluate: the history of a criterion; one outcome per commit
            models.UniqueConstraint(fields=["criterion", "from_seq"], name="evaluation_from"),
            models.CheckConstraint(
                condition=Q(until_seq=None) | Q(until_seq__gt=F("from_seq")), name="evaluation_span"
            ),
        ]
        indexes = [
            # states.of_plan: what holds at the newest commit
            models.Index(fields=["criterion"], condition=Q(until_seq=None), name="evaluation_current"),
        ]

    def __str__(self) -> str:
        return f"criterion {self.criterion_id}: {self.outcome} from {self.from_seq}"


class TickQuerySet(models.QuerySet["Tick"]):
    def open(self) -> TickQuerySet:
        """Not undone."""
        return self.filter(undone_at=None)


class Tick(models.Model):
    """A person says that a criterion holds, at commit `sha`. What the machine finds has no rows here."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="ticks", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    sha = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = TickQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            # checklists.tick: two people at once make one tick
            models.UniqueConstraint(fields=["criterion"], condition=Q(undone_at=None), name="tick_one_open"),
        ]
        indexes = [
            # plan page: who ticked and undid before
            models.Index(fields=["criterion", "-at"], name="tick_history"),
        ]

    def __str__(self) -> str:
        return f"criterion {self.criterion_id} ticked by {self.user}"


class OverrideQuerySet(models.QuerySet["Override"]):
    def open(self) -> OverrideQuerySet:
        """Not ended by a person; `until` may have passed."""
        return self.filter(undone_at=None)

    def in_force(self, at: datetime) -> OverrideQuerySet:
        return self.open().filter(until__gt=at)


class Override(models.Model):
    """A lead lets a criterion count as attested although the machine says no, for a reason and until a moment."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="overrides", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField()
    until = models.DateTimeField()
    sha = models.CharField(max_length=40, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            # checklists.override
            models.UniqueConstraint(fields=["criterion"], condition=Q(undone_at=None), name="override_one_open"),
        ]
        indexes = [
            # plan page
            models.Index(fields=["criterion", "-at"], name="override_history"),
        ]

    def __str__(self) -> str:
        return f"criterion {self.criterion_id} overridden until {self.until:%Y-%m-%d}"


class ClaimResultQuerySet(models.QuerySet["ClaimResult"]):
    def current(self) -> ClaimResultQuerySet:
        """Of the newest evaluated commit."""
        return self.filter(until_seq=None)


class ClaimResult(models.Model):
    """What the tree says about a statement of the plan, from commit `from_seq` up to `until_seq`, half-open.

    `line` is the statement's line in the plan, `text` what it claims, `path` the file it is about. `detail` is the
    nearest truth in words, `sha` the commit that it names, empty for the evaluated one, `link_line` the line in
    `path` there that shows it.
    """

    class Kind(models.TextChoices):
        EXISTS = "exists", "the file exists"
        LINE = "line", "the line is still there"
        DEFINED = "defined", "the symbol is defined there"
        DUPLICATE = "duplicate", "it is a duplicate"
        MODULE = "module", "the module exists"

    class Result(models.TextChoices):
        HOLDS = "holds"
        MOVED = "moved"
        GONE = "gone"
        NEVER = "never", "never true in this history"
        FALSE = "false"
        UNKNOWN = "not checkable"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="claims", db_index=False)
    step = models.ForeignKey(Step, models.SET_NULL, null=True, related_name="claims")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    line = models.PositiveIntegerField()
    text = models.TextField()
    path = models.TextField(blank=True)
    symbol = models.TextField(blank=True)
    result = models.CharField(max_length=13, choices=Result.choices)
    detail = models.TextField()
    sha = models.CharField(max_length=40, blank=True)
    link_line = models.PositiveIntegerField(null=True)
    from_seq = models.PositiveIntegerField()
    until_seq = models.PositiveIntegerField(null=True)

    objects = ClaimResultQuerySet.as_manager()

    class Meta:
        ordering = ["line", "pk"]
        indexes = [
            # plan page and claims.check: what is true now
            models.Index(fields=["plan", "line"], condition=Q(until_seq=None), name="claim_current"),
        ]

    def __str__(self) -> str:
        return f"{self.text}: {self.result}"
