"""The commits of the tracked ref with what each did, newest first."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import repository_for
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import Role
from dashboard.paging import page_of
from dashboard.summaries import summarise
from scanner.models import Commit, Repository, Standing
from scanner.models.repositories import CommitQuerySet

PAGE = 50


@require_safe
def commits(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    text, moved = request.GET.get("q", "").strip()[:200], "moved" in request.GET
    page = page_of(_matching(repository, text, moved=moved), ["-seq", "id"], request.GET.get("after", ""), PAGE)
    attach_standings(repository, page.rows)
    query = request.GET.copy()
    query["after"] = page.after
    context = {
        "repository": repository,
        "tab": "commits",
        "page": page,
        "text": text,
        "moved": moved,
        "next": f"?{query.urlencode()}" if page.after else "",
    }
    if "after" in request.GET and is_asked_for_part(request):
        return respond(request, "dashboard/_commit_rows.html", context)
    context["summary"] = summarise([repository], timezone.now())[0]
    return respond(request, "dashboard/commits.html", context)


def attach_standings(repository: Repository, rows: list[Commit]) -> None:
    """Give each commit its `standing` and by how much the score `moved` from its parent, in one query."""
    wanted = {row.seq for row in rows} | {row.seq - 1 for row in rows}
    standings = {
        standing.seq: standing
        for standing in Standing.objects.filter(epoch=repository.current_epoch_id, seq__in=wanted)
    }
    for row in rows:
        row.standing = standings.get(row.seq)  # type: ignore[attr-defined]
        row.moved = _difference(standings.get(row.seq - 1), standings.get(row.seq))  # type: ignore[attr-defined]


def _difference(before: Standing | None, after: Standing | None) -> float | None:
    if before is None or after is None or before.score is None or after.score is None:
        return None
    return after.score - before.score


def _matching(repository: Repository, text: str, *, moved: bool) -> CommitQuerySet:
    rows = Commit.objects.filter(repository=repository)
    if text:
        rows = rows.filter(Q(subject__icontains=text) | Q(author__icontains=text) | Q(sha__startswith=text.lower()))
    if moved:
        standings = Standing.objects.filter(epoch=repository.current_epoch_id, seq=OuterRef("seq")).moved()
        rows = rows.filter(Exists(standings))
    return rows
