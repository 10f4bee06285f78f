"""The plans of a repository, and the way of a document into it: read, preview, confirm."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import plan_names, plan_sources, plans
from dashboard.access import actor_of, repository_for
from dashboard.models import Plan, Role
from dashboard.plan_choices import choices
from dashboard.plan_forms import PlanSourceForm, sealed, unsealed
from dashboard.plan_markdown import PlanDocument, PlanError
from dashboard.plan_progress import progress_of
from dashboard.summaries import summarise
from dashboard.tasks import ask_for_evaluation
from scanner.models import Repository

MOST_CANDIDATES = 40


@require_safe
def plan_list(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    return _list(request, repository, PlanSourceForm(repository=repository))


@require_safe
def found(request: HttpRequest, slug: str) -> HttpResponse:
    """The documents of the tracked head that look like plans; asked for by the list, as reading takes a moment."""
    repository = repository_for(request, slug, Role.VIEWER)
    wanted = request.GET.get("path", "").strip()
    result = plan_sources.candidates(repository)
    matching = [one for one in result.candidates if wanted.lower() in one.path.lower()]
    imported = dict(Plan.objects.current().filter(repository=repository).values_list("source_path", "slug"))
    context = _around(repository) | {
        "found": result,
        "wanted": wanted,
        "matching": len(matching),
        "candidates": [(one, imported.get(one.path)) for one in matching[:MOST_CANDIDATES]],
    }
    return render(request, "dashboard/plans_found.html", context)


@require_POST
def read(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what was understood of a document; nothing is saved."""
    repository = repository_for(request, slug, Role.LEAD)
    form = PlanSourceForm(request.POST, request.FILES, repository=repository)
    if not form.is_valid():
        return _list(request, repository, form, status=422)
    return _preview(request, repository, form.cleaned_data["document"], form.cleaned_data["path"], {})


@require_POST
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """Save what the preview showed, with the predicates as they were left there."""
    repository = repository_for(request, slug, Role.LEAD)
    try:
        document, path = unsealed(request.POST.get("document", ""))
    except PlanError as error:
        messages.error(request, str(error))
        return redirect("plans", slug)
    names = plan_names.names(repository, document)
    chosen = choices(document, names, {name: str(value) for name, value in request.POST.items()})
    if chosen.wrong:
        return _preview(request, repository, document, path, request.POST.dict(), status=422)
    plan = plans.save(repository, document, user=actor_of(request), source_path=path, predicates=chosen.predicates())
    ask_for_evaluation(repository.pk)
    messages.success(request, f"The plan is saved. {chosen.automatic} of its criteria are watched by the scans.")
    return redirect("plan", slug, plan.slug)


def _around(repository: Repository) -> dict[str, Any]:
    return {"repository": repository, "summary": summarise([repository], timezone.now())[0], "tab": "plans"}


def _list(request: HttpRequest, repository: Repository, form: PlanSourceForm, status: int = 200) -> HttpResponse:
    rows = Plan.objects.filter(repository=repository).select_related("imported_by").defer("document", "markdown")
    everything = progress_of(list(rows))
    context = _around(repository) | {
        "form": form,
        "plans": [one for one in everything if one.plan.archived_at is None],
        "archived": [one for one in everything if one.plan.archived_at is not None],
    }
    return render(request, "dashboard/plans.html", context, status=status)


def _preview(
    request: HttpRequest,
    repository: Repository,
    document: PlanDocument,
    path: str,
    typed: dict[str, str],
    status: int = 200,
) -> HttpResponse:
    chosen = choices(document, plan_names.names(repository, document), typed)
    boxes = list(document.all_criteria())
    context = _around(repository) | {
        "document": document,
        "path": path,
        "sealed": sealed(document, path),
        "choices": chosen,
        "boxes": len(boxes),
        "ticked": sum(box.checked for box in boxes),
        "steps": len(list(document.all_steps())),
    }
    return render(request, "dashboard/plan_preview.html", context, status=status)
