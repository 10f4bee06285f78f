"""The score taken apart: which area, which rule, which violation costs how much. Every table here adds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import cast

from scanner.engine import rule as engine_rules
from scanner.engine.baseline import AREAS, Pinned
from scanner.engine.score import (
    AREA_WEIGHTS,
    SCOPE_QUARTERS,
    SEVERITY_WEIGHTS,
    AreaScore,
    Score,
    TallyKey,
    areas_of,
    measured_weight,
    quarters,
)
from scanner.engine.violation import Scope, Severity
from scanner.models import Epoch, Standing, Tally, Violation
from scanner.models.violations import ViolationQuerySet

AREA_OF_RULE: dict[str, str | None] = engine_rules.areas()


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What the open violations of one rule cost in one area. `terms` reads "162 × 4 + 12 × ½"."""

    rule: str
    open: int
    terms: str
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area: `given` + `lost` = what it may give at most. All None but the name when it was not measured."""

    name: str
    d: int | None
    v: float
    value: float | None
    weight: int
    given: float
    lost: float
    worst: bool = False
    loss_share: float = 0.0  # of the largest loss of all areas
    unit: float = 0.0  # points that one unit of weight costs
    open: int = 0
    rules: tuple[RuleLine, ...] = ()

    @property
    def share(self) -> float:
        return (self.value or 0.0) / 100


def score_of(standing: Standing, epoch: Epoch) -> Score | None:
    """Return the score of a commit with its areas; None before the epoch's denominators are pinned."""
    if epoch.pinned is None:
        return None
    pinned = Pinned.from_json(epoch.pinned)
    areas = {name: AreaScore(pinned.areas.get(name), Fraction(standing.v.get(name, 0))) for name in AREAS}
    return Score(areas, rules=AREA_OF_RULE)


def remeasured(standing: Standing, epoch: Epoch) -> float | None:
    """Return the score of a commit's own violations with its own D: all that a new epoch from there on would change
    by itself."""
    old = score_of(standing, epoch)
    if old is None:
        return None
    areas = {
        name: AreaScore(standing.d.get(name, area.d) if area.d is not None else None, area.v)
        for name, area in old.areas.items()
    }
    return Score(areas, rules=AREA_OF_RULE).value


def debt_by_symbol(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, Fraction]:
    """Return the weighted debt V of each symbol, from (symbol, severity, scope, how many are open)."""
    debts: dict[str, Fraction] = {}
    for symbol, severity, scope, count in rows:
        weight = Fraction(quarters(cast(Severity, severity), cast(Scope, scope)) * count, 4)
        debts[symbol] = debts.get(symbol, Fraction(0)) + weight
    return debts


def costed(rows: ViolationQuerySet, score: Score | None) -> ViolationQuerySet:
    """Annotate each violation with the `points` it takes off this score."""
    return rows.costing(
        {rule: unit_cost(score, rule) for rule in AREA_OF_RULE} if score else {},
        {severity: float(weight) for severity, weight in SEVERITY_WEIGHTS.items()},
        {scope: count / 4 for scope, count in SCOPE_QUARTERS.items()},
    )


def unit_cost(score: Score, rule: str) -> float:
    """Return what one unit of a rule's weight takes off the score."""
    key = TallyKey("", rule, "critical", "production")
    return float(score.share(key)) / SEVERITY_WEIGHTS["critical"]


def gain(score: Score, violation: Violation) -> float:
    """Return by how much the score rises when this one violation alone is fixed."""
    key = key_of(violation)
    total = measured_weight(score.areas)
    weight = Fraction(quarters(key.severity, key.scope), 4)
    gained = Fraction(0)
    for name in areas_of(key.rule, AREA_OF_RULE):
        area = score.areas[name]
        if area.d is not None and area.exact is not None:
            gained += (Fraction(100 * area.d) / (area.d + area.v - weight) - area.exact) * AREA_WEIGHTS[name] / total
    return float(gained)


def with_waivers(score: Score, waived: Iterable[tuple[str, str, str, int]]) -> float | None:
    """Return the score without what is waived: rows of (rule, severity, scope, how many are open)."""
    spared: dict[str, Fraction] = {}
    for rule, severity, scope, count in waived:
        for area in areas_of(rule, AREA_OF_RULE):
            weight = Fraction(quarters(cast(Severity, severity), cast(Scope, scope)) * count, 4)
            spared[area] = spared.get(area, Fraction(0)) + weight
    areas = {name: AreaScore(area.d, area.v - spared.get(name, 0)) for name, area in score.areas.items()}
    return Score(areas, rules=AREA_OF_RULE).value


def explain(score: Score | None, tallies: Iterable[Tally] = ()) -> list[AreaLine]:
    """Return the areas in their order; with the tallies of the same commit, each with its rules."""
    if score is None:
        return []
    total = measured_weight(score.areas)
    lost = {
        name: (100 - area.exact) * AREA_WEIGHTS[name] / total if area.exact is not None else Fraction(0)
        for name, area in score.areas.items()
    }
    most = max(lost.values(), default=Fraction(0))
    tallies = list(tallies)
    lines = []
    for name, area in score.areas.items():
        rules = _rules(score, name, tallies)
        given = area.exact * AREA_WEIGHTS[name] / total if area.exact is not None else Fraction(0)
        unit = Fraction(100 * AREA_WEIGHTS[name], total) / (area.d + area.v) if area.d is not None else Fraction(0)
        lines.append(
            AreaLine(
                name,
                area.d,
                float(area.v),
                area.value,
                AREA_WEIGHTS[name],
                float(given),
                float(lost[name]),
                worst=bool(most) and lost[name] == most,
                loss_share=float(lost[name] / most) if most else 0.0,
                unit=float(unit),
                open=sum(line.open for line in rules),
                rules=tuple(rules),
            )
        )
    return lines


def _rules(score: Score, area: str, tallies: Iterable[Tally]) -> list[RuleLine]:
    """The rules that count in an area, the dearest first."""
    total = measured_weight(score.areas)
    d, v = score.areas[area].d, score.areas[area].v
    mine = sorted((row for row in tallies if row.open and area in areas_of(row.rule, AREA_OF_RULE)), key=_by_rule)
    lines = []
    for rule, rows in groupby(mine, key=lambda row: row.rule):
        counts: dict[Fraction, int] = {}
        for row in rows:
            key = key_of(row)
            weight = Fraction(quarters(key.severity, key.scope), 4)
            counts[weight] = counts.get(weight, 0) + row.open
        weight = sum((each * count for each, count in counts.items()), Fraction(0))
        points = 100 * weight * AREA_WEIGHTS[area] / total / (d + v) if d is not None else Fraction(0)
        terms = " + ".join(f"{count:,} × {_weight(each)}" for each, count in sorted(counts.items(), reverse=True))
        lines.append(RuleLine(rule, sum(counts.values()), terms, float(weight), float(points)))
    return sorted(lines, key=lambda line: (-line.points, line.rule))


def key_of(row: Tally | Violation) -> TallyKey:
    """Return what a row is counted by.

    The database holds words; the models' writers made sure that they are severities and scopes.
    """
    return TallyKey(row.service, row.rule, cast(Severity, row.severity), cast(Scope, row.scope))


def _by_rule(row: Tally) -> tuple[str, str, str]:
    return row.rule, row.severity, row.scope


def _weight(weight: Fraction) -> str:
    whole, quarter = divmod(weight * 4, 4)
    return f"{whole or ''}{('', '¼', '½', '¾')[int(quarter)]}" or "0"
