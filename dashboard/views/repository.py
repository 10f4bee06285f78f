"""One repository: its score with the arithmetic, its trend, and what moved last."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import arithmetic, trends
from dashboard.access import repository_for
from dashboard.models import Role
from dashboard.summaries import Summary, summarise
from dashboard.views.violations import attach_commits
from scanner.models import Commit, Epoch, Repository, Standing, Tally, Violation

NEWEST = 6
HOT_FILES = 8
TABLE_ROWS = 100
# How many commits the chart shows; 0 is all of them.
RANGES = {"200": 200, "1000": 1000, "all": 0}


@require_safe
def repository(request: HttpRequest, slug: str) -> HttpResponse:
    found = repository_for(request, slug, Role.VIEWER)
    summary = summarise([found], timezone.now())[0]
    context: dict[str, Any] = {"repository": found, "summary": summary, "tab": "summary", "ranges": RANGES}
    if summary.standing and summary.epoch:
        chosen = request.GET.get("range", "all")
        chosen = chosen if chosen in RANGES else "all"
        context |= {"range": chosen} | _numbers(summary, summary.epoch)
        context |= _movements(found, summary, summary.epoch, RANGES[chosen])
    return render(request, "dashboard/repository.html", context)


@require_safe
def trend(request: HttpRequest, slug: str) -> JsonResponse:
    """The points of the chart, column by column, oldest first."""
    found = repository_for(request, slug, Role.VIEWER)
    count = RANGES.get(request.GET.get("range", "all"), 0)
    epoch = found.current_epoch
    if epoch is None:
        return JsonResponse(trends.columns([], {}))
    first = max(epoch.replayed_seq - count, 0) if count else 0
    standings = Standing.objects.filter(epoch=epoch, seq__gt=first).trend()
    commits = Commit.objects.filter(repository=found, seq__gt=first, seq__lte=epoch.replayed_seq)
    rows = standings.values_list("seq", "score", "open", "introduced", "fixed")
    by_seq = {
        seq: (sha, author, at) for seq, sha, author, at in commits.values_list("seq", "sha", "author", "committed_at")
    }
    return JsonResponse(trends.columns(list(rows), by_seq))


def _numbers(summary: Summary, epoch: Epoch) -> dict[str, Any]:
    tallies = Tally.objects.filter(epoch=epoch)
    before: list[Tally] | None = None
    if summary.head and summary.head.earlier_seq:
        now, before = tallies.at_both(epoch.replayed_seq, summary.head.earlier_seq)
    else:
        now = list(tallies.at(epoch.replayed_seq))
    lines = arithmetic.explain(summary.score, now)
    waived = list(Violation.objects.filter(epoch=epoch).open().waived_on(summary.now.date()).count_by_weight())
    return {
        "waived": sum(count for *_, count in waived),
        "with_waivers": arithmetic.with_waivers(summary.score, waived) if summary.score else None,
        "areas": lines,
        "measured_weight": sum(line.weight for line in lines if line.value is not None),
        "worst": next((line for line in lines if line.worst), None),
        "by_rule": trends.movements("rule", now, before),
        "by_service": trends.movements("service", now, before),
    }


def _movements(found: Repository, summary: Summary, epoch: Epoch, count: int) -> dict[str, Any]:
    """What moved last: the newest introduced and fixed, and the newest commits of the range that did either."""
    everything = arithmetic.costed(Violation.objects.filter(epoch=epoch), summary.score)
    newest = everything.newest(NEWEST)
    standings = Standing.objects.filter(epoch=epoch).moved()
    if count:
        standings = standings.filter(seq__gt=epoch.replayed_seq - count)
    rows = list(standings.order_by("-seq")[:TABLE_ROWS])
    commits = attach_commits(found, newest, {row.seq for row in rows})
    return {
        "introduced": [row for row in newest if row.end == "introduced"],
        "fixed": [row for row in newest if row.end == "fixed"],
        "files": everything.open().by_file()[:HOT_FILES],
        "table": [{"standing": row, "commit": commits[row.seq]} for row in rows if row.seq in commits],
    }
