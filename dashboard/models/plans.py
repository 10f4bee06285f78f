"""A written plan beside a scanned repository: its phases, steps and criteria. Read models/evidence.py next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.utils import timezone

from scanner.models import Commit, Epoch, Repository

if TYPE_CHECKING:
    from .evidence import Evaluation, Override, Tick

MOST_ATTEMPTS = 3


class PlanQuerySet(models.QuerySet["Plan"]):
    def current(self) -> PlanQuerySet:
        """Plans that are not archived."""
        return self.filter(archived_at=None)

    def waiting(self) -> PlanQuerySet:
        """Current plans that were not evaluated at the newest commit of their repository's live epoch.

        After MOST_ATTEMPTS starts that came to no end one does not wait any more, until the next scan.
        """
        live = Epoch.objects.filter(repository=OuterRef("repository"), state=Epoch.State.LIVE, replayed_seq__gt=0)
        heads = Commit.objects.filter(
            repository=OuterRef("repository"),
            repository__epochs__state=Epoch.State.LIVE,
            seq=F("repository__epochs__replayed_seq"),
        )
        return (
            self.current()
            .filter(attempts__lt=MOST_ATTEMPTS)
            .alias(live=Subquery(live.values("pk")[:1]), head=Subquery(heads.values("sha")[:1]))
            .filter(live__isnull=False)
            .exclude(evaluated_epoch=F("live"), evaluated_sha=F("head"))
        )

    def with_waits(self) -> PlanQuerySet:
        """Each knows whether it `waits` for its evaluation."""
        return self.annotate(waits=Exists(Plan.objects.waiting().filter(pk=OuterRef("pk"))))


class Plan(models.Model):
    """One imported document.

    `markdown` is its text (repaired where it had to be), `document` what the importer understood of it
    (plan_markdown.as_json). `source_path` names the file it follows, empty for pasted text; `source_blob` is
    the content that was imported, `seen_blob` the file's at the evaluated commit, empty when it is gone. Commit
    `moved_sha` renamed that file; it was called `moved_from` before the plan followed it.
    The start is the commit from which "since the start" counts: `start_seq` is null while that commit is not
    in the recorded history; `start` holds the numbers there, of the epoch `start_epoch`, once they are known:
    {"score", "plan_score", "debt", "plan_debt", "open", "plan_open", "by_rule": {rule: open}}.
    `symbols` and `paths` are what the plan names of the tree and the registry; `d` is the denominator of its score.
    Criteria are evaluated up to commit `evaluated_seq` of `evaluated_epoch`; `attempts` are the starts of an
    evaluation since one came to its end.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="plans")
    slug = models.SlugField(max_length=80)
    title = models.TextField()
    document = models.JSONField()
    markdown = models.TextField()
    source_path = models.TextField(blank=True)
    source_blob = models.CharField(max_length=40, blank=True)
    seen_blob = models.CharField(max_length=40, blank=True)
    moved_from = models.TextField(blank=True)
    moved_sha = models.CharField(max_length=40, blank=True)
    start_sha = models.CharField(max_length=40, blank=True)
    start_seq = models.PositiveIntegerField(null=True)
    start_epoch = models.ForeignKey(Epoch, models.SET_NULL, null=True, related_name="+")
    start = models.JSONField(null=True)
    symbols = ArrayField(models.TextField(), default=list, blank=True)
    paths = ArrayField(models.TextField(), default=list, blank=True)
    d = models.PositiveIntegerField(default=20)
    repaired = models.CharField(max_length=20, blank=True)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    imported_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)
    evaluated_epoch = models.ForeignKey(Epoch, models.SET_NULL, null=True, related_name="+")
    evaluated_seq = models.PositiveIntegerField(default=0)
    evaluated_sha = models.CharField(max_length=40, blank=True)
    evaluated_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)  # why the last evaluation could not look at the repository itself

    waits: bool = False  # what PlanQuerySet.with_waits found

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["imported_at", "pk"]
        constraints = [
            # plan page, which is addressed by both
            models.UniqueConstraint(fields=["repository", "slug"], name="plan_slug"),
        ]

    def __str__(self) -> str:
        return self.title


class Phase(models.Model):
    """A phase of a plan; what else the document says of it stands in `facts`, as in its JSON form."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="phases", db_index=False)
    number = models.TextField()
    title = models.TextField()
    ordinal = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    priority = models.TextField(blank=True)
    priority_label = models.TextField(blank=True)
    risk = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            # plan page: the phases of a plan
            models.UniqueConstraint(fields=["plan", "number"], name="phase_number"),
        ]

    def __str__(self) -> str:
        return f"Phase {self.number}: {self.title}"


class Step(models.Model):
    """A step; `target_path` is the file that it names, `facts` all that the document says of it."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="steps")
    phase = models.ForeignKey(Phase, models.CASCADE, null=True, related_name="steps")
    ident = models.TextField()
    title = models.TextField()
    ordinal = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    target_path = models.TextField(blank=True)
    target_line = models.PositiveIntegerField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["ordinal"]

    def __str__(self) -> str:
        return f"Step {self.ident}: {self.title}"


class CriterionQuerySet(models.QuerySet["Criterion"]):
    def current(self) -> CriterionQuerySet:
        """Those that the document still holds."""
        return self.filter(archived_at=None)

    def boxes(self) -> CriterionQuerySet:
        """The boxes of the document, which progress counts."""
        return self.filter(kind=Criterion.Kind.CRITERION)

    def with_word(self, now: datetime) -> CriterionQuerySet:
        """Each with the machine's newest answer as `said`, its open `tick`, and the override in `force` at `now`.

        Each is None where there is none; of each there is one at most (evaluation_from, tick_one_open,
        override_one_open).
        """
        return self.annotate(
            said=FilteredRelation("evaluations", condition=Q(evaluations__until_seq=None)),
            tick=FilteredRelation("ticks", condition=Q(ticks__undone_at=None)),
            force=FilteredRelation("overrides", condition=Q(overrides__undone_at=None, overrides__until__gt=now)),
        ).select_related("said", "tick__user", "force__user")  # type: ignore[misc]  # django-stubs knows fields alone


class Criterion(models.Model):
    """Something that the plan wants to be true; `key` tells it apart over re-imports (dashboard.criteria).

    `predicate` is what the machine evaluates (dashboard.predicates), null while nothing is bound; it counts from
    the moment it is bound, a person confirms it later or at once. `predicate_reason` says why it was suggested.
    `ticked_in_document` is a box somebody ticked in the file: a claim without evidence.
    """

    class Kind(models.TextChoices):
        CRITERION = "criterion"
        CRITICAL = "critical", "critical validation"
        VALIDATION = "validation"
        STOP = "stop", "stop condition"
        EXPECTED = "expected", "expected result"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="criteria", db_index=False)
    phase = models.ForeignKey(Phase, models.SET_NULL, null=True, related_name="criteria")
    step = models.ForeignKey(Step, models.SET_NULL, null=True, related_name="criteria")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, related_name="children")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=32)
    text = models.TextField()
    ordinal = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    ticked_in_document = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    predicate = models.JSONField(null=True)
    predicate_reason = models.TextField(blank=True)
    predicate_confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    predicate_confirmed_at = models.DateTimeField(null=True)

    # What CriterionQuerySet.with_word found.
    said: Evaluation | None = None
    tick: Tick | None = None
    force: Override | None = None

    objects = CriterionQuerySet.as_manager()

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            # plans.reimport matches by it; two criteria of one plan cannot be one
            models.UniqueConstraint(fields=["plan", "key"], condition=Q(archived_at=None), name="criterion_key"),
        ]
        indexes = [
            # plan page: all criteria in the order of the document
            models.Index(fields=["plan", "ordinal"], name="criterion_order"),
        ]

    def __str__(self) -> str:
        return self.text
