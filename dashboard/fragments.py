"""A page or the part of it that htmx asked for: the same fragment either way."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def is_asked_for_part(request: HttpRequest) -> bool:
    """Whether htmx wants a fragment. When it restores history it has lost the page and wants all of it."""
    details = HtmxDetails(request)
    return bool(details) and not details.history_restore_request


def respond(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render what differs by who asks, and say so to caches."""
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
