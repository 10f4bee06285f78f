"""The second step of connecting: what was seen, what is suggested, and one answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import registry, setup
from dashboard.access import actor_of, repository_for
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import RegistrySurvey, Role
from dashboard.registry_rows import suggested
from dashboard.summaries import Summary, summarise
from dashboard.words import plural
from scanner.engine.config import Config
from scanner.models import Repository


@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.LEAD if request.method == "POST" else Role.VIEWER)
    if registry.is_in_repository(repository):
        messages.info(request, f"{repository.name} has its own truthline.toml: there is nothing to set up here.")
        return redirect("repository", slug)
    survey = RegistrySurvey.objects.filter(repository=repository).first()
    config = registry.current(repository)
    rows = suggested(survey, config, repository)
    if request.method == "POST":
        used = setup.use(repository, rows, request.POST.getlist("suggested"), actor_of(request))
        if used:
            registered = f"{plural(used, 'symbol')} {'is' if used == 1 else 'are'} registered."
            messages.success(request, f"{registered} The scan that starts now measures with them.")
        return redirect("repository", slug)
    summary = summarise([repository], timezone.now())[0]
    context = {"repository": repository, "summary": summary, "tab": "summary"}
    context |= _suggestions(repository, summary, survey, config, rows)
    part = is_asked_for_part(request)
    return respond(request, "dashboard/_setup.html" if part else "dashboard/setup.html", context)


def _suggestions(
    repository: Repository, summary: Summary, survey: RegistrySurvey | None, config: Config, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the form shows; `waiting` while a worker has not said which symbols are worth registering."""
    ready = survey is not None and survey.at is not None
    return {
        "config": config,
        "seen": setup.seen(repository, config, summary.head.sha) if summary.head else None,
        "survey": survey,
        "waiting": not ready and (summary.running or summary.head is not None) and not summary.failed,
        "rows": rows,
        "chosen": {row["symbol"] for row in rows[: setup.TICKED]},
    }
