"""An epoch (one rule set, one configuration, one baseline) and its numbers by commit."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod
from django.utils import timezone

from .repositories import Repository


class EpochQuerySet(models.QuerySet["Epoch"]):
    def of_state(self, state: Epoch.State) -> EpochQuerySet:
        return self.filter(state=state)


class Epoch(models.Model):
    """Numbers inside one epoch are comparable, across epochs they are not.

    `replayed_seq` is the last commit whose numbers are written. A preview holds the head alone.
    """

    class State(models.TextChoices):
        PREVIEW = "preview"  # the head's violations, ages unknown, until the first replay is through
        BUILDING = "building"  # being replayed beside the live one, not shown
        LIVE = "live"
        RETIRED = "retired"  # keeps standings and tallies (the old line on the chart), no violations

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="epochs")
    n = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    config_toml = models.TextField()
    config_digest = models.CharField(max_length=64)
    config_in_repository = models.BooleanField(default=False)  # truthline.toml at the head, else the stored TOML
    ruleset = models.CharField(max_length=64)
    extractor = models.PositiveIntegerField()
    baseline_sha = models.CharField(max_length=40, blank=True)
    pinned = models.JSONField(null=True)  # scanner.engine.score.Pinned of the baseline; null until it is measured
    replayed_seq = models.PositiveIntegerField(default=0)
    rewound = models.BooleanField(default=False)  # places of open violations may be those of forgotten commits
    created_at = models.DateTimeField(default=timezone.now)

    objects = EpochQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "n"], name="epoch_n"),
            # publishing.publish: a swap cannot leave two of them
            *(
                models.UniqueConstraint(fields=["repository"], condition=Q(state=state), name=f"epoch_one_{state}")
                for state in ("preview", "building", "live")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository.name} · epoch {self.n}"

    @property
    def standing(self) -> Standing | None:
        """The numbers of the newest commit that is written."""
        return self.standings.filter(seq=self.replayed_seq).first()


class Baseline(models.Model):
    """What an epoch's proposals of canonical definitions rest on. Large, so not in the epoch's own row."""

    epoch = models.OneToOneField(Epoch, models.CASCADE, primary_key=True, related_name="baseline")
    ranking = models.JSONField()  # scanner.engine.ranking.Ranking

    def __str__(self) -> str:
        return f"baseline of epoch {self.epoch_id}"


class ResolvedTree(models.Model):
    """The newest commit's tree as the replay left it, so that the next one goes on without resolving it again.

    Whoever replays may find none, or that of another commit: it is then made anew.
    """

    epoch = models.OneToOneField(Epoch, models.CASCADE, primary_key=True, related_name="resolved_tree")
    sha = models.CharField(max_length=40)  # of the commit
    frozen = models.BinaryField()  # scanner.engine.frozen

    def __str__(self) -> str:
        return f"tree {self.sha[:9]} of epoch {self.epoch_id}"


class StandingQuerySet(models.QuerySet["Standing"]):
    def current(self) -> StandingQuerySet:
        """One row per repository: what its tile shows."""
        return self.filter(epoch__repository__current_epoch=F("epoch"), seq=F("epoch__replayed_seq"))

    def at(self, places: Collection[tuple[int, int]]) -> StandingQuerySet:
        """The rows of these (epoch id, seq)."""
        chosen = (Q(epoch=epoch, seq=seq) for epoch, seq in places)
        return self.filter(reduce(or_, chosen)) if places else self.none()

    def recent(self, commits: int, every: int = 1) -> StandingQuerySet:
        """One in `every` of the newest `commits` of each shown repository, the newest always, oldest first."""
        newest = F("epoch__replayed_seq")
        return (
            self.filter(epoch__repository__current_epoch=F("epoch"), seq__gt=newest - commits)
            .annotate(age=newest - F("seq"))
            .alias(phase=Mod("age", every))
            .filter(phase=0)
            .order_by("epoch", "seq")
        )

    def moved(self) -> StandingQuerySet:
        """Commits that introduced or fixed something."""
        return self.exclude(introduced=0, fixed=0)

    def trend(self) -> StandingQuerySet:
        """Oldest first, for charts."""
        return self.order_by("seq")


class Standing(models.Model):
    """The numbers of one commit in one epoch.

    `score` is 0–100, null where the tree is too far from the baseline to compare. `debt` is the
    weighted debt V of all areas. `d` and `v` map an area to its own denominator at this commit and
    to its debt. `python` = `analysed` + `unparsable` + `skipped` files;
    `scored` are those of production, tests and scripts. `awaited` is how many production files there
    were before over a fifth of them vanished at once; null when none are missing.
    """

    pk = models.CompositePrimaryKey("epoch_id", "seq")  # trend, commit list, StandingQuerySet.current
    epoch = models.ForeignKey(Epoch, models.CASCADE, related_name="standings", db_index=False)
    seq = models.PositiveIntegerField()
    score = models.FloatField(null=True)
    debt = models.FloatField()
    open = models.PositiveIntegerField()
    introduced = models.PositiveIntegerField()
    fixed = models.PositiveIntegerField()
    critical = models.PositiveIntegerField()  # open criticals of production code
    python = models.PositiveIntegerField()
    analysed = models.PositiveIntegerField()
    unparsable = models.PositiveIntegerField()
    skipped = models.PositiveIntegerField()
    scored = models.PositiveIntegerField()
    scored_analysed = models.PositiveIntegerField()
    production = models.PositiveIntegerField()
    awaited = models.PositiveIntegerField(null=True)
    inconclusive = models.BooleanField(default=False)
    d = models.JSONField(default=dict)
    v = models.JSONField(default=dict)

    objects = StandingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"epoch {self.epoch_id} at {self.seq}: {self.open} open"

    @property
    def coverage(self) -> float:
        """Analysed share of production, tests and scripts, 0–1; 1 when there are none."""
        return self.scored_analysed / self.scored if self.scored else 1.0


class TallyQuerySet(models.QuerySet["Tally"]):
    def at(self, seq: int) -> TallyQuerySet:
        """The newest row of each key up to `seq`: `open` is what is open there, 0 included."""
        key = ("service", "rule", "severity", "scope")
        return self.filter(seq__lte=seq).order_by(*key, "-seq").distinct(*key)

    def at_both(self, seq: int, earlier: int) -> tuple[list[Tally], list[Tally]]:
        """What `at` says of two commits, in one query."""
        rows: Any = self.at(seq).annotate(asked=Value(seq))
        both: list[Any] = list(rows.union(self.at(earlier).annotate(asked=Value(earlier)), all=True))
        return [row for row in both if row.asked == seq], [row for row in both if row.asked == earlier]

    def trend(self) -> TallyQuerySet:
        """Oldest first; a key's value holds until its next row."""
        return self.order_by("seq")


class Tally(models.Model):
    """Counts by key at one commit, written only for keys that changed there."""

    pk = models.CompositePrimaryKey("epoch_id", "seq", "service", "rule", "severity", "scope")  # trend, rewind
    epoch = models.ForeignKey(Epoch, models.CASCADE, related_name="tallies", db_index=False)
    seq = models.PositiveIntegerField()
    service = models.TextField()
    rule = models.CharField(max_length=60)
    severity = models.CharField(max_length=8)
    scope = models.CharField(max_length=10)
    open = models.PositiveIntegerField()
    introduced = models.PositiveIntegerField()
    fixed = models.PositiveIntegerField()

    objects = TallyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.rule} in {self.service} at {self.seq}: {self.open} open"
