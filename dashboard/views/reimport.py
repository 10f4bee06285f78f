"""A plan read in again after its document was edited: what would change, then the change. Ticks and evidence stay."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import plans
from dashboard.access import actor_of, repository_for
from dashboard.models import Plan, Role
from dashboard.plan_forms import PlanSourceForm, sealed, unsealed
from dashboard.plan_markdown import PlanError
from dashboard.summaries import summarise
from dashboard.tasks import ask_for_evaluation
from scanner.models import Repository


@require_http_methods(["GET", "HEAD", "POST"])
def reimport(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Show what the edited document would change; nothing is saved."""
    repository = repository_for(request, slug, Role.LEAD)
    plan = _plan(repository, name)
    context: dict[str, Any] = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "plans",
        "plan": plan,
    }
    if request.method != "POST":
        context["form"] = PlanSourceForm(repository=repository)
        return render(request, "dashboard/plan_reimport.html", context)
    context["form"] = form = PlanSourceForm(request.POST, request.FILES, repository=repository)
    if not form.is_valid():
        return render(request, "dashboard/plan_reimport.html", context, status=422)
    document = form.cleaned_data["document"]
    context |= {"diff": plans.diff(plan, document), "sealed": sealed(document, ""), "document": document}
    return render(request, "dashboard/plan_reimport.html", context)


@require_POST
def confirm(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Make it so. `other` are the changed criteria that a person says are not the same ones."""
    plan = _plan(repository_for(request, slug, Role.LEAD), name)
    try:
        document, _ = unsealed(request.POST.get("document", ""))
    except PlanError as error:
        messages.error(request, str(error))
        return redirect("reimport-plan", slug, name)
    other = [int(pk) for pk in request.POST.getlist("other") if pk.isdecimal()]
    plans.reimport(plan, document, user=actor_of(request), rejected=other)
    ask_for_evaluation(plan.repository_id)
    messages.success(request, "The plan is read in again; ticks and evidence stayed with their criteria.")
    return redirect("plan", slug, name)


def _plan(repository: Repository, name: str) -> Plan:
    found = Plan.objects.current().filter(repository=repository, slug=name).first()
    if found is None:
        raise Http404(f"There is no plan {name!r} to be read in again.")
    found.repository = repository
    return found
