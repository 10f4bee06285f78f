"""The repositories that a person may see, at a glance: whether to act, then where they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import visible
from dashboard.plan_progress import by_repository
from dashboard.summaries import by_trust, summarise


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    archived = "archived" in request.GET
    repositories = visible(request.user)
    repositories = repositories.archived() if archived else repositories.tracked()
    summaries = by_trust(summarise(list(repositories), timezone.now(), lines=True))
    plans = by_repository([one.repository for one in summaries])
    context = {
        "area": "overview",
        "summaries": summaries,
        "archived": archived,
        "plans": plans,
        "contradicted": [
            (one.repository, plan)
            for one in summaries
            for plan in plans.get(one.repository.pk, [])
            if plan.progress.contradicted
        ],
        "needs": [one for one in summaries if one.needs],
        "running": any(one.running for one in summaries),
    }
    return render(request, "dashboard/overview.html", context)
