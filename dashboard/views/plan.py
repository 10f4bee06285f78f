"""One plan beside its repository: the document in its own order, each statement with what is known of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard import plans
from dashboard.access import actor_of, repository_for
from dashboard.fragments import is_asked_for_part
from dashboard.models import Plan, Role
from dashboard.outline import outline
from dashboard.states import NAMES
from dashboard.summaries import summarise
from dashboard.tasks import ask_for_evaluation
from scanner.models import Repository

PAGE = 100
# Of one list on the plan page; the rest is a page away.
MOST_ROWS = 200


@require_safe
def plan(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    found = _plan(repository, name)
    if "waits" in request.GET and is_asked_for_part(request):
        # The note that a plan waits asks again and again; in the end the page has to be another one.
        return HttpResponse(status=204) if found.waits else HttpResponseClientRefresh()
    whole = outline(found)
    if found.waits and not (again := _plan(repository, name)).waits:
        # Evaluated between the two: it would show the answers, and load itself anew under somebody's hand.
        found, whole = again, outline(again)
    context = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "plans",
        "plan": found,
        "outline": whole,
        "most": MOST_ROWS,
        "most_rows": f":{MOST_ROWS}",
    }
    return render(request, "dashboard/plan.html", context)


@require_safe
def criteria(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The criteria alone, page after page, also those of one state: a plan may have thousands."""
    repository = repository_for(request, slug, Role.VIEWER)
    found = _plan(repository, name)
    whole = outline(found)
    state = request.GET.get("state", "")
    rows = [row for row in whole.rows.values() if state in {"", row.state.name}]
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "plans",
        "plan": found,
        "state": state if state in NAMES else "",
        "page": page,
    }
    return render(request, "dashboard/plan_criteria.html", context)


@require_safe
def export(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The document as it was written, its boxes set from the states."""
    found = _plan(repository_for(request, slug, Role.VIEWER), name)
    text = plans.export(found).encode("utf-8", "surrogateescape")
    headers = {"Content-Disposition": f'attachment; filename="{found.slug}.md"'}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


@require_POST
def archive(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Put a plan away with all that is known of it, or take it up again."""
    repository = repository_for(request, slug, Role.LEAD)
    found = _plan(repository, name)
    if request.POST.get("archived") == "yes":
        if plans.archive(found, actor_of(request)):
            messages.success(request, "The plan is archived; its ticks and evidence are kept.")
    elif plans.restore(found, actor_of(request)):
        ask_for_evaluation(repository.pk)
        messages.success(request, "The plan is followed again.")
    return redirect("plan", slug, name)


def _plan(repository: Repository, name: str) -> Plan:
    found = Plan.objects.with_waits().filter(repository=repository, slug=name).select_related("imported_by").first()
    if found is None:
        raise Http404(f"There is no plan {name!r}.")
    found.repository = repository
    return found
