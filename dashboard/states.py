"""How a criterion stands: what the machine found, what people said, and which of them counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils import timezone

from dashboard.models import Criterion, Evaluation, Override, Plan, Tick
from scanner.models import Commit

Name = Literal["contradicted", "regressed", "failing", "stale", "not evaluated", "attested", "verified"]
# The loudest first: the order in which a page lists them.
NAMES: tuple[Name, ...] = ("contradicted", "regressed", "failing", "stale", "not evaluated", "attested", "verified")

# A person's word ages with the commits after it; in a quiet tree it stays true.
STALE_COMMITS = 200
STALE_AFTER = timedelta(days=30)

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


def of_plan(plan: Plan, now: datetime | None = None) -> PlanStates:
    """Return the state of every criterion, in six queries."""
    criteria = list(plan.criteria.current().select_related("phase", "step", "predicate_confirmed_by"))
    found = _states(plan, criteria, now or timezone.now())
    return PlanStates(plan, criteria, found[0], found[1])


def state_of(criterion: Criterion, now: datetime | None = None) -> State:
    """Return the state of one criterion."""
    return _states(criterion.plan, [criterion], now or timezone.now())[0][criterion.pk]


def _states(plan: Plan, criteria: Sequence[Criterion], now: datetime) -> tuple[dict[int, State], Commit | None]:
    ids = [criterion.pk for criterion in criteria]
    history: dict[int, list[_Row]] = {}
    rows = Evaluation.objects.filter(criterion__in=ids).order_by("from_seq")
    for pk, start, until, outcome in rows.values_list("criterion", "from_seq", "until_seq", "outcome"):
        history.setdefault(pk, []).append((start, until, outcome))
    current = {row.criterion_id: row for row in Evaluation.objects.filter(criterion__in=ids, until_seq=None)}
    ticks = {row.criterion_id: row for row in Tick.objects.open().filter(criterion__in=ids).select_related("user")}
    forced = Override.objects.in_force(now).filter(criterion__in=ids).select_related("user")
    overrides = {row.criterion_id: row for row in forced}
    begun = {pk: _began(rows) for pk, rows in history.items()}
    wanted = {plan.evaluated_seq, *begun.values()}
    said = {tick.sha for tick in ticks.values() if tick.sha}
    commits = list(plan.repository.commits.filter(seq__in=wanted) | plan.repository.commits.filter(sha__in=said))
    by_seq, by_sha = {row.seq: row for row in commits}, {row.sha: row for row in commits}
    head = by_seq.get(plan.evaluated_seq)
    states = {}
    for criterion in criteria:
        past = history.get(criterion.pk, [])
        tick = ticks.get(criterion.pk)
        states[criterion.pk] = judge(
            current.get(criterion.pk),
            broken=_held_before(past, plan.start_seq),
            since=by_seq.get(begun[criterion.pk]) if past else None,
            tick=tick,
            too_old=too_old(tick, by_sha.get(tick.sha), head) if tick else "",
            override=overrides.get(criterion.pk),
            in_document=criterion.ticked_in_document,
        )
    return states, head


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
