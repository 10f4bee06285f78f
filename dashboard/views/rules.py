"""Every rule, by area, with how much of it is open."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access import visible
from scanner.engine import documentation
from scanner.engine.score import AREA_WEIGHTS
from scanner.models import Violation


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    counts: Counter[str] = Counter()
    repositories: Counter[str] = Counter()
    mine = visible(request.user).values("pk")
    for rule, _, open_ in Violation.objects.open().shown().filter(epoch__repository__in=mine).count_by_rule():
        counts[rule] += open_
        repositories[rule] += 1
    pages = documentation.everything()
    areas: dict[str, list[dict[str, object]]] = {}
    for area in (*AREA_WEIGHTS, documentation.EVERY_AREA, documentation.NOT_SCORED):
        lines = [
            {"page": page, "open": counts[page.name], "repositories": repositories[page.name]}
            for page in pages
            if page.area == area
        ]
        if lines:
            areas[area] = lines
    context = {
        "area": "rules",
        "rules": pages,
        "areas": areas.items(),
        "weights": AREA_WEIGHTS,
        "total_weight": sum(AREA_WEIGHTS.values()),
    }
    return render(request, "dashboard/rules.html", context)
