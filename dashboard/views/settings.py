"""A repository's name, schedule and configuration, and its archive."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import audit, registry
from dashboard.access import actor_of, repository_for, role_in
from dashboard.forms import SettingsForm
from dashboard.models import Role
from dashboard.summaries import summarise
from scanner import scans as scanning
from scanner.models import Repository, Scan


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    needed = Role.LEAD if request.method == "POST" else Role.VIEWER
    repository = repository_for(request, slug, needed)
    # A ModelForm writes what was typed into its instance, valid or not: the page around it shows the saved one.
    posted = request.POST if request.method == "POST" else None
    form = SettingsForm(posted, instance=repository_for(request, slug, needed))
    if role_in(repository) < Role.LEAD:
        form.lock()
    if request.method == "POST" and form.is_valid():
        _save(request, form)
        return redirect("settings", slug)
    context = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "settings",
        "form": form,
    }
    return render(request, "dashboard/settings.html", context, status=422 if form.is_bound else 200)


def _save(request: HttpRequest, form: SettingsForm) -> None:
    repository: Repository = form.instance
    with transaction.atomic():
        if "interval_minutes" in form.changed_data:
            interval = timedelta(minutes=repository.interval_minutes)
            repository.next_scan_at = timezone.now() + interval if interval else None
        repository.save(update_fields=["name", "interval_minutes", "next_scan_at"])
        if plain := sorted(set(form.changed_data) - {"config_toml"}):  # the registry tells of the configuration
            audit.record(actor_of(request), "changed the settings of", repository.name, repository, fields=plain)
        if form.configures:
            registry.record(repository, form.cleaned_data["config_toml"], actor_of(request))
        if form.configures and not repository.archived_at:
            messages.success(request, "Saved. The configuration takes effect with the scan that starts now.")
        else:
            messages.success(request, "Saved.")


@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop scanning and keep everything, or take it back."""
    repository = repository_for(request, slug, Role.ADMIN)
    wanted = request.POST.get("archived") == "yes"
    if wanted and not repository.archived_at:
        repository.archived_at = timezone.now()
        _record(request, repository, "archived")
        # The one that waits first, so that cancelling the other does not start it.
        for active in Scan.objects.filter(repository=repository).active().order_by("-id"):
            scanning.cancel(active)
        messages.success(request, f"{repository.name} is archived. Its numbers are kept.")
    elif not wanted and repository.archived_at:
        repository.archived_at = None
        repository.next_scan_at = timezone.now() if repository.interval_minutes else None
        _record(request, repository, "took up")
        messages.success(request, f"{repository.name} is tracked again.")
    return redirect("settings", slug)


def _record(request: HttpRequest, repository: Repository, verb: str) -> None:
    with transaction.atomic():
        repository.save(update_fields=["archived_at", "next_scan_at"])
        audit.record(actor_of(request), verb, repository.name, repository)
