"""Who did what in a repository, newest first: the audit as its members read it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import invitations
from dashboard.access import repository_for, role_in
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import AuditEvent, Role
from dashboard.paging import page_of
from dashboard.summaries import summarise

PAGE = 50


@require_safe
def activity(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    who = request.GET.get("who", "").strip()[:150]
    rows = AuditEvent.objects.filter(repository=repository)
    if role_in(repository) < Role.ADMIN:
        rows = rows.exclude(verb__in=invitations.VERBS)  # they name addresses of people who are no members
    if who:
        rows = rows.filter(name__iexact=who)
    page = page_of(rows, ["-id"], request.GET.get("after", ""), PAGE)
    query = request.GET.copy()
    query["after"] = page.after
    context = {
        "repository": repository,
        "tab": "activity",
        "page": page,
        "who": who,
        "next": f"?{query.urlencode()}" if page.after else "",
    }
    if "after" in request.GET and is_asked_for_part(request):
        return respond(request, "dashboard/_activity_rows.html", context)
    context["summary"] = summarise([repository], timezone.now())[0]
    return respond(request, "dashboard/activity.html", context)
