"""One rule: its own documentation, and where it is open."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access import visible
from scanner.engine import documentation
from scanner.models import Violation


@require_safe
def rule(request: HttpRequest, name: str) -> HttpResponse:
    page = documentation.of(name)
    if page is None:
        raise Http404(f"There is no rule {name!r}.")
    mine = visible(request.user).tracked()
    open_ = Violation.objects.open().shown().filter(rule=name, epoch__repository__in=mine.values("pk"))
    open_in = {repository: count for _, repository, count in open_.count_by_rule()}
    counts = [
        {"slug": one.slug, "name": one.name, "open": open_in[one.pk]}
        for one in sorted(mine.filter(pk__in=open_in).order_by("name"), key=lambda one: -open_in[one.pk])
    ]
    return render(request, "dashboard/rule.html", {"area": "rules", "page": page, "counts": counts})
