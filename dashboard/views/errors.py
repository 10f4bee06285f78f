"""What a person reads when there is nothing to show."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import RoleNeeded
from dashboard.fragments import is_asked_for_part


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_large = isinstance(exception, RequestDataTooBig)
    return render(request, "400.html", {"too_large": too_large}, status=413 if too_large else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what is missing, and who has it. A page that still shows the button is older than the role: load it again."""
    context: dict[str, object] = {"reason": str(exception)}
    if isinstance(exception, RoleNeeded):
        context |= {"repository": exception.repository, "needed": exception.needed, "holders": exception.holders()}
    response = render(request, "403.html", context, status=403)
    if is_asked_for_part(request):
        response["HX-Refresh"] = "true"
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A view's own sentence about what is missing is shown; Django's about routes is not."""
    reason = str(exception) if exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "404.html", {"reason": reason}, status=404)
