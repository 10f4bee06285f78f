"""A plan's criteria over the history: rows that say from which commit on a predicate holds, fails or is unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import zip_longest

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from dashboard import claims, plan_moves
from dashboard.models import Criterion, Evaluation, Plan
from dashboard.predicates import Manual, PathAbsent, Predicate, PredicateError, leaves, parse
from dashboard.series import Past, Point, at, of_plan, plan_debts, plan_score, points
from scanner import mirrors, outages
from scanner.engine import config_file, git
from scanner.engine.baseline import LEAST
from scanner.engine.config import Config
from scanner.engine.path_history import literal, touches
from scanner.models import Commit, Epoch, Repository, Tally, Violation


def evaluate_waiting(repository: Repository) -> None:
    """Evaluate the plans of a repository that are behind its numbers, or whose commit is no longer in its history.

    One that somebody else evaluates right now is left to him. A start is counted before the work, so that a plan
    that ends its worker is not started for ever.
    """
    waiting = Plan.objects.waiting().filter(repository=repository)
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            free = waiting.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if free is None:
                continue
            free.attempts += 1
            free.save(update_fields=["attempts"])
        try:
            evaluate(free)
        except Exception as error:
            if outages.is_outage(error):  # no fault of the plan's
                outages.once_back(partial(Plan.objects.filter(pk=pk).update, attempts=Greatest(F("attempts") - 1, 0)))
            raise


def evaluate(plan: Plan) -> None:
    """Bring the plan's start, its criteria and its claims up to the newest commit of the live epoch.

    All is worked out anew and only what differs is written, so it may be called at any time, also after a
    force-push or under a new epoch. While the first scan still replays the history, nothing is said. On a tree of
    25,000 files this takes seconds, most of them for the claims.
    """
    with transaction.atomic():
        locked = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        _evaluate(locked, _live_epoch(locked))
    plan.refresh_from_db()


def answer_again(plan: Plan) -> None:
    """Answer the criteria anew at the commit evaluated last: for a person who has bound one and waits.

    A plan that waits for its whole evaluation is left to that.
    """
    with transaction.atomic():
        locked = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        epoch = _live_epoch(locked)
        if epoch is not None and not Plan.objects.waiting().filter(pk=plan.pk).exists():
            head = locked.repository.commits.get(seq=locked.evaluated_seq)
            past = Past(locked, epoch, config_file.parse(epoch.config_toml), head.seq)
            bound = _bound(locked)
            try:
                past = _with_history(past, mirrors.open_at(locked.repository, head.sha), head, _globs(bound))
            except git.GitError as error:
                past = replace(past, problem=f"The repository cannot be read now: {error}")
            _write(past, bound)
    plan.refresh_from_db()


def _live_epoch(plan: Plan) -> Epoch | None:
    return Epoch.objects.filter(state=Epoch.State.LIVE, repository=plan.repository, replayed_seq__gt=0).first()


def _evaluate(plan: Plan, epoch: Epoch | None) -> None:
    if epoch is None:
        return
    head = plan.repository.commits.get(seq=epoch.replayed_seq)
    config = config_file.parse(epoch.config_toml)
    past = Past(plan, epoch, config, head.seq)
    settle_start(plan, epoch, head)
    bound = _bound(plan)
    try:
        source = mirrors.open_at(plan.repository, head.sha)
        checked = claims.of_plan(plan, config, _tops(source, head.sha, config))
        followed = {literal(plan.source_path)} if plan.source_path else set()
        past = _with_history(past, source, head, _globs(bound) | checked.paths | followed)
        plan.problem = ""
        own = (touch for touch in reversed(past.touches) if touch.path == plan.source_path)
        plan.seen_blob = next((touch.new or "" for touch in own), "")
        if plan.source_path and not plan.seen_blob:
            plan_moves.follow(plan, source, head.sha)
        claims.check(checked, past, source, head)
    except git.GitError as error:
        plan.problem = f"The repository cannot be read now: {error}"
        past = replace(past, problem=plan.problem)
    _settle_numbers(past)
    _write(past, bound)
    plan.evaluated_epoch, plan.evaluated_seq, plan.evaluated_sha = epoch, head.seq, head.sha
    plan.evaluated_at, plan.attempts = timezone.now(), 0
    plan.save()


def _bound(plan: Plan) -> dict[int, Predicate]:
    return {criterion.pk: _predicate(criterion) for criterion in plan.criteria.current()}


def _globs(bound: Mapping[int, Predicate]) -> set[str]:
    return {leaf.glob for one in bound.values() for leaf in leaves(one) if isinstance(leaf, PathAbsent)}


def _with_history(past: Past, source: git.Repository, head: Commit, paths: Collection[str]) -> Past:
    """Add what the commits up to the head did to these paths."""
    seen = touches(source, head.sha, paths)
    numbers = past.plan.repository.commits.filter(sha__in={touch.commit for touch in seen}, seq__lte=head.seq)
    return replace(past, touches=seen, seqs=dict(numbers.values_list("sha", "seq")))


def _tops(source: git.Repository, sha: str, config: Config) -> set[str]:
    """Return the first parts of the tree's module names."""
    roots = [f"{root}/" if root else "" for root in config.roots or ("",)]
    return {
        path.removeprefix(root).partition("/")[0].removesuffix(git.PYTHON)
        for path in source.tree(sha)
        for root in roots
        if path.startswith(root)
    }


def settle_start(plan: Plan, epoch: Epoch, head: Commit) -> None:
    """Find the start among the recorded commits; a plan that has none starts at the head."""
    plan.start_sha = plan.start_sha or head.sha
    start = plan.repository.commits.filter(sha=plan.start_sha, seq__lte=head.seq).first()
    plan.start_seq = start.seq if start else None
    sites = config_sites(epoch, plan.symbols)
    plan.d = max(LEAST, sites)


def config_sites(epoch: Epoch, symbols: Iterable[str]) -> int:
    """Return the conforming sites of these symbols as the epoch pinned them: only registered ones have any."""
    pinned: dict[str, int] = (epoch.pinned or {}).get("symbols", {})
    return sum(pinned.get(symbol, 0) for symbol in set(symbols))


def _settle_numbers(past: Past) -> None:
    """Note the numbers at the start, in this epoch: what every "since the start" compares with."""
    plan, epoch, seq = past.plan, past.epoch, past.plan.start_seq
    if seq is None:
        plan.start, plan.start_epoch = None, None
        return
    standing = epoch.standings.filter(seq=seq).first()
    debt: Fraction = at(plan_debts(past), seq) or Fraction(0)
    by_rule: dict[str, int] = {}
    for rule, count in Tally.objects.filter(epoch=epoch).at(seq).values_list("rule", "open"):
        by_rule[rule] = by_rule.get(rule, 0) + count
    plan.start = {
        "score": standing.score if standing else None,
        "debt": standing.debt if standing else None,
        "open": standing.open if standing else None,
        "plan_score": float(plan_score(plan.d, debt)) if plan.symbols or plan.paths else None,
        "plan_debt": float(debt),
        "plan_open": of_plan(Violation.objects.filter(epoch=epoch), plan).open_at(seq).count(),
        "by_rule": {rule: count for rule, count in sorted(by_rule.items()) if count},
    }
    plan.start_epoch = epoch


def _predicate(criterion: Criterion) -> Predicate:
    """Return what is bound; what an older version stored and this one cannot read counts as not bound."""
    try:
        return parse(criterion.predicate) if criterion.predicate else Manual()
    except PredicateError:
        return Manual()


def _write(past: Past, bound: Mapping[int, Predicate]) -> None:
    """Make each criterion's rows say what its predicate does; rows that say it already stay as they are."""
    plan, epoch = past.plan, past.epoch
    # Equal predicates are answered once.
    answers = {predicate: points(predicate, past) for predicate in set(bound.values())}
    stored: dict[int, list[Evaluation]] = {}
    for row in Evaluation.objects.filter(criterion__plan=plan, epoch=epoch).order_by("criterion", "from_seq"):
        stored.setdefault(row.criterion_id, []).append(row)
    kept, new = [], []
    for pk, predicate in bound.items():
        said, before = answers[predicate], stored.get(pk, [])
        wanted = [_row(pk, epoch, *pair) for pair in zip_longest(said, said[1:])]
        same = 0
        while same < min(len(before), len(wanted)) and _content(before[same]) == _content(wanted[same]):
            same += 1
        kept += [row.pk for row in before[:same]]
        new += wanted[same:]
    # What was said of criteria that the document holds no more stays as it was.
    Evaluation.objects.filter(criterion__plan=plan, criterion__archived_at=None).exclude(pk__in=kept).delete()
    Evaluation.objects.bulk_create(new, batch_size=2_000)


def _row(criterion: int, epoch: Epoch, point: Point, following: Point | None) -> Evaluation:
    return Evaluation(
        criterion_id=criterion,
        epoch=epoch,
        from_seq=point.seq,
        until_seq=following.seq if following else None,
        outcome=point.outcome,
        value=point.value,
        threshold=point.threshold,
        evidence=dict(point.evidence),
    )


def _content(row: Evaluation) -> tuple[object, ...]:
    return (row.from_seq, row.until_seq, str(row.outcome), row.value, row.threshold, row.evidence)
