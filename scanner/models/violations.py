"""One row per lifetime of a violation, half-open: [introduced, fixed)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast

from .epochs import Epoch


class ViolationQuerySet(models.QuerySet["Violation"]):
    def open(self) -> ViolationQuerySet:
        """Open at the newest commit that is written."""
        return self.filter(fixed=None)

    def open_at(self, seq: int) -> ViolationQuerySet:
        """Open at commit `seq`."""
        return self.filter(Q(fixed=None) | Q(fixed__gt=seq), introduced__lte=seq)

    def introduced_in(self, seq: int) -> ViolationQuerySet:
        """New at commit `seq`; what only moved there is not new."""
        return self.filter(introduced=seq, continues=None)

    def fixed_in(self, seq: int) -> ViolationQuerySet:
        """Fixed by commit `seq`; what only moved there is not fixed."""
        return self.filter(fixed=seq, moved=False)

    def moved_in(self, seq: int) -> ViolationQuerySet:
        """Known before commit `seq`, which gave them another path, severity or scope."""
        return self.filter(introduced=seq, continues__isnull=False)

    def between(self, a: int, b: int) -> ViolationQuerySet:
        """New or fixed in the commits after `a` up to `b`."""
        return self.filter(
            Q(introduced__gt=a, introduced__lte=b, continues=None) | Q(fixed__gt=a, fixed__lte=b, moved=False)
        )

    def shown(self) -> ViolationQuerySet:
        """Of every repository's shown epoch."""
        return self.filter(epoch__repository__current_epoch=F("epoch"))

    def mentioning(self, text: str) -> ViolationQuerySet:
        """With the text in the path or the symbol, in whatever case."""
        return self.filter(Q(path__icontains=text) | Q(symbol__icontains=text))

    def with_sight(self) -> ViolationQuerySet:
        """Annotate `unread`: the file cannot be read at the newest commit, so this is what it held when it last could;
        and `sighted`: the file could be read again with the commit that introduced it, so that one of the commits
        before may have."""
        same = Violation.objects.filter(epoch=OuterRef("epoch"), path=OuterRef("path"), rule="unparsable-file")
        other = ~Q(rule="unparsable-file")
        return self.annotate(
            unread=ExpressionWrapper(other & Q(fixed=None) & Exists(same.filter(fixed=None)), BooleanField()),
            sighted=ExpressionWrapper(
                other & Q(continues=None) & Exists(same.filter(fixed=OuterRef("introduced"), moved=False)),
                BooleanField(),
            ),
        )

    def costing(
        self, rules: Mapping[str, float], severities: Mapping[str, float], scopes: Mapping[str, float]
    ) -> ViolationQuerySet:
        """Annotate `points`, the product of the three factors; a name that is not in its map counts nothing."""
        by_factor: dict[float, list[str]] = {}
        for rule, factor in rules.items():
            by_factor.setdefault(factor, []).append(rule)
        product = (
            Case(*(When(rule__in=names, then=Value(factor)) for factor, names in by_factor.items()), default=Value(0.0))
            * Case(
                *(When(severity=name, then=Value(float(factor))) for name, factor in severities.items()),
                default=Value(0.0),
            )
            * Case(
                *(When(scope=name, then=Value(float(factor))) for name, factor in scopes.items()), default=Value(0.0)
            )
        )
        # Without the cast PostgreSQL computes with decimals, and a value read as a float finds its own row no more.
        return self.annotate(points=Cast(ExpressionWrapper(product, output_field=FloatField()), FloatField()))

    def count_by_rule(self) -> models.QuerySet[Violation, tuple[str, int, int]]:
        """(rule, repository id, how many)."""
        return (
            self.order_by()
            .values_list("rule", "epoch__repository")
            .annotate(count=Count("id"))
            .order_by("rule", "epoch__repository")
        )

    def by_file(self) -> models.QuerySet[Violation, dict[str, Any]]:
        """Files by what their violations cost together, the dearest first. Needs `costing`."""
        return self.values("path").annotate(open=Count("id"), cost=Sum("points")).order_by("-cost", "-open", "path")

    def waived_on(self, day: date) -> ViolationQuerySet:
        """Those with a waiver in the code that holds on that day."""
        return self.filter(waived__until__gte=day.isoformat())

    def count_by_weight(self) -> models.QuerySet[Violation, tuple[str, str, str, int]]:
        """(rule, severity, scope, how many)."""
        keys = ("rule", "severity", "scope")
        return self.order_by().values_list(*keys).annotate(count=Count("id")).order_by(*keys)

    def newest(self, count: int) -> list[Violation]:
        """The newest `count` that came and the newest `count` that were fixed; `end` says which, in one query."""
        came = _with_end(self.newest_introduced(), "introduced")[:count]
        went = _with_end(self.newest_fixed(), "fixed")[:count]
        return sorted(
            came.union(went, all=True), key=lambda row: (-(row.fixed if row.end == "fixed" else row.introduced), row.pk)
        )

    def newest_introduced(self) -> ViolationQuerySet:
        return self.filter(continues=None).order_by("-introduced", "id")

    def newest_fixed(self) -> ViolationQuerySet:
        return self.filter(fixed__isnull=False, moved=False).order_by("-fixed", "id")


def _with_end(rows: Any, end: str) -> Any:
    """Annotate `end`, the same for every row."""
    return rows.annotate(end=Value(end))


class Violation(models.Model):
    """A violation from the commit that brought it to the commit that ended it.

    A rename, or another severity or scope, ends the row (`moved`) and starts one that
    `continues` it: neither new nor fixed. Place and message are the latest ones. The same
    fingerprint in a later row is the violation reopened.
    """

    epoch = models.ForeignKey(Epoch, models.CASCADE, related_name="violations", db_index=False)
    rule = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=32)
    path = models.TextField()
    symbol = models.TextField()
    line = models.PositiveIntegerField()
    end_line = models.PositiveIntegerField()
    severity = models.CharField(max_length=8)
    scope = models.CharField(max_length=10)
    service = models.TextField()
    message = models.TextField()
    canonical = models.TextField(blank=True)
    related = models.JSONField(default=list)  # [{"path", "line", "label"}]
    waived = models.JSONField(null=True)  # {"until", "reason"}, a waiver in the code
    introduced = models.PositiveIntegerField()
    fixed = models.PositiveIntegerField(null=True)
    moved = models.BooleanField(default=False)
    continues = models.ForeignKey("self", models.SET_NULL, null=True, related_name="continued_by")

    points: float  # set by ViolationQuerySet.costing
    unread: bool  # and these by ViolationQuerySet.with_sight
    sighted: bool
    end: str  # set by ViolationQuerySet.newest

    objects = ViolationQuerySet.as_manager()

    class Meta:
        constraints = [
            # recording: closes and updates by fingerprint; one open row each
            models.UniqueConstraint(
                fields=["epoch", "fingerprint"], condition=Q(fixed=None), name="violation_open_fingerprint"
            ),
            models.CheckConstraint(
                condition=Q(fixed=None) | Q(fixed__gt=models.F("introduced")), name="violation_span"
            ),
        ]
        indexes = [
            # commit page and newest_introduced; history.rewind deletes what began after the fork
            models.Index(fields=["epoch", "introduced", "id"], name="violation_introduced"),
            # commit page and newest_fixed; history.rewind reopens what ended after the fork
            models.Index(fields=["epoch", "fixed", "id"], condition=Q(fixed__isnull=False), name="violation_fixed"),
            # violations page: the open ones of a rule, keyset by id
            models.Index(fields=["epoch", "rule", "id"], condition=Q(fixed=None), name="violation_open_rule"),
            # violation page: earlier and later lifetimes of a fingerprint
            models.Index(fields=["epoch", "fingerprint", "introduced"], name="violation_history"),
            # symbol page: lifetimes of a symbol
            models.Index(fields=["epoch", "symbol"], name="violation_symbol"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.path}:{self.line}"

    @property
    def is_open(self) -> bool:
        return self.fixed is None

    def is_waived_on(self, day: date) -> bool:
        """Whether a waiver in the code holds on that day."""
        waiver: dict[str, str] = self.waived or {}
        return day.isoformat() <= waiver.get("until", "")
