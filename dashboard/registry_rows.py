"""What the registry page shows: registered symbols with their findings, and an effect as lines to compare."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Count

from dashboard import arithmetic
from dashboard.models import Plan, RegistrySurvey, RegistryVersion
from scanner.engine.baseline import Pinned
from scanner.engine.config import Config
from scanner.engine.score import AreaScore
from scanner.models import Epoch, Repository


@dataclass(frozen=True, slots=True)
class Standing:
    """How a registered symbol or a deprecated module stands at the shown commit: its open findings, and a symbol's
    score, None while it is not defined at its canonical module."""

    open: int = 0
    score: float | None = None


def standings(epoch: Epoch | None, config: Config) -> dict[str, Standing]:
    """Return how each symbol and deprecated module of a configuration stands, in one query."""
    names = {entry.symbol for entry in config.canonical} | {entry.module for entry in config.deprecated}
    if epoch is None or not names:
        return {}
    rows = list(
        epoch.violations.open()
        .filter(symbol__in=names)
        .order_by()
        .values_list("symbol", "severity", "scope")
        .annotate(count=Count("pk"))
    )
    debts = arithmetic.debt_by_symbol(rows)
    pinned = Pinned.from_json(epoch.pinned).symbols if epoch.pinned else {}
    return {
        name: Standing(
            sum(count for symbol, _, _, count in rows if symbol == name),
            AreaScore(pinned[name], debts.get(name, Fraction(0))).value if name in pinned else None,
        )
        for name in names
    }


def suggested(survey: RegistrySurvey | None, config: Config, repository: Repository) -> list[dict[str, Any]]:
    """Return what a survey found and nobody has registered since, first what a current plan names (`named`)."""
    taken = {entry.symbol for entry in config.canonical}
    rows = [row for row in (survey.found if survey else []) if row["symbol"] not in taken]
    if not rows:
        return []
    plans = Plan.objects.current().filter(repository=repository).values_list("symbols", flat=True)
    named = {name for symbols in plans for name in symbols}
    marked = [row | {"named": row["symbol"] in named} for row in rows]
    return sorted(marked, key=lambda row: not row["named"])


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Open findings of one rule and what they add to the weighted debt V, now and then."""

    rule: str
    before: int
    after: int
    debt: tuple[float, float]

    @property
    def moved(self) -> int:
        return self.after - self.before

    @property
    def debt_moved(self) -> float:
        return self.debt[1] - self.debt[0]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a configuration would do to the numbers of one commit.

    `moved` is by how much the score differs; `by_size` of it comes from measuring D at that commit, the rest,
    `by_registry`, from the configuration. All None where one of the scores is.
    """

    sha: str
    score: tuple[float | None, float | None]
    debt: tuple[float, float]
    open: tuple[int, int]
    rules: tuple[RuleChange, ...]
    symbols: tuple[tuple[str, float], ...]
    remeasured: float | None

    @property
    def moved(self) -> float | None:
        before, after = self.score
        return None if before is None or after is None else after - before

    @property
    def by_size(self) -> float | None:
        return None if self.moved is None or self.remeasured is None else self.remeasured - (self.score[0] or 0.0)

    @property
    def by_registry(self) -> float | None:
        return None if self.moved is None or self.by_size is None else self.moved - self.by_size

    @property
    def debt_moved(self) -> float:
        return self.debt[1] - self.debt[0]

    @property
    def open_moved(self) -> int:
        return self.open[1] - self.open[0]


def effect_of(version: RegistryVersion) -> Effect | None:
    """Return a version's stored effect; None while it is not measured."""
    if version.effect is None:
        return None
    before, after = version.effect["before"], version.effect["after"]
    changes = [
        RuleChange(
            name,
            before["by_rule"].get(name, 0),
            after["by_rule"].get(name, 0),
            (before["debt_by_rule"].get(name, 0.0), after["debt_by_rule"].get(name, 0.0)),
        )
        for name in before["by_rule"].keys() | after["by_rule"].keys()
    ]
    return Effect(
        sha=before["sha"],
        score=(before["score"], after["score"]),
        debt=(before["debt"], after["debt"]),
        open=(before["open"], after["open"]),
        rules=tuple(sorted(changes, key=_most_changed)),
        symbols=tuple(sorted(after["symbols"].items(), key=lambda item: (item[1], item[0]))),
        remeasured=version.effect["remeasured"],
    )


def _most_changed(change: RuleChange) -> tuple[float, int, str]:
    return -abs(change.debt_moved), -abs(change.moved), change.rule
