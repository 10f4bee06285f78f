"""One commit: what it introduced, fixed and moved, and what that did to the score."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import arithmetic, sources
from dashboard.access import repository_for
from dashboard.models import Role
from dashboard.summaries import summarise
from dashboard.views.commits import attach_standings
from scanner.models import Commit, Repository, Standing, Violation

MOST = 100


@require_safe
def commit(request: HttpRequest, slug: str, sha: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    found = Commit.objects.filter(repository=repository, sha__startswith=sha).newest().first()
    if found is None:
        raise Http404(f"{repository.name} has no tracked commit {sha}. Only first parents of its ref are tracked.")
    attach_standings(repository, [found])
    neighbours = {
        one.seq - found.seq: one
        for one in Commit.objects.filter(repository=repository, seq__in=[found.seq - 1, found.seq + 1])
    }
    context: dict[str, Any] = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "commits",
        "commit": found,
        "before": neighbours.get(-1),
        "after": neighbours.get(1),
        "files": sources.changed_files(repository, found.sha),
        "most": MOST,
    }
    return render(request, "dashboard/commit.html", context | _done(repository, found))


def _done(repository: Repository, found: Commit) -> dict[str, Any]:
    """What the commit did, each list cut at MOST: the counts stand in its standing."""
    epoch = repository.current_epoch
    if epoch is None:
        return {}
    standing: Standing | None = found.standing  # type: ignore[attr-defined]
    score = arithmetic.score_of(standing, epoch) if standing else None
    rows = arithmetic.costed(Violation.objects.filter(epoch=epoch), score)
    dearest = ("-points", "path", "id")
    return {
        "introduced": rows.with_sight().introduced_in(found.seq).order_by(*dearest)[:MOST],
        "fixed": rows.fixed_in(found.seq).order_by(*dearest)[:MOST],
        "moved": rows.moved_in(found.seq).select_related("continues").order_by(*dearest)[:MOST],
    }
