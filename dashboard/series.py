"""What a predicate says commit by commit: a point where its answer changes, from lifetimes and from git's history."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from itertools import chain
from typing import Any, cast
from urllib.parse import urlencode

from django.db.models import Q

from dashboard.models import Evaluation, Plan
from dashboard.predicates import All, Bound, Count, Filters, NoNew, Op, PathAbsent, Predicate, Score, number
from scanner.engine import rule as engine_rules
from scanner.engine.config import Config
from scanner.engine.path_history import Touch, matching
from scanner.engine.score import EVERY_AREA, quarters
from scanner.engine.violation import Scope, Severity
from scanner.models import Epoch, Violation
from scanner.models.violations import ViolationQuerySet

Outcome = Evaluation.Outcome

MOST_PATHS = 20  # of those still there, in the evidence
_COMPARE: dict[Op, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Point:
    """From commit `seq` on, until the next point. `value`, `threshold` and `evidence` as in models.Evaluation."""

    seq: int
    outcome: Evaluation.Outcome
    value: float | None = None
    threshold: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """What predicates are answered from: one plan over the commits 1 to `head` of one epoch.

    `touches` are those of every path the predicates name, oldest first, with commits numbered by `seqs`; `problem`
    says why git could not be asked.
    """

    plan: Plan
    epoch: Epoch
    config: Config
    head: int
    touches: Sequence[Touch] = ()
    seqs: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


def points(predicate: Predicate, past: Past) -> list[Point]:
    """Return the answers, oldest first, none for what a person has to say. One query at most for each part."""
    match predicate:
        case PathAbsent(glob):
            found = _path(glob, past)
        case Count(filters, op, bound):
            found = _count(filters, op, bound, past)
        case NoNew(filters):
            found = _no_new(filters, past)
        case Score(op, bound):
            found = _score(op, bound, past)
        case All(parts):
            found = _all([points(part, past) or [_unknown(1, "a person has to say it")] for part in parts])
        case _:
            found = []
    return _merged(found)


def lifetimes(filters: Filters, past: Past) -> ViolationQuerySet:
    """Return the lifetimes that a filter means, its glob aside; info counts only where the rule says nothing else."""
    rows = Violation.objects.filter(epoch=past.epoch)
    named = {name: value for name in ("rule", "symbol", "scope", "service") if (value := getattr(filters, name))}
    rows = rows.filter(**named)
    if _severity(filters.rule) != "info":
        rows = rows.exclude(severity="info")
    return of_plan(rows, past.plan) if filters.plan else rows


def of_plan(rows: ViolationQuerySet, plan: Plan) -> ViolationQuerySet:
    """Keep what the plan names."""
    return rows.filter(Q(symbol__in=plan.symbols) | Q(path__in=plan.paths))


def plan_score(d: int, debt: Fraction) -> Fraction:
    """Return the plan score of a debt in whole points."""
    return 100 * Fraction(d) / (d + debt)


def plan_debts(past: Past) -> list[tuple[int, Fraction]]:
    """Return (seq, debt of what the plan names) wherever it changes, from commit 0 on."""
    weights: Counter[int] = Counter()
    rows = of_plan(Violation.objects.filter(epoch=past.epoch), past.plan)
    for introduced, fixed, name, severity, scope in rows.values_list(
        "introduced", "fixed", "rule", "severity", "scope"
    ).iterator():
        if name == EVERY_AREA or engine_rules.areas().get(name):
            weight = quarters(cast("Severity", severity), cast("Scope", scope))  # written from these
            weights[introduced] += weight
            if fixed:
                weights[fixed] -= weight
    return [(seq, Fraction(total, 4)) for seq, total in _running(weights)]


def at(changes: Iterable[tuple[int, Any]], seq: int) -> Any:
    """Return what holds at a commit, 0 before the first change."""
    value: Any = 0
    for when, what in changes:
        if when > seq:
            break
        value = what
    return value


def _path(glob: str, past: Past) -> list[Point]:
    if past.problem:
        return [_unknown(past.head, past.problem)]
    there: set[str] = set()
    found = [_absence(1, glob, there)]
    for touch in past.touches:
        seq = past.seqs.get(touch.commit)
        if seq is None or not matching(touch.path, glob):
            continue
        if touch.new is None:
            there.discard(touch.path)
        else:
            there.add(touch.path)
        found.append(_absence(seq, glob, there))
    return found


def _absence(seq: int, glob: str, there: set[str]) -> Point:
    evidence = {"kind": "path", "path": glob, "present": sorted(there)[:MOST_PATHS]}
    outcome = Outcome.FAIL if there else Outcome.PASS
    return Point(seq, outcome, float(len(there)), "absent", evidence)


def _count(filters: Filters, op: Op, bound: Bound, past: Past) -> list[Point]:
    first, problem = _first(bound == "start", past)
    if problem := problem or _unmeasured(filters, past):
        return [_unknown(first, problem)]
    deltas: Counter[int] = Counter()
    for introduced, fixed, path in lifetimes(filters, past).values_list("introduced", "fixed", "path").iterator():
        if not filters.path or matching(path, filters.path):
            deltas[introduced] += 1
            if fixed:
                deltas[fixed] -= 1
    return _compared(_running(deltas), op, bound, past, first, _query(filters, past))


def _no_new(filters: Filters, past: Past) -> list[Point]:
    first, problem = _first(True, past)
    if problem := problem or _unmeasured(filters, past):
        return [_unknown(first, problem)]
    rows = lifetimes(filters, past).filter(Q(fixed=None) | Q(fixed__gt=first)).order_by("introduced", "id")
    known: set[str] = set()
    old: set[int] = set()
    deltas: Counter[int] = Counter()
    columns = ("id", "introduced", "fixed", "path", "fingerprint", "continues", "continues__introduced")
    for pk, introduced, fixed, path, fingerprint, before, began in rows.values_list(*columns).iterator():
        if introduced <= first:
            known.add(fingerprint)
        if introduced <= first or fingerprint in known or before in old or (began and began <= first):
            old.add(pk)
        elif not filters.path or matching(path, filters.path):
            deltas[introduced] += 1
            if fixed:
                deltas[fixed] -= 1
    return _compared(_running(deltas), "==", 0.0, past, first, _query(filters, past), threshold="none new")


def _score(op: Op, bound: Bound, past: Past) -> list[Point]:
    first, problem = _first(bound == "start", past)
    if problem := problem or _unmeasured(Filters(plan=True), past):
        return [_unknown(first, problem)]
    scores = [(seq, plan_score(past.plan.d, debt)) for seq, debt in [(0, Fraction(0)), *plan_debts(past)]]
    evidence = {"kind": "score", "query": urlencode({"plan": past.plan.slug})}
    return _compared(scores, op, bound, past, first, evidence)


def _compared(
    changes: Sequence[tuple[int, Any]],
    op: Op,
    bound: Bound,
    past: Past,
    first: int,
    evidence: Mapping[str, Any],
    *,
    threshold: str = "",
) -> list[Point]:
    limit = at(changes, past.plan.start_seq or 0) if bound == "start" else Fraction(str(bound))
    said = threshold or f"{op} {number(round(float(limit), 4))}{' at the start' if bound == 'start' else ''}"
    return [
        Point(seq, Outcome.PASS if _COMPARE[op](value, limit) else Outcome.FAIL, float(value), said, evidence)
        for seq, value in [(first, at(changes, first)), *(change for change in changes if change[0] > first)]
    ]


def _all(parts: Sequence[Sequence[Point]]) -> list[Point]:
    found = []
    first = max(part[0].seq for part in parts)
    for seq in sorted({first, *(point.seq for point in chain(*parts) if point.seq > first)}):
        now = [next(point for point in reversed(part) if point.seq <= seq) for part in parts]
        outcomes = {point.outcome for point in now}
        outcome = next(one for one in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS) if one in outcomes)
        holding = sum(point.outcome == Outcome.PASS for point in now)
        told = [
            {"outcome": str(point.outcome), "value": point.value, "threshold": point.threshold, **point.evidence}
            for point in now
        ]
        found.append(Point(seq, outcome, float(holding), f"{len(parts)} of {len(parts)}", {"kind": "all", "of": told}))
    return found


def _first(relative: bool, past: Past) -> tuple[int, str]:
    """From which commit a predicate says something, and why it does not."""
    if not relative:
        return 1, ""
    if past.plan.start_seq is None:
        return past.head, "The plan has no start in this history, so nothing can be compared with it."
    return past.plan.start_seq, ""


def _unmeasured(filters: Filters, past: Past) -> str:
    """Say why a count of nothing would mean nothing."""
    rule = filters.rule
    if filters.plan and not (past.plan.symbols or past.plan.paths):
        return "The plan names no symbol and no path of this tree."
    if rule and rule not in engine_rules.all_rules():
        return f"There is no rule {rule}."
    registered = {canonical.symbol for canonical in past.config.canonical}
    if rule == "non-canonical-import" and (filters.symbol not in registered if filters.symbol else not registered):
        return f"{filters.symbol or 'No symbol'} has no registered canonical module: register it in the settings."
    if rule == "deprecated-import" and not past.config.deprecated:
        return "No module is declared deprecated: name it in the settings."
    if rule == "direct-environ" and not past.config.environment.accessors:
        return "No accessor of the environment is declared: name it in the settings."
    return ""


def _unknown(seq: int, why: str) -> Point:
    return Point(seq, Outcome.UNKNOWN, evidence={"kind": "unknown", "detail": why})


def _query(filters: Filters, past: Past) -> dict[str, Any]:
    """Where the violations page shows what was counted."""
    asked = {name: value for name in ("rule", "scope", "service") if (value := getattr(filters, name))}
    if text := filters.symbol or filters.path.split("*")[0]:
        asked["q"] = text
    if filters.plan:
        asked["plan"] = past.plan.slug
    return {"kind": "violations", "query": urlencode(asked)}


def _running(deltas: Mapping[int, int]) -> list[tuple[int, int]]:
    total, found = 0, []
    for seq in sorted(deltas):
        total += deltas[seq]
        found.append((seq, total))
    return found


def _merged(found: Sequence[Point]) -> list[Point]:
    """Keep the last word on each commit, and of equal neighbours the first."""
    kept: list[Point] = []
    for point in {point.seq: point for point in found}.values():
        if not kept or replace(point, seq=kept[-1].seq) != kept[-1]:
            kept.append(point)
    return kept


@cache
def _severity(rule: str) -> str:
    known = engine_rules.all_rules().get(rule)
    return known.severity if known else ""
