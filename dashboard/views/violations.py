"""The violations of a repository: filtered by the address, page after page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import arithmetic
from dashboard.access import repository_for
from dashboard.forms import ORDERS, STATES, ViolationFilter
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import Plan, Role
from dashboard.paging import page_of
from dashboard.series import of_plan
from dashboard.summaries import Summary, summarise
from scanner.models import Commit, Repository, Violation
from scanner.models.violations import ViolationQuerySet

PAGE = 50
KEYS = {
    "points": ["-points", "path", "id"],
    "newest": ["-introduced", "id"],
    "path": ["path", "line", "id"],
}
KEYS_OF_FIXED = KEYS | {"newest": ["-fixed", "id"]}


@require_safe
def violations(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    summary = summarise([repository], timezone.now())[0]
    form = ViolationFilter(request.GET, areas=list(arithmetic.AREAS), rules=sorted(arithmetic.AREA_OF_RULE))
    rows = matching(repository, summary, form)
    keys = KEYS_OF_FIXED if form.lifetimes == "fixed" else KEYS
    page = page_of(rows.with_sight(), keys[form.order], request.GET.get("after", ""), PAGE)
    attach_commits(repository, page.rows)
    context: dict[str, Any] = {
        "repository": repository,
        "summary": summary,
        "tab": "violations",
        "today": summary.now.date().isoformat(),
        "page": page,
        "dearest": max((row.points for row in page.rows), default=0.0),
        "next": _address(request, after=page.after) if page.after else "",
    }
    # The infinite list asks for rows alone; the same address in a new tab is a whole page.
    if "after" in request.GET and is_asked_for_part(request):
        return respond(request, "dashboard/_violation_rows.html", context)
    totals = rows.order_by().aggregate(count=Count("id"), lost=Sum("points"))
    context |= {"form": form, "totals": totals, "restart": _address(request)}
    context |= {"chips": _chips(request, form), "orders": _orders(request, form)}
    return respond(request, "dashboard/violations.html", context)


def matching(repository: Repository, summary: Summary, form: ViolationFilter) -> ViolationQuerySet:
    """Return the violations that the filter asks for, with their points at the shown commit."""
    asked = form.chosen
    rows = arithmetic.costed(Violation.objects.filter(epoch=repository.current_epoch_id), summary.score)
    if form.lifetimes != "all":
        rows = rows.newest_fixed() if form.lifetimes == "fixed" else rows.open()
    if form.lifetimes == "waived":
        rows = rows.waived_on(summary.now.date())
    for name in ("rule", "severity", "scope", "service"):
        if name in asked:
            rows = rows.filter(**{name: asked[name]})
    if "area" in asked:
        rows = rows.filter(rule__in=[rule for rule, area in arithmetic.AREA_OF_RULE.items() if area == asked["area"]])
    if "author" in asked:
        commits = Commit.objects.filter(repository=repository, author=asked["author"])
        rows = rows.filter(introduced__in=commits.values("seq"), continues=None)
    if "plan" in asked:
        plan = Plan.objects.filter(repository=repository, slug=asked["plan"]).first()
        rows = of_plan(rows, plan) if plan else rows.none()
    return rows.mentioning(asked["q"]) if "q" in asked else rows


def attach_commits(repository: Repository, rows: Iterable[Violation], others: Iterable[int] = ()) -> dict[int, Commit]:
    """Give each row the commits that `introduced` and `fixed` number; return them and `others` by seq, in one query."""
    rows = list(rows)
    wanted = {row.introduced for row in rows} | {row.fixed for row in rows if row.fixed} | set(others)
    commits = {commit.seq: commit for commit in Commit.objects.filter(repository=repository, seq__in=wanted)}
    for row in rows:
        row.introduced_by = commits.get(row.introduced)  # type: ignore[attr-defined]
        row.fixed_by = commits.get(row.fixed) if row.fixed else None  # type: ignore[attr-defined]
    return commits


def _address(request: HttpRequest, **changes: str) -> str:
    """The same list with other parameters; an empty value takes one away. Always from its first page."""
    query = request.GET.copy()
    query.pop("after", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


def _chips(request: HttpRequest, form: ViolationFilter) -> list[dict[str, str]]:
    """One per active filter, with the address of the list without it."""
    return [
        {
            "words": f"{(form.fields[name].label or name).lower()}: {STATES[value] if name == 'state' else value}",
            "without": _address(request, **{name: ""}),
        }
        for name, value in form.chosen.items()
    ]


def _orders(request: HttpRequest, form: ViolationFilter) -> list[dict[str, Any]]:
    return [
        {"words": words, "current": name == form.order, "address": _address(request, sort=name)}
        for name, words in ORDERS.items()
    ]
