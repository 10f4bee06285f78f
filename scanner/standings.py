"""The numbers of each replayed commit, carried from one step to the next."""

from __future__ import annotations

from typing import NamedTuple, cast

from psycopg.types.json import Jsonb

from .engine import baseline, coverage, rule, score
from .engine.replay import Step
from .engine.violation import Scope, Severity
from .models import Epoch


class Row(NamedTuple):
    """A row of scanner_standing, by its columns."""

    epoch_id: int
    seq: int
    score: float | None
    debt: float
    open: int
    introduced: int
    fixed: int
    critical: int
    python: int
    analysed: int
    unparsable: int
    skipped: int
    scored: int
    scored_analysed: int
    production: int
    awaited: int | None
    inconclusive: bool
    d: Jsonb
    v: Jsonb


class Reckoner:
    """What is open by key, and the debts from it: starts at the epoch's replayed commit and takes each next step."""

    def __init__(self, epoch: Epoch, pinned: baseline.Pinned) -> None:
        self.epoch = epoch
        self.pinned = pinned
        self._open: dict[score.TallyKey, int] = {}
        self._debts = score.Debts(rule.areas())
        self._scored: tuple[tuple[coverage.Coverage, bool], score.Score] | None = None  # the last, and what it was of
        before = epoch.standing
        self._production = before.production if before else 0
        self._awaited = before.awaited if before else None
        for row in epoch.tallies.at(epoch.replayed_seq):
            key = score.TallyKey(row.service, row.rule, cast("Severity", row.severity), cast("Scope", row.scope))
            self._set(key, row.open)

    def row(self, seq: int, step: Step) -> Row:
        """Return the standing of commit `seq`, which is the next one."""
        for key, tally in step.tally.items():
            self._set(key, tally.open)
            self._scored = None
        seen = step.coverage
        files = seen.production.files
        self._awaited = coverage.missing_since(self._awaited, self._production, files)
        if step.commit.sha == self.epoch.baseline_sha:
            self._awaited = None  # D is pinned to this tree: what vanished before it is not waited for
        self._production = files
        result = self._score(seen, missing=self._awaited is not None)
        counts = step.obligations.total
        return Row(
            self.epoch.pk,
            seq,
            score=result.value if baseline.comparable(self.pinned, counts) else None,
            debt=float(result.debt),
            open=step.open,
            introduced=len(step.introduced),
            fixed=len(step.fixed),
            critical=self._critical(),
            python=seen.python,
            analysed=seen.analysed,
            unparsable=seen.unparsable,
            skipped=seen.skipped,
            scored=seen.scored.files,
            scored_analysed=seen.scored.analysed,
            production=files,
            awaited=self._awaited,
            inconclusive=result.inconclusive,
            d=Jsonb(baseline.own(counts)),
            v=Jsonb({name: float(area.v) for name, area in result.areas.items()}),
        )

    def _score(self, seen: coverage.Coverage, *, missing: bool) -> score.Score:
        """Return the score, which most commits leave as it was."""
        if self._scored is None or self._scored[0] != (seen, missing):
            self._scored = (seen, missing), score.score(self._debts, self.pinned, seen, missing=missing)
        return self._scored[1]

    def _set(self, key: score.TallyKey, count: int) -> None:
        self._debts.add_key(key, count - self._open.get(key, 0))
        self._open[key] = count

    def _critical(self) -> int:
        return sum(n for key, n in self._open.items() if key.severity == "critical" and key.scope == "production")
