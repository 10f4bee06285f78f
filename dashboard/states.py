"""How a criterion stands: what the machine found, what people said, and which of them counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Q
from django.utils import timezone

from dashboard.models import Criterion, Evaluation, Override, Plan, Tick
from scanner.models import Commit

Name = Literal["contradicted", "regressed", "failing", "stale", "not evaluated", "attested", "verified"]
# The loudest first: the order in which a page lists them.
NAMES: tuple[Name, ...] = ("contradicted", "regressed", "failing", "stale", "not evaluated", "attested", "verified")

# A person's word ages with the commits after it; in a quiet tree it stays true.
STALE_COMMITS = 200
STALE_AFTER = timedelta(days=30)
MOST_SAID = 50

_Row = tuple[int, int | None, str]  # from_seq, until_seq, outcome


@dataclass(frozen=True, slots=True)
class State:
    """One criterion at the newest evaluated commit.

    `since` is the commit from which the machine's answer holds, for a failing one the commit that broke it (or where
    its record begins), None where the machine says nothing. `override` is set where a lead lets a failing one
    count. `in_document`: only the box in the file says that it is done, nobody here did.
    """

    name: Name
    evaluation: Evaluation | None = None
    since: Commit | None = None
    tick: Tick | None = None
    override: Override | None = None
    in_document: bool = False
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether it counts for progress."""
        return self.name in {"verified", "attested"}


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the document's boxes: how many there are in each state. Never a share of bare ticks."""

    total: int
    counts: Mapping[str, int]

    @property
    def verified(self) -> int:
        return self.counts.get("verified", 0)

    @property
    def attested(self) -> int:
        return self.counts.get("attested", 0)

    @property
    def contradicted(self) -> int:
        return self.counts.get("contradicted", 0)

    @property
    def holding(self) -> int:
        return self.verified + self.attested


@dataclass(frozen=True, slots=True)
class PlanStates:
    """All current criteria of a plan in the order of the document, and the state of each by its id."""

    plan: Plan
    criteria: Sequence[Criterion]
    of: Mapping[int, State]
    at: Commit | None

    def progress(self, criteria: Iterable[Criterion] | None = None) -> Progress:
        """Return the progress of the boxes among these criteria, or of the whole plan."""
        chosen = self.criteria if criteria is None else criteria
        boxes = [one for one in chosen if one.kind == Criterion.Kind.CRITERION]
        return Progress(len(boxes), Counter(self.of[one.pk].name for one in boxes))

    def contradictions(self) -> list[Criterion]:
        """What people say and the machine denies, in the order of the document."""
        return [one for one in self.criteria if self.of[one.pk].name == "contradicted"]


@dataclass(frozen=True, slots=True)
class Record:
    """One criterion's state, and what the machine said from which commit on: at most MOST_SAID, the newest first."""

    state: State
    said: Sequence[tuple[Evaluation, Commit | None]]


def of_plan(plan: Plan, now: datetime | None = None) -> PlanStates:
    """Return the state of every criterion, in three queries."""
    rows = plan.criteria.current().with_word(now or timezone.now())
    criteria = list(rows.select_related("phase", "step", "predicate_confirmed_by"))
    said = Evaluation.objects.filter(criterion__in=[one.pk for one in criteria]).order_by("from_seq")
    history: dict[int, list[_Row]] = {}
    for pk, start, until, outcome in said.values_list("criterion", "from_seq", "until_seq", "outcome"):
        history.setdefault(pk, []).append((start, until, outcome))
    commits = _commits(plan, criteria, history)
    found = {one.pk: _state(plan, one, history.get(one.pk, []), commits) for one in criteria}
    return PlanStates(plan, criteria, found, commits.get(plan.evaluated_seq))


def record_of(criterion: Criterion) -> Record:
    """Return what is known of a criterion that was read `with_word`, in two queries."""
    plan = criterion.plan
    said = list(criterion.evaluations.order_by("from_seq"))
    rows: list[_Row] = [(one.from_seq, one.until_seq, one.outcome) for one in said]
    newest = said[: -MOST_SAID - 1 : -1]
    commits = _commits(plan, [criterion], {criterion.pk: rows}, {one.from_seq for one in newest})
    state = _state(plan, criterion, rows, commits)
    return Record(state, [(one, commits.get(one.from_seq)) for one in newest])


def _commits(
    plan: Plan, criteria: Iterable[Criterion], history: Mapping[int, Sequence[_Row]], others: Iterable[int] = ()
) -> dict[int | str, Commit]:
    """The commits that states name, by number and by id."""
    seqs = {plan.evaluated_seq, *others, *(_began(rows) for rows in history.values() if rows)}
    shas = {one.tick.sha for one in criteria if one.tick and one.tick.sha}
    rows = list(plan.repository.commits.filter(Q(seq__in=seqs) | Q(sha__in=shas)))
    return {row.seq: row for row in rows} | {row.sha: row for row in rows}


def _state(plan: Plan, one: Criterion, past: Sequence[_Row], commits: Mapping[int | str, Commit]) -> State:
    head = commits.get(plan.evaluated_seq)
    return judge(
        one.said,
        broken=_held_before(past, plan.start_seq),
        since=commits.get(_began(past)) if past else None,
        tick=one.tick,
        too_old=too_old(one.tick, commits.get(one.tick.sha), head) if one.tick else "",
        override=one.force,
        in_document=one.ticked_in_document,
    )


def judge(
    evaluation: Evaluation | None,
    *,
    broken: bool = False,
    since: Commit | None = None,
    tick: Tick | None = None,
    too_old: str = "",
    override: Override | None = None,
    in_document: bool = False,
) -> State:
    """Weigh what is known: the machine's yes and no come before a person's word, a lead's override before its no.

    `broken`: the machine said yes before, since the start. `too_old` says why the tick is no evidence any more.
    """
    outcome = evaluation.outcome if evaluation else Evaluation.Outcome.UNKNOWN
    detail = str(evaluation.evidence.get("detail", "")) if evaluation else ""
    only_document = in_document and tick is None

    def state(name: Name, detail: str = detail, override: Override | None = None) -> State:
        return State(name, evaluation, since, tick, override, only_document, detail)

    if outcome == Evaluation.Outcome.PASS:
        return state("verified")
    if override is not None:
        return state("attested", override.reason, override)
    if outcome == Evaluation.Outcome.FAIL:
        if tick is not None or in_document:
            return state("contradicted")
        return state("regressed" if broken else "failing")
    if tick is not None:
        return state("stale", too_old) if too_old else state("attested", tick.note)
    return state("not evaluated")


def _began(rows: Sequence[_Row]) -> int:
    """From which commit the newest outcome holds, whatever values it had since."""
    began, outcome = rows[-1][0], rows[-1][2]
    for start, _, before in reversed(rows):
        if before != outcome:
            break
        began = start
    return began


def _held_before(rows: Sequence[_Row], start: int | None) -> bool:
    """Whether the machine said yes at some commit since the plan's start."""
    return any(
        outcome == Evaluation.Outcome.PASS and (until is None or start is None or until > start)
        for _, until, outcome in rows
    )


def too_old(tick: Tick, said_at: Commit | None, head: Commit | None) -> str:
    """Say why a tick is no evidence any more at `head`; empty while it is."""
    if not tick.sha or head is None:
        return ""
    if said_at is None:
        return f"It was said of {tick.sha[:9]}, which is not in this history any more."
    commits = head.seq - said_at.seq
    if commits > STALE_COMMITS:
        return f"It was said {commits} commits ago."
    days = (head.committed_at - said_at.committed_at).days
    if commits > 0 and head.committed_at - said_at.committed_at > STALE_AFTER:
        return f"It was said of a commit {days} days older than the newest."
    return ""
