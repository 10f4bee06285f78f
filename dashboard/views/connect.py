"""Connecting a repository by a form."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.forms import ConnectForm
from scanner import connections


@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest) -> HttpResponse:
    """What was typed stays in the form when it cannot be connected; then nothing is saved."""
    form = ConnectForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            repository = connections.connect(form.cleaned_data["source"], form.cleaned_data["ref"])
        except connections.ConnectError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{repository.name} is connected. Its first scan starts now.")
            return redirect("repository", repository.slug)
    status = 422 if form.is_bound else 200
    return render(request, "dashboard/connect.html", {"area": "overview", "form": form}, status=status)
