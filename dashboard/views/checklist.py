"""What people say of one criterion: tick, undo, override, bind. htmx gets the row and what its state moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from dashboard import checklists
from dashboard.access import actor_of, repository_for
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import Criterion, Override, Role, Tick
from dashboard.outline import outline, predicate_text, row_of
from dashboard.plan_forms import OverrideForm, PredicateForm, TickForm
from dashboard.predicates import PredicateError
from dashboard.states import record_of
from dashboard.summaries import summarise
from dashboard.words import ago

OLDEST = 50  # of each kind of history


@require_safe
def criterion(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One criterion with all that can be said of it, and what was said before."""
    return _open(request, _criterion(request, slug, number, Role.VIEWER), {})


@require_safe
def row(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The row of the plan page, folded again; without htmx the page itself at that row."""
    found = _criterion(request, slug, number, Role.VIEWER)
    return _done(request, found, "") if is_asked_for_part(request) else redirect(_address(found))


@require_POST
def tick(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _criterion(request, slug, number, Role.ENGINEER)
    form = TickForm(request.POST)
    said = ""
    if form.is_valid():

        def act() -> None:
            nonlocal said
            done = checklists.tick(
                found, actor_of(request), sha=form.cleaned_data["sha"], note=form.cleaned_data["note"]
            )
            said = "Ticked." if done.made else _who_was_first(request, done.tick)

        if _allowed(form, "sha", act):
            return _done(request, found, said)
    return _open(request, found, {"tick": form}, status=422)


@require_POST
def undo(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _criterion(request, slug, number, Role.ENGINEER)
    open_tick = Tick.objects.open().filter(criterion=found).select_related("user", "criterion__plan").first()
    try:
        undone = open_tick is not None and checklists.undo(open_tick, actor_of(request))
    except checklists.Refused as refusal:
        return _done(request, found, str(refusal), wrong=True)
    return _done(request, found, "The tick is taken back." if undone else "There was no tick any more.")


@require_POST
def override(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _criterion(request, slug, number, Role.LEAD)
    form = OverrideForm(request.POST)
    if form.is_valid():
        facts = form.cleaned_data
        if _allowed(form, "until", lambda: checklists.override(found, actor_of(request), **facts)):
            return _done(request, found, "Overridden: it counts as attested until then, and is marked.")
    return _open(request, found, {"override": form}, status=422)


@require_POST
def end_override(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    found = _criterion(request, slug, number, Role.LEAD)
    force = Override.objects.open().filter(criterion=found).select_related("criterion__plan").first()
    ended = force is not None and checklists.end_override(force, actor_of(request))
    return _done(request, found, "The override has ended." if ended else "There was no override any more.")


@require_POST
def bind(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Agree with the predicate that is there, or bind another one."""
    found = _criterion(request, slug, number, Role.LEAD)
    form = PredicateForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["predicate"]
        if found.predicate is not None and wanted == found.predicate:
            agreed = checklists.confirm(found, actor_of(request))
            return _done(request, found, "The predicate is confirmed." if agreed else "It was confirmed before.")
        if _allowed(form, "predicate", lambda: checklists.bind(found, actor_of(request), wanted)):
            return _done(request, found, "Bound and evaluated." if wanted else "A person decides from now on.")
    return _open(request, found, {"bind": form}, status=422)


def _criterion(request: HttpRequest, slug: str, number: int, role: Role) -> Criterion:
    repository = repository_for(request, slug, role)
    rows = Criterion.objects.filter(plan__repository=repository).with_word(timezone.now())
    names = ("plan__imported_by", "phase", "step", "predicate_confirmed_by")
    found = rows.select_related(*names).filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no criterion {number}.")
    found.plan.repository = repository
    return found


def _allowed(form: Form, field: str, act: Callable[[], object]) -> bool:
    """Do it; what speaks against it becomes an error of the form."""
    try:
        act()
    except (checklists.Refused, PredicateError) as refusal:
        form.add_error(field, str(refusal))
        return False
    return True


def _who_was_first(request: HttpRequest, first: Tick) -> str:
    who = "You" if first.user_id == request.user.pk else first.user.get_username()
    return f"{who} ticked it first, {ago(first.at, timezone.now())}; nothing was changed."


def _address(criterion: Criterion) -> str:
    plan = criterion.plan
    return f"{reverse('plan', args=[plan.repository.slug, plan.slug])}#c{criterion.pk}"


def _done(request: HttpRequest, found: Criterion, said: str, *, wrong: bool = False) -> HttpResponse:
    """The row anew, with the numbers that follow from it; without htmx the plan page at that row."""
    if not is_asked_for_part(request):
        if said:
            messages.add_message(request, messages.ERROR if wrong else messages.SUCCESS, f"{said} {found.text}")
        return redirect(_address(found))
    whole = outline(found.plan)
    shown = whole.rows.get(found.pk)
    if shown is None:
        raise Http404("The plan does not hold this criterion any more.")
    context = {
        "repository": found.plan.repository,
        "plan": found.plan,
        "outline": whole,
        "row": shown,
        "section": whole.section_of(found),
        "said": said,
        "on_plan_page": _on_plan_page(request, found),
    }
    return respond(request, "dashboard/_criterion_changed.html", context)


def _on_plan_page(request: HttpRequest, criterion: Criterion) -> bool:
    """Whether the page that asks shows the numbers that a tick moves; the list of criteria alone does not."""
    asking = HtmxDetails(request).current_url
    return not asking or urlsplit(asking).path == _address(criterion).partition("#")[0]


def _open(request: HttpRequest, found: Criterion, forms: dict[str, Form], status: int = 200) -> HttpResponse:
    """The row with its forms: a page of its own, or for htmx in place of the row."""
    if found.archived_at is not None:
        raise Http404("The plan does not hold this criterion any more.")
    record = record_of(found)
    context: dict[str, Any] = {
        "repository": found.plan.repository,
        "plan": found.plan,
        "row": row_of(found, record.state),
        "forms": {
            "tick": forms.get("tick") or TickForm(auto_id=f"tick{found.pk}-%s"),
            "override": forms.get("override") or OverrideForm(auto_id=f"override{found.pk}-%s"),
            "bind": forms.get("bind")
            or PredicateForm({"predicate": predicate_text(found)}, auto_id=f"bind{found.pk}-%s"),
        },
        "wrong": next(iter(forms), ""),
    }
    # Where the person goes on: the form that was refused, else the tick.
    first = context["forms"][context["wrong"] or "tick"]
    next(iter(first.fields.values())).widget.attrs["autofocus"] = True
    if is_asked_for_part(request):
        return respond(request, "dashboard/_criterion_forms.html", context, status=status)
    context |= {"summary": summarise([found.plan.repository], timezone.now())[0], "tab": "plans"}
    context |= {
        "evaluations": record.said,
        "ticks": found.ticks.select_related("user", "undone_by")[:OLDEST],
        "overrides": found.overrides.select_related("user", "undone_by")[:OLDEST],
    }
    return respond(request, "dashboard/criterion.html", context, status=status)
