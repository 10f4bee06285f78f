"""What people decide about a criterion: tick, undo, override, bind. Each is one conditional write and one audit row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from dashboard import audit
from dashboard.evaluation import answer_again
from dashboard.models import Criterion, Override, Plan, Tick
from dashboard.predicates import Count, NoNew, Predicate, leaves, parse, text, to_json
from scanner import mirrors
from scanner.engine import git
from scanner.engine import rule as engine_rules
from scanner.models import Repository

MAX_NOTE = 2_000


class Refused(Exception):
    """It cannot be done; `str()` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The one open tick; `made` is False when somebody had ticked before, who is then `tick.user`."""

    tick: Tick
    made: bool


def tick(criterion: Criterion, user: AbstractBaseUser, *, sha: str = "", note: str = "") -> Ticked:
    """Say that a criterion holds at a commit, the newest one when `sha` is empty. Raises Refused."""
    plan = _open_plan(criterion)
    commit = _commit(plan.repository, sha)
    note = _text(note, "note", needed=False)
    try:
        with transaction.atomic():
            made = Tick.objects.create(criterion=criterion, user_id=user.pk, sha=commit, note=note)
            _record(user, "ticked", criterion, sha=commit, note=note)
    except IntegrityError:  # tick_one_open
        other = Tick.objects.open().filter(criterion=criterion).select_related("user").first()
        if other is None:  # undone in this moment
            return tick(criterion, user, sha=sha, note=note)
        return Ticked(other, made=False)
    return Ticked(made, made=True)


def undo(tick: Tick, user: AbstractBaseUser) -> bool:
    """Take a tick back; False when it was taken back before."""
    _open_plan(tick.criterion)
    with transaction.atomic():
        done = Tick.objects.open().filter(pk=tick.pk).update(undone_by=user.pk, undone_at=timezone.now())
        if done:
            _record(user, "took back the tick of", tick.criterion, by=tick.user.get_username())
    return bool(done)


def override(criterion: Criterion, user: AbstractBaseUser, *, reason: str, until: datetime) -> Override:
    """Let a failing criterion count as attested until a moment; a newer override ends the older. Raises Refused."""
    plan = _open_plan(criterion)
    reason = _text(reason, "reason", needed=True)
    if until <= timezone.now():
        raise Refused("An override ends in the future.")
    with transaction.atomic():
        Criterion.objects.select_for_update(no_key=True).get(pk=criterion.pk)
        criterion.overrides.filter(undone_at=None).update(undone_by=user.pk, undone_at=timezone.now())
        made = Override.objects.create(
            criterion=criterion, user_id=user.pk, reason=reason, until=until, sha=plan.evaluated_sha
        )
        _record(user, "overrode", criterion, reason=reason, until=until.isoformat())
    return made


def end_override(override: Override, user: AbstractBaseUser) -> bool:
    """End an override before its time; False when it was ended before."""
    with transaction.atomic():
        done = Override.objects.open().filter(pk=override.pk).update(undone_by=user.pk, undone_at=timezone.now())
        if done:
            _record(user, "ended the override of", override.criterion)
    return bool(done)


def bind(criterion: Criterion, user: AbstractBaseUser, predicate: Mapping[str, Any] | None) -> None:
    """Bind a criterion to a predicate in its stored form, None to nothing, and evaluate it. Raises Refused,
    PredicateError."""
    plan = _open_plan(criterion)
    chosen = parse(predicate) if predicate is not None else None
    if chosen is not None:
        _refuse_unknown_rules(chosen)
    before = criterion.predicate
    criterion.predicate = to_json(chosen) if chosen is not None else None
    criterion.predicate_reason = ""
    criterion.predicate_confirmed_by_id = user.pk
    criterion.predicate_confirmed_at = timezone.now()
    names = ["predicate", "predicate_reason", "predicate_confirmed_by", "predicate_confirmed_at"]
    with transaction.atomic():
        criterion.save(update_fields=names)
        _record(user, "bound", criterion, predicate=text(chosen) if chosen is not None else None, before=before)
    answer_again(plan)


def confirm(criterion: Criterion, user: AbstractBaseUser) -> bool:
    """Agree with a suggested predicate; False when somebody had agreed before."""
    _open_plan(criterion)
    with transaction.atomic():
        done = Criterion.objects.filter(
            pk=criterion.pk, predicate=criterion.predicate, predicate_confirmed_at=None
        ).update(predicate_confirmed_by=user.pk, predicate_confirmed_at=timezone.now())
        if done:
            _record(user, "confirmed the predicate of", criterion, predicate=criterion.predicate)
    return bool(done)


def _refuse_unknown_rules(predicate: Predicate) -> None:
    for leaf in leaves(predicate):
        if isinstance(leaf, Count | NoNew) and leaf.filters.rule and leaf.filters.rule not in engine_rules.all_rules():
            raise Refused(f"There is no rule {leaf.filters.rule[:60]!r}.")


def _open_plan(criterion: Criterion) -> Plan:
    if criterion.archived_at is not None:
        raise Refused("The plan does not hold this criterion any more.")
    if criterion.plan.archived_at is not None:
        raise Refused("The plan is archived.")
    return criterion.plan


def _commit(repository: Repository, sha: str) -> str:
    """Return the whole id of a commit of the repository, the newest one for an empty name."""
    wanted = sha.strip().lower()
    if not wanted:
        return repository.commits.newest().values_list("sha", flat=True).first() or ""
    if not 7 <= len(wanted) <= 40 or set(wanted) - set("0123456789abcdef"):
        raise Refused("A commit is named by 7 to 40 hex digits.")
    found = list(repository.commits.filter(sha__startswith=wanted).values_list("sha", flat=True)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"Several commits begin with {wanted}: name it in full.")
    try:
        return mirrors.held(repository).resolve(wanted)
    except git.GitError:
        raise Refused(f"The repository has no commit {wanted}.") from None


def _text(value: str, name: str, *, needed: bool) -> str:
    value = value.replace("\0", "").strip()
    if needed and not value:
        raise Refused(f"Give a {name}.")
    if len(value) > MAX_NOTE:
        raise Refused(f"The {name} has more than {MAX_NOTE:,} characters.")
    return value


def _record(user: AbstractBaseUser, verb: str, criterion: Criterion, **detail: object) -> None:
    plan = criterion.plan
    audit.record(user, verb, criterion.text, plan.repository, plan=plan.pk, criterion=criterion.pk, **detail)
