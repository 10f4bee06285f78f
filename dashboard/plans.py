"""Plans saved, read in again, exported and put away. Every act is one transaction and leaves its row in the audit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from dashboard import audit, criteria, states
from dashboard.criteria import Draft, Match
from dashboard.models import Criterion, Phase, Plan, Step
from dashboard.plan_markdown import as_json, parse
from dashboard.plan_markdown import export as with_boxes
from dashboard.plan_markdown.document import PlanDocument
from dashboard.plan_names import names as find_names
from dashboard.plan_names import resolve, suggestions
from dashboard.predicates import parse as parse_predicate
from dashboard.predicates import to_json
from dashboard.suggestion import Names, Suggestion
from scanner import mirrors
from scanner.engine import git
from scanner.engine.path_history import all_paths, first_added, literal, touches
from scanner.models import Repository

KEPT = 80  # characters of a slug
PLACED = ("key", "text", "line", "ordinal", "ticked_in_document", "phase_id", "step_id", "parent_id")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plan's text stands in its repository, and the commit that brought it: all empty when it is not there."""

    path: str = ""
    blob: str = ""
    start: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """What reading a plan in again would do: `kept` are unchanged, `changed` have another text but are the same."""

    kept: Sequence[Match]
    changed: Sequence[Match]
    added: Sequence[Draft]
    removed: Sequence[Criterion]


def origin(repository: Repository, document: PlanDocument, source_path: str = "") -> Origin:
    """Find the file of the document in the history: by its path, else by its content; the earliest commit counts."""
    blob = _blob(document)
    head = repository.commits.newest().first()
    if head is None:
        return Origin(source_path, blob)
    try:
        source = mirrors.open_at(repository, head.sha)
        tree = all_paths(source, head.sha)
        path = source_path or next((path for path, sha in sorted(tree.items()) if sha == blob), "")
        added = {
            touch.commit for touch in touches(source, head.sha, [literal(path)] if path else []) if touch.old is None
        }
        added |= {commit for commit in [first_added(source, head.sha, tree.get(source_path, blob))] if commit}
    except git.GitError:
        return Origin(source_path, blob)
    first = repository.commits.filter(sha__in=added).order_by("seq").first()
    return Origin(path, tree.get(path, blob), first.sha if first else "")


def save(
    repository: Repository,
    document: PlanDocument,
    *,
    user: AbstractBaseUser | None,
    source_path: str = "",
    predicates: Mapping[str, Mapping[str, Any] | None] | None = None,
    names: Names | None = None,
) -> Plan:
    """Save a plan; it waits for its evaluation.

    `predicates` are what a person confirmed, by criterion key; without them the suggested ones are bound and still
    to be confirmed. `names` replace those found in the text. The start is the commit that added the plan's file,
    else the head. Raises PredicateError.
    """
    found = origin(repository, document, source_path)
    names = names or find_names(repository, document, commits=[found.start] if found.start else [])
    guesses = suggestions(document, names)
    head = repository.commits.newest().first()
    with transaction.atomic():
        Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)  # two uploads at once get two slugs
        plan = Plan.objects.create(
            repository=repository,
            slug=_free_slug(repository, document.title or "plan"),
            title=document.title or found.path or "Plan without a title",
            document=as_json(document),
            markdown=document.source,
            source_path=found.path,
            source_blob=found.blob,
            start_sha=found.start or (head.sha if head else ""),
            symbols=list(names.symbols),
            paths=list(names.paths),
            repaired=document.repaired or "",
            imported_by_id=user.pk if user else None,
        )
        _write_parts(plan, document)
        _add(plan, criteria.drafts(document), guesses, predicates, user)
        audit.record(user, "imported the plan", plan.title, repository, plan=plan.pk, path=found.path)
    return plan


def diff(plan: Plan, document: PlanDocument) -> Diff:
    """Return what `reimport` would do, and change nothing."""
    drafts = criteria.drafts(document)
    current = list(plan.criteria.current().select_related("phase"))
    matches = criteria.match(current, drafts)
    known = {match.draft.key for match in matches}
    matched = {match.criterion.pk for match in matches}
    return Diff(
        kept=[match for match in matches if match.criterion.text == match.draft.text],
        changed=[match for match in matches if match.criterion.text != match.draft.text],
        added=[draft for draft in drafts if draft.key not in known],
        removed=[criterion for criterion in current if criterion.pk not in matched],
    )


def reimport(
    plan: Plan, document: PlanDocument, *, user: AbstractBaseUser | None, rejected: Iterable[int] = ()
) -> Diff:
    """Read a changed document into a plan: ticks, bindings and evidence stay with the criteria that are the same, and
    the plan waits for its evaluation.

    `rejected` are ids of changed criteria that a person says are other ones: they are archived, the drafts added.
    """
    refused = set(rejected)
    names = find_names(plan.repository, document, commits=[plan.start_sha] if plan.start_sha else [])
    guesses = suggestions(document, names)
    with transaction.atomic():
        Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
        found = diff(plan, document)
        stays = [match for match in (*found.kept, *found.changed) if match.criterion.pk not in refused]
        now = timezone.now()
        plan.criteria.current().exclude(pk__in=[match.criterion.pk for match in stays]).update(archived_at=now)
        plan.title = document.title or plan.title
        plan.document, plan.markdown = as_json(document), document.source
        plan.symbols, plan.paths = list(names.symbols), list(names.paths)
        plan.repaired = document.repaired or ""
        plan.source_blob = plan.seen_blob if document.repaired else _blob(document)
        plan.evaluated_sha = ""
        plan.save()
        _write_parts(plan, document)
        _renew(plan, stays)
        left = [draft for draft in criteria.drafts(document) if draft.key not in {match.draft.key for match in stays}]
        _add(plan, left, guesses, None, user)
        numbers = {"kept": len(found.kept), "changed": len(found.changed)}
        numbers |= {"added": len(left), "removed": len(found.removed)}
        audit.record(user, "read the plan in again", plan.title, plan.repository, plan=plan.pk, **numbers)
    return found


def export(plan: Plan) -> str:
    """Return the plan's Markdown, each box ticked where its criterion is verified or attested."""
    document = parse(plan.markdown.encode("utf-8", "surrogateescape"))
    found = states.of_plan(plan)
    holds = {criterion.key: found.of[criterion.pk].holds for criterion in found.criteria}
    drafts = {draft.ordinal: draft for draft in criteria.drafts(document) if draft.kind == Criterion.Kind.CRITERION}
    boxes = sorted(document.all_criteria(), key=lambda box: box.line)
    for box, draft in zip(boxes, drafts.values(), strict=True):
        box.checked = holds.get(draft.key, False)
    return with_boxes(document)


def archive(plan: Plan, user: AbstractBaseUser | None) -> bool:
    """Put a plan away; False when it was already."""
    with transaction.atomic():
        done = Plan.objects.filter(pk=plan.pk, archived_at=None).update(archived_at=timezone.now())
        if done:
            audit.record(user, "archived the plan", plan.title, plan.repository, plan=plan.pk)
    return bool(done)


def restore(plan: Plan, user: AbstractBaseUser | None) -> bool:
    """Take an archived plan up again; False when it was not archived."""
    with transaction.atomic():
        done = Plan.objects.filter(pk=plan.pk, archived_at__isnull=False).update(archived_at=None)
        if done:
            audit.record(user, "took up the plan", plan.title, plan.repository, plan=plan.pk)
    return bool(done)


def _blob(document: PlanDocument) -> str:
    """The id that git gives a file with this text."""
    text = document.source.encode("utf-8", "surrogateescape")
    return hashlib.sha1(b"blob %d\0%b" % (len(text), text), usedforsecurity=False).hexdigest()


def _free_slug(repository: Repository, title: str) -> str:
    base = slugify(title)[: KEPT - 4].strip("-") or "plan"
    taken = set(Plan.objects.filter(repository=repository, slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(slug for n in range(2, 10_000) if (slug := f"{base}-{n}") not in taken)


def _write_parts(plan: Plan, document: PlanDocument) -> None:
    """Write phases and steps. One that was there under the same number stays the same row, others go."""
    told = as_json(document)
    old = {phase.number: phase.pk for phase in plan.phases.all()}
    phases = {}
    for n, (phase, facts) in enumerate(zip(document.phases, told["phases"], strict=True)):
        phases[phase.number] = Phase(
            pk=old.pop(phase.number, None), plan=plan, number=phase.number, title=phase.title or phase.heading,
            ordinal=n, line=phase.line, priority=phase.priority or "", priority_label=phase.priority_label or "",
            risk=phase.risk or "", facts={name: facts[name] for name in facts if name not in {"steps", "criteria"}},
        )  # fmt: skip
        phases[phase.number].save()
    facts_of = [step for phase in told["phases"] for step in phase["steps"]] + told["steps"]
    known: dict[tuple[str, str], list[int]] = {}
    for row in plan.steps.select_related("phase"):
        known.setdefault((row.phase.number if row.phase else "", row.ident), []).append(row.pk)
    kept = []
    for n, (step, facts) in enumerate(zip(document.all_steps(), facts_of, strict=True)):
        target = step.targets[0] if step.targets else None
        same = known.get((step.phase or "", step.id), [])
        made = Step(
            pk=same.pop(0) if same else None, plan=plan, phase=phases.get(step.phase or ""), ident=step.id,
            title=step.title or step.heading, ordinal=n, line=step.line,
            target_path=resolve(target.path, plan.paths) if target else "",
            target_line=target.line if target else None,
            facts={name: facts[name] for name in facts if name != "criteria"},
        )  # fmt: skip
        made.save()
        kept.append(made.pk)
    plan.steps.exclude(pk__in=kept).delete()
    plan.phases.filter(pk__in=old.values()).delete()


def _add(
    plan: Plan,
    drafts: Sequence[Draft],
    guesses: Mapping[str, Suggestion],
    confirmed: Mapping[str, Mapping[str, Any] | None] | None,
    user: AbstractBaseUser | None,
) -> None:
    """Save new criteria with their predicates."""
    rows = []
    for draft in drafts:
        guess = guesses.get(draft.key)
        row = Criterion(plan=plan, key=draft.key, kind=draft.kind)
        if guess is not None:
            row.predicate, row.predicate_reason = to_json(guess.predicate), guess.reason
        if confirmed is not None:
            chosen = confirmed.get(draft.key)
            row.predicate = to_json(parse_predicate(chosen)) if chosen else None
            row.predicate_confirmed_by_id = user.pk if user else None
            row.predicate_confirmed_at = timezone.now()
        rows.append(row)
    _place(plan, rows, drafts)
    Criterion.objects.bulk_create(rows, batch_size=2_000)
    _nest(plan, drafts)


def _renew(plan: Plan, matches: Sequence[Match]) -> None:
    """Give criteria the words and the place that the document has now; most have them already."""
    rows = [match.criterion for match in matches]
    before = [[getattr(row, name) for name in PLACED] for row in rows]
    _place(plan, rows, [match.draft for match in matches])
    changed = [row for row, old in zip(rows, before, strict=True) if [getattr(row, name) for name in PLACED] != old]
    # A key that is taken over belonged to none that stays: that one would have been matched by it.
    Criterion.objects.bulk_update(changed, PLACED, batch_size=500)
    _nest(plan, [match.draft for match in matches])


def _place(plan: Plan, rows: Sequence[Criterion], drafts: Sequence[Draft]) -> None:
    phases = {phase.number: phase.pk for phase in plan.phases.all()}
    steps = {step.ident: step.pk for step in reversed(plan.steps.all())}
    for row, draft in zip(rows, drafts, strict=True):
        row.key, row.text, row.line, row.ordinal = draft.key, draft.text, draft.line, draft.ordinal
        row.ticked_in_document = draft.ticked
        row.phase_id, row.step_id = phases.get(draft.phase or ""), steps.get(draft.step or "")
        row.parent_id = row.parent_id if draft.parent else None


def _nest(plan: Plan, drafts: Sequence[Draft]) -> None:
    """Hang boxes on the boxes around them."""
    nested = {draft.key: draft.parent for draft in drafts if draft.parent}
    rows = {row.key: row for row in plan.criteria.current()} if nested else {}
    for key, parent in nested.items():
        rows[key].parent = rows.get(parent)
    Criterion.objects.bulk_update([rows[key] for key in nested], ["parent"], batch_size=500)
