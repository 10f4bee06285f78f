"""One violation: what it is, what it costs, how long it has been there, and the code."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import arithmetic, patches, sources
from dashboard.access import repository_for
from dashboard.models import Role
from dashboard.summaries import Summary, summarise
from dashboard.trends import lifetime
from dashboard.views.violations import attach_commits
from scanner.engine import documentation
from scanner.models import Commit, Repository, Violation

ELSEWHERE = 8
DEAREST = ("-points", "path", "id")


@require_safe
def violation(request: HttpRequest, slug: str, fingerprint: str) -> HttpResponse:
    """Addressed by fingerprint, so a link outlives line moves, new epochs and reopening."""
    repository = repository_for(request, slug, Role.VIEWER)
    summary = summarise([repository], timezone.now())[0]
    rows = arithmetic.costed(Violation.objects.filter(epoch=repository.current_epoch_id), summary.score)
    lives = list(
        rows.with_sight()
        .filter(Q(fingerprint=fingerprint) | Q(continued_by__fingerprint=fingerprint))
        .select_related("continues")
        .distinct()
        .order_by("introduced", "id")
    )
    mine = [life for life in lives if life.fingerprint == fingerprint]
    if not mine:
        raise Http404(f"{repository.name} has no violation {fingerprint} in its current epoch.")
    found = mine[-1]
    attach_commits(repository, lives)
    elsewhere = rows.open().filter(rule=found.rule, symbol=found.symbol).exclude(fingerprint=fingerprint)
    context: dict[str, Any] = {
        "repository": repository,
        "summary": summary,
        "tab": "violations",
        "violation": found,
        "waived": found.is_waived_on(summary.now.date()),
        "lives": lives,
        "gain": arithmetic.gain(summary.score, found) if summary.score and found.is_open else None,
        "unit": arithmetic.unit_cost(summary.score, found.rule) if summary.score else None,
        "doc": documentation.of(found.rule),
        "bar": lifetime([(life.introduced, life.fixed) for life in lives], summary.head.seq if summary.head else 1),
        "elsewhere": list(elsewhere.order_by(*DEAREST)[:ELSEWHERE]),
        "repairable": patches.is_offered(found),
        "successor": found.continued_by.first() if found.moved else None,
    }
    return render(request, "dashboard/violation.html", context | _code(repository, summary, found))


def _code(repository: Repository, summary: Summary, found: Violation) -> dict[str, Any]:
    """The excerpt at the newest commit where the violation was open: the shown one, or the last before its end."""
    commit = summary.head
    if found.fixed:
        commit = Commit.objects.filter(repository=repository, seq=found.fixed - 1).first()
    if commit is None:
        return {}
    excerpt = sources.excerpt(repository, commit.sha, found.path, found.line, found.end_line)
    return {"commit": commit, "excerpt": excerpt}
