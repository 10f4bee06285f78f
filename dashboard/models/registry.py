"""What a repository's configuration was, is, and may become: every saved text stays."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from scanner.models import Epoch, Repository

from .attempted import Attempted


class RegistryVersionQuerySet(models.QuerySet["RegistryVersion"]):
    def saved(self) -> RegistryVersionQuerySet:
        """Versions that are or were in force, the newest first."""
        return self.filter(state=RegistryVersion.State.SAVED).order_by("-n")

    def drafts(self) -> RegistryVersionQuerySet:
        """Texts that nobody has saved yet, the newest first."""
        return self.exclude(state=RegistryVersion.State.SAVED).order_by("-pk")

    def waiting(self) -> RegistryVersionQuerySet:
        """Drafts to be measured."""
        return self.filter(state=RegistryVersion.State.DRAFT)

    def listed(self) -> RegistryVersionQuerySet:
        """Drafts, then saved ones, the newest first, without their texts."""
        order = (F("n").desc(nulls_first=True), "-pk")
        return self.select_related("author").defer("config_toml", "effect").order_by(*order)


class RegistryVersion(Attempted):
    """One text of truthline.toml, by whom and why.

    `n` counts the saved ones of a repository from 1; `base_n` was the newest one when a draft was made or last
    measured, 0 for none. `effect` is what it does to the numbers of the commit that was shown then: {"seq",
    "before": numbers, "after": numbers, "remeasured"}, numbers as in scanner.trials.Trial; `remeasured` is the score
    before with the size (D) of that commit. `problem` says why it could not be measured.
    """

    class State(models.TextChoices):
        DRAFT = "draft"  # to be measured
        MEASURED = "measured"
        FAILED = "failed"  # could not be measured; it may be saved nevertheless
        SAVED = "saved"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    n = models.PositiveIntegerField(null=True)
    base_n = models.PositiveIntegerField(default=0)
    config_toml = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    effect = models.JSONField(null=True)
    problem = models.TextField(blank=True)

    objects = RegistryVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            # registry page: RegistryVersionQuerySet.saved
            models.UniqueConstraint(fields=["repository", "n"], name="registry_version_n"),
            models.CheckConstraint(condition=Q(state="saved") ^ Q(n=None), name="registry_version_saved_has_n"),
        ]

    def __str__(self) -> str:
        return f"{self.repository.name} · {self.name}"

    @property
    def name(self) -> str:
        return f"version {self.n}" if self.n else "draft"

    @property
    def is_saved(self) -> bool:
        return self.state == self.State.SAVED

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.DRAFT


class RegistrySurveyQuerySet(models.QuerySet["RegistrySurvey"]):
    def waiting(self) -> RegistrySurveyQuerySet:
        """Asked for, and not looked for since."""
        return self.filter(asked_at__isnull=False).filter(Q(at=None) | Q(at__lt=F("asked_at")))


class RegistrySurvey(Attempted):
    """The symbols worth registering at one commit, looked for by a worker.

    `found` holds [{"symbol", "module", "public", "importance", "reason"}], the best first, for the configuration of
    `epoch`, looked for at `at`.
    """

    repository = models.OneToOneField(Repository, models.CASCADE, primary_key=True, related_name="+")
    epoch = models.ForeignKey(Epoch, models.SET_NULL, null=True, related_name="+")
    sha = models.CharField(max_length=40, blank=True)
    found = models.JSONField(default=list)
    asked_at = models.DateTimeField(null=True)  # by a person, or by a scan with a new configuration
    at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    objects = RegistrySurveyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"symbols worth registering in {self.repository.name}"

    @property
    def is_waiting(self) -> bool:
        return self.asked_at is not None and (self.at is None or self.at < self.asked_at)
