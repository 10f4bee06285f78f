"""The search box: symbols and files with open violations, and commits by the start of their sha."""

from __future__ import annotations

import re

from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from dashboard.access import visible
from scanner.models import Commit, Violation
from scanner.models.repositories import RepositoryQuerySet

MOST = 25
SHA = re.compile(r"[0-9a-f]{7,40}")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip().replace("\0", "")[:200]
    context: dict[str, object] = {"query": query}
    if query:
        mine = visible(request.user).tracked()
        commits = _commits(mine, query)
        if len(commits) == 1:
            return redirect("commit", commits[0].repository.slug, commits[0].sha)
        open_ = Violation.objects.shown().open().filter(epoch__repository__in=mine.values("pk"))
        named = open_.annotate(slug=F("epoch__repository__slug"), name=F("epoch__repository__name"))
        for key, field in (("symbols", "symbol"), ("paths", "path")):
            matching = named.filter(**{f"{field}__icontains": query}).values("slug", "name", field)
            context[key] = matching.annotate(open=Count("id")).order_by("-open", field)[:MOST]
        context["commits"] = commits
    return render(request, "dashboard/search.html", context)


def _commits(repositories: RepositoryQuerySet, query: str) -> list[Commit]:
    if not SHA.fullmatch(query.lower()):
        return []
    found = Commit.objects.filter(repository__in=repositories.values("pk"), sha__startswith=query.lower())
    return list(found.select_related("repository")[:MOST])
