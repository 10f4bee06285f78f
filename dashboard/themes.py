"""Light, dark, or what the system says: remembered in a cookie."""

from __future__ import annotations

from django.http import HttpRequest

COOKIE = "truthline_theme"
AUTO = "auto"
THEMES = {AUTO: "System", "light": "Light", "dark": "Dark"}


def chosen(request: HttpRequest | None) -> str:
    """Return the theme this browser asked for; `auto` when it did not, or when the cookie is nonsense."""
    theme = request.COOKIES.get(COOKIE, AUTO) if request is not None else AUTO
    return theme if theme in THEMES else AUTO
