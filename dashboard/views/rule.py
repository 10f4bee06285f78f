"""One rule: its own documentation, and where it is open."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import documentation
from scanner.models import Repository, Violation


@require_safe
def rule(request: HttpRequest, name: str) -> HttpResponse:
    page = documentation.of(name)
    if page is None:
        raise Http404(f"There is no rule {name!r}.")
    counted = Violation.objects.open().shown().filter(rule=name).count_by_rule()
    open_in = {repository: open_ for _, repository, open_ in counted}
    repositories = Repository.objects.tracked().filter(pk__in=open_in).order_by("name")
    counts = [
        {"slug": one.slug, "name": one.name, "open": open_in[one.pk]}
        for one in sorted(repositories, key=lambda one: -open_in[one.pk])
    ]
    return render(request, "dashboard/rule.html", {"area": "rules", "page": page, "counts": counts})
