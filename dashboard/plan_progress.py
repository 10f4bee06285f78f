"""How far plans are, without what their pages show: for lists of plans and of repositories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import FilteredRelation, Q
from django.utils import timezone

from dashboard.models import Criterion, Evaluation, Override, Plan, Tick
from dashboard.states import Progress, judge, too_old
from scanner.models import Commit, Repository


@dataclass(frozen=True, slots=True)
class PlanProgress:
    plan: Plan
    progress: Progress


def progress_of(plans: Collection[Plan], now: datetime | None = None) -> list[PlanProgress]:
    """Return how many boxes of each plan are in which state, in two queries.

    "failing" stands for regressed as well: telling them apart takes the history.
    """
    if not plans:
        return []
    by_pk = {plan.pk: plan for plan in plans}
    rows = list(_rows(by_pk, now or timezone.now()))
    commits = _commits(plans, {sha for *_, sha, _ in rows if sha})
    counts: dict[int, Counter[str]] = {pk: Counter() for pk in by_pk}
    for pk, in_document, outcome, ticked, sha, forced in rows:
        plan = by_pk[pk]
        tick = Tick(sha=sha) if ticked else None
        head = commits.get((plan.repository_id, plan.evaluated_sha))
        state = judge(
            Evaluation(outcome=outcome) if outcome else None,
            tick=tick,
            too_old=too_old(tick, commits.get((plan.repository_id, sha)), head) if tick else "",
            override=Override() if forced else None,
            in_document=in_document,
        )
        counts[pk][state.name] += 1
    return [PlanProgress(plan, Progress(counts[plan.pk].total(), counts[plan.pk])) for plan in plans]


def by_repository(repositories: Collection[Repository]) -> dict[int, list[PlanProgress]]:
    """Return the plans of each repository by its id, in three queries."""
    found: dict[int, list[PlanProgress]] = {}
    for one in progress_of(
        list(Plan.objects.current().filter(repository__in=repositories).defer("document", "markdown"))
    ):
        found.setdefault(one.plan.repository_id, []).append(one)
    return found


def _rows(
    plans: Collection[int], now: datetime
) -> Collection[tuple[int, bool, str | None, int | None, str, int | None]]:
    relations = {
        "said": FilteredRelation("evaluations", condition=Q(evaluations__until_seq=None)),
        "tick": FilteredRelation("ticks", condition=Q(ticks__undone_at=None)),
        "force": FilteredRelation("overrides", condition=Q(overrides__undone_at=None, overrides__until__gt=now)),
    }
    boxes = Criterion.objects.current().boxes().filter(plan__in=plans).order_by().annotate(**relations)
    names = ("plan", "ticked_in_document", "said__outcome", "tick", "tick__sha", "force")
    return boxes.values_list(*names)


def _commits(plans: Collection[Plan], said: Collection[str]) -> dict[tuple[int, str], Commit]:
    """The commits that ticks name and those evaluated last, by repository and sha."""
    wanted = {*said, *(plan.evaluated_sha for plan in plans)} - {""}
    rows = Commit.objects.filter(repository__in={plan.repository_id for plan in plans}, sha__in=wanted)
    return {(row.repository_id, row.sha): row for row in rows}
