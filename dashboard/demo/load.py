"""The demo connected, and once it is scanned its plan imported and ticked: once in the life of an installation.

The audit, which nobody can change, remembers both steps: a demo that was archived or deleted is not made again, and one
that was interrupted goes on. Each step is one transaction, so there is never half of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dashboard import audit, checklists, evaluation, memberships, plan_names, plan_sources, plans
from dashboard.demo import history, story
from dashboard.demo.story import Story
from dashboard.models import AuditEvent, Criterion, Plan, Role
from dashboard.plan_choices import choices
from dashboard.plan_markdown import parse
from scanner import connections
from scanner.models import Epoch, Repository

CONNECTED = "connected the demo"
LOADED = "loaded the demo"


def begin() -> None:
    """Connect the demo where nothing is connected and no demo ever was. Raises GitError, ConnectError, OSError."""
    if Repository.objects.exists() or AuditEvent.objects.filter(verb=CONNECTED).exists():
        return
    told = story.read()
    seen = connections.look(str(history.make(Path(settings.TRUTHLINE_DATA) / "demo")))
    with transaction.atomic():
        repository = connections.save(seen, name=told.name)
        audit.record(None, CONNECTED, told.name, repository)


def is_unfinished(repository_id: int) -> bool:
    """Whether this is the demo, and its plan is not there yet."""
    steps = AuditEvent.objects.filter(repository=repository_id, verb__in=[CONNECTED, LOADED])
    return set(steps.values_list("verb", flat=True)) == {CONNECTED}


def go_on() -> bool:
    """Import the plan and do what people did, if the numbers are there and it is not done; return whether it was.

    Raises GitError, PlanError and checklists.Refused where the demo itself is wrong.
    """
    begun = AuditEvent.objects.filter(verb=CONNECTED).values_list("repository", flat=True).first()
    with transaction.atomic():
        demo = Repository.objects.select_for_update(no_key=True).filter(pk=begun or 0, archived_at=None).first()
        # Asked under the lock: of two workers the second finds it done.
        if demo is None or not is_unfinished(demo.pk) or not _has_numbers(demo):
            return False
        told = story.read()
        people = _people(demo, told)
        plan = _import(demo, told, people[told.lead])
        evaluation.evaluate(plan)
        _say(plan, told, people)
        audit.record(None, LOADED, told.name, demo, plan=plan.pk)
    return True


def _has_numbers(demo: Repository) -> bool:
    """A preview has no history, and so no answers."""
    return Epoch.objects.filter(repository=demo, state=Epoch.State.LIVE, replayed_seq__gt=0).exists()


def _people(demo: Repository, told: Story) -> Mapping[str, User]:
    """Make the accounts, members of the demo alone. Nobody can sign in with them: they have no password."""
    people = {}
    for one in told.people:
        names = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email}
        user, made = User.objects.get_or_create(username=one.username, defaults=names)
        if made:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        memberships.add(demo, user, Role[one.role.upper()], by=None)
        people[one.username] = user
    return people


def _import(demo: Repository, told: Story, lead: User) -> Plan:
    """Import the plan as the page does: found in the repository, its suggestions confirmed, and some criteria bound
    that nothing was suggested for."""
    document = parse(plan_sources.read(demo, told.plan))
    wanted = {one.criterion: one.predicate for one in told.predicates}
    suggested = choices(document, plan_names.names(demo, document), {})
    typed = {one.field: wanted[one.draft.text] for one in suggested.shown if one.manual and one.draft.text in wanted}
    chosen = choices(document, plan_names.names(demo, document), typed)
    return plans.save(demo, document, user=lead, source_path=told.plan, predicates=chosen.predicates())


def _say(plan: Plan, told: Story, people: Mapping[str, User]) -> None:
    for tick in told.ticks:
        commit = plan.repository.commits.get(subject=tick.commit)
        checklists.tick(_criterion(plan, tick.criterion), people[tick.by], sha=commit.sha, note=tick.note)
    for force in told.overrides:
        until = timezone.now() + timedelta(days=force.days)
        checklists.override(_criterion(plan, force.criterion), people[force.by], reason=force.reason, until=until)


def _criterion(plan: Plan, text: str) -> Criterion:
    return plan.criteria.current().get(text=text)
