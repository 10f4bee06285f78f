"""The scans of a repository, and the button that asks for one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import repository_for
from dashboard.models import Role
from dashboard.paging import page_of
from dashboard.summaries import summarise
from scanner import scans as scanning
from scanner.models import Scan

PAGE = 50


@require_safe
def scans(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    rows = Scan.objects.filter(repository=repository).defer("log")
    page = page_of(rows, ["-created_at", "-id"], request.GET.get("after", ""), PAGE)
    context = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "scans",
        "page": page,
        "next": f"?after={page.after}" if page.after else "",
    }
    return render(request, "dashboard/scans.html", context)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a scan; one that already waits is shown instead, and one that runs is waited for. A word says so."""
    repository = repository_for(request, slug, Role.ENGINEER)
    if repository.archived_at:
        messages.error(request, f"{repository.name} is archived. Take it back in its settings, then scan it.")
        return redirect("settings", slug)
    scan = scanning.request(repository, Scan.Reason.ASKED)
    running = repository.scans.running().exclude(pk=scan.pk).first()
    when = f"when scan {running.pk}, which runs now, has ended" if running else "as soon as a worker is free"
    if scan.joined:
        messages.info(request, f"This scan waits already: no second one was made. It starts {when}.")
    elif running:
        messages.info(request, f"It starts {when}.")
    return redirect("scan", slug, scan.pk)
