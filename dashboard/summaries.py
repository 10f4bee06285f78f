"""What a repository is at, in a few numbers: its tile on the overview and the line under every heading."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from dashboard import arithmetic
from dashboard.arithmetic import AreaLine
from dashboard.trends import Sparkline, sparkline
from dashboard.words import number, plural
from scanner.engine.score import Score
from scanner.models import Commit, Epoch, Repository, Scan, Standing

# What "moved" compares with: the same repository, this much earlier in its own history.
LOOKBACK = timedelta(days=7)
SPARKLINE_COMMITS = 240
SPARKLINE_EVERY = 4


@dataclass(frozen=True)
class Summary:
    """The shown numbers of one repository. Without a standing its first scan has not got that far."""

    repository: Repository
    now: datetime
    scan: Scan | None
    standing: Standing | None = None
    head: Any = None  # Commit with `earlier_seq`
    earlier: Standing | None = None
    spark: Sparkline = field(default_factory=lambda: sparkline([]))

    @property
    def epoch(self) -> Epoch | None:
        return self.repository.current_epoch

    @cached_property
    def score(self) -> Score | None:
        """The shown score, to be taken apart."""
        return arithmetic.score_of(self.standing, self.epoch) if self.standing and self.epoch else None

    @property
    def lost(self) -> float | None:
        """What the score lacks of 100: what all open violations cost together."""
        return 100 - self.score.value if self.score and self.score.value is not None else None

    @property
    def areas(self) -> list[AreaLine]:
        return arithmetic.explain(self.score)

    @property
    def previewed(self) -> bool:
        """The numbers are of the head alone; history is still being read."""
        return self.epoch is not None and self.epoch.state == Epoch.State.PREVIEW

    @property
    def moved(self) -> float | None:
        """By how much the score differs from LOOKBACK before the shown commit; None when it cannot be compared."""
        if self.standing is None or self.earlier is None:
            return None
        if self.standing.score is None or self.earlier.score is None:
            return None
        return self.standing.score - self.earlier.score

    @property
    def debt_moved(self) -> float | None:
        return None if self.standing is None or self.earlier is None else self.standing.debt - self.earlier.debt

    @property
    def recent(self) -> bool:
        """The shown commit is so new that "in 7 days" is the last seven days."""
        return self.head is not None and self.now - self.head.committed_at < LOOKBACK

    @property
    def late_by(self) -> timedelta | None:
        return self.repository.late_by(self.now)

    @property
    def failed(self) -> bool:
        return self.scan is not None and self.scan.state == Scan.State.FAILED

    @property
    def running(self) -> bool:
        return self.scan is not None and self.scan.is_active

    @property
    def needs(self) -> bool:
        """A person has to do something before the numbers can be believed."""
        return self.failed or bool(self.late_by) or (self.standing is not None and self.standing.inconclusive)

    @property
    def doubt(self) -> str:
        """Why the shown score must not be believed yet, in a sentence; empty when it may be."""
        row = self.standing
        if row is None or not row.inconclusive:
            return ""
        if row.awaited:
            return (
                f"over a fifth of the production files vanished in one commit: there were {number(row.awaited)}, "
                f"now there are {number(row.production)}."
            )
        if row.scored_analysed < row.scored:
            return (
                f"{number(row.scored_analysed)} of {plural(row.scored, 'file')} were analysed, and "
                f"{number(row.scored - row.scored_analysed)} could not be read. Missing is not a pass."
            )
        return "too few of the files that an area is about could be read."

    @property
    def trust(self) -> int:
        """0 = somebody has to look, 3 = fine: the order of the overview."""
        if self.failed or self.late_by:
            return 0
        if self.standing is None or self.standing.inconclusive or self.previewed:
            return 1
        return 2 if self.standing.critical else 3


def summarise(repositories: Collection[Repository], now: datetime, *, lines: bool = False) -> list[Summary]:
    """Return a summary of each, in their order, in at most five queries; `lines` adds the sparklines."""
    heads: dict[int, Any] = {
        head.repository_id: head for head in Commit.objects.filter(repository__in=repositories).heads(LOOKBACK)
    }
    epochs = {one.pk: one.current_epoch for one in repositories if one.current_epoch}
    places = []
    for pk, epoch in epochs.items():
        places.append((epoch.pk, epoch.replayed_seq))
        if pk in heads and heads[pk].earlier_seq:
            places.append((epoch.pk, heads[pk].earlier_seq))
    standings = {(row.epoch_id, row.seq): row for row in Standing.objects.at(places)}
    scans = {
        scan.repository_id: scan
        for scan in Scan.objects.filter(repository__in=repositories).defer("log").per_repository()
    }
    scores = _scores(repositories) if lines else {}

    def summary(repository: Repository) -> Summary:
        epoch, head = epochs.get(repository.pk), heads.get(repository.pk)
        return Summary(
            repository,
            now,
            scans.get(repository.pk),
            standings.get((epoch.pk, epoch.replayed_seq)) if epoch else None,
            head,
            standings.get((epoch.pk, head.earlier_seq)) if epoch and head else None,
            sparkline(scores.get(epoch.pk, []) if epoch else []),
        )

    return [summary(repository) for repository in repositories]


def _scores(repositories: Collection[Repository]) -> dict[int, list[float | None]]:
    scores: dict[int, list[float | None]] = {}
    rows = Standing.objects.filter(epoch__repository__in=repositories).recent(SPARKLINE_COMMITS, SPARKLINE_EVERY)
    for epoch, score in rows.values_list("epoch", "score"):
        scores.setdefault(epoch, []).append(score)
    return scores


def by_trust(summaries: Sequence[Summary]) -> list[Summary]:
    """Worst trust first, then by name: whoever opens the overview wants to know whether to act."""
    return sorted(summaries, key=lambda one: (one.trust, one.repository.name.lower()))
