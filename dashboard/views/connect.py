"""Connecting a repository by a form."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard import audit, memberships
from dashboard.access import connector_of, visible
from dashboard.forms import ConnectForm
from dashboard.models import Role
from scanner import connections
from scanner.models import Repository


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """What was typed stays in the form when it cannot be connected; then nothing is saved."""
    person = connector_of(request)
    form = ConnectForm(request.POST if request.method == "POST" else None, local_paths=person.is_superuser)
    if request.method == "POST" and form.is_valid():
        try:
            repository = _connect(person, form.cleaned_data["source"], form.cleaned_data["ref"])
        except connections.ConnectError as refusal:
            form.add_error(None, _words(person, refusal))
        else:
            messages.success(request, f"{repository.name} is connected. Its first scan starts now.")
            return redirect("setup", repository.slug)
    status = 422 if form.is_bound else 200
    return render(request, "dashboard/connect.html", {"area": "overview", "form": form}, status=status)


def _connect(person: User, source: str, ref: str) -> Repository:
    """Whoever connects a repository is its first admin."""
    seen = connections.look(source, ref)
    with transaction.atomic():
        repository = connections.save(seen)
        audit.record(person, "connected", repository.name, repository)
        memberships.add(repository, person, Role.ADMIN, by=person)
    return repository


def _words(person: User, refusal: connections.ConnectError) -> str:
    """That something is connected already is told to those who may see it."""
    if not isinstance(refusal, connections.ConnectedAlready):
        return str(refusal)
    found = visible(person).filter(url=refusal.url, path=refusal.path, ref=refusal.ref).first()
    if found is None:
        return "You cannot connect this. An operator of this instance can tell you more."
    return f"{refusal} It is {found.name}."
