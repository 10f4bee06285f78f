"""One scan: how far it is, what it wrote down, and the button that stops it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard.access import repository_for
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import Role
from dashboard.summaries import summarise
from scanner import scans as scanning
from scanner.models import Repository, Scan

# What a running scan's pages ask for again and again.
PARTS = {"scan": "dashboard/_scan.html", "banner": "dashboard/_scan_banner.html"}


@require_safe
def scan(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    found = _scan_of(repository, number)
    context = {"repository": repository, "scan": found, "tab": "scans", "most_attempts": scanning.MOST_ATTEMPTS}
    part = PARTS.get(request.GET.get("part", "")) if is_asked_for_part(request) else None
    if part and request.GET["part"] == "banner" and not found.is_active:
        # The page around the banner has new numbers now.
        return HttpResponseClientRefresh()
    if part is None:
        context["summary"] = summarise([repository], timezone.now())[0]
    return respond(request, part or "dashboard/scan.html", context)


@require_POST
def cancel(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    repository = repository_for(request, slug, Role.ENGINEER)
    if not scanning.cancel(_scan_of(repository, number)):
        messages.info(request, "The scan had already ended.")
    return redirect("scan", slug, number)


def _scan_of(repository: Repository, number: int) -> Scan:
    found = Scan.objects.filter(repository=repository, pk=number).first()
    if found is None:
        raise Http404(f"{repository.name} has no scan {number}.")
    return found
