"""What the templates need beside Django's own tags: numbers with signs, moments, paths, shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard import themes, words
from dashboard.access import role_in
from dashboard.models import Role
from scanner.engine.score import shown
from scanner.models import Commit, Repository

register = template.Library()
register.filter("visible", words.visible)
register.filter("span", words.span)
register.filter("plural", words.plural)

MARKED = re.compile(r"(`[^`]+`|\*\w[^*]*\*)")
EXACT = "%Y-%m-%d %H:%M:%S UTC"


@register.filter
def n(value: float | None, digits: int = 0) -> str:
    return words.number(value, digits)


@register.filter
def signed(value: float | None, digits: int = 2) -> str:
    return words.signed(value, digits)


@register.filter
def score(value: float | None, delta: float = 0.0) -> str:
    """Two decimals, and as many as it needs to show a delta, or not to read 100.00 while something is open."""
    return shown(value, delta) if value is not None else "–"


@register.filter
def weight(value: float | None) -> str:
    """A sum of quarters: "1,226", "7.25"."""
    return words.number(value, 2).removesuffix("00").removesuffix(".") if value is not None else "–"


@register.filter
def cost(points: float | None) -> str:
    """A share of the score with as many digits as it needs not to read zero; "0" is never scored."""
    return words.signed(points, 3).lstrip("+±") if points is not None else "–"


@register.filter
def share_of(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


@register.filter
def plus(value: float, other: float) -> float:
    return value + other


@register.filter
def minus(value: int, other: int) -> int:
    return value - other


@register.filter
def per(value: float, unit: float) -> float:
    """How many units there are in a value."""
    return value / unit if unit else 0.0


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def ticks(text: str) -> SafeString:
    """Words between backticks as code, between stars as emphasis."""
    tags = {"`": "<code>{}</code>", "*": "<em>{}</em>"}
    parts = MARKED.split(text)
    return format_html_join(
        "", "{}", ((format_html(tags[part[0]], part[1:-1]) if index % 2 else part,) for index, part in enumerate(parts))
    )


@register.filter
def every(interval: timedelta) -> str:
    return f"every {words.span(interval)}"


@register.filter
def percent(share: float | None) -> str:
    """0.9998 → "99.98 %". Never rounded up to a hundred: 100 % means all of them."""
    if share is None:
        return "–"
    if share >= 1:
        return "100 %"
    return f"{min(int(share * 1_000_000) / 10_000, 99.99):.4g} %"


def _time(moment: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="seconds"), moment.strftime(EXACT), text
    )


@register.filter
def ago(moment: datetime | None) -> str:
    """ "4 min ago", the exact moment in its title."""
    return _time(moment, words.ago(moment, timezone.now())) if moment else "never"


@register.filter
def age(moment: datetime | None) -> str:
    """ "9 d", the exact moment in its title."""
    return _time(moment, words.span(timezone.now() - moment)) if moment else "–"


@register.filter
def day(moment: datetime | None) -> str:
    """ "12 Sep 2025", the exact moment in its title."""
    return _time(moment, f"{moment.day} {moment:%b %Y}") if moment else "–"


@register.filter
def moment(value: datetime | None) -> str:
    """ "12 Sep 2025 20:18", the exact moment in its title."""
    return _time(value, f"{value.day} {value:%b %Y %H:%M}") if value else "–"


@register.filter
def overdue(late: timedelta | None) -> str:
    return f"{words.span(late)} late" if late else ""


@register.filter
def allows(repository: Repository, role: str) -> bool:
    """Whether who asks has that role or a higher one in a repository that `access.visible` returned."""
    return role_in(repository) >= Role[role.upper()]


@register.filter(name="words")
def split(value: str) -> list[str]:
    return value.split()


@register.filter
def field(form: BaseForm, name: str) -> BoundField:
    return form[name]


@register.filter
def path(value: str, line: int | None = None) -> SafeString:
    """The folders quiet, the file name (and its line) in ink."""
    folder, _, name = words.visible(value).rpartition("/")
    if line:
        name = f"{name}:{line}"
    return format_html("{}<b>{}</b>", f"{folder}/" if folder else "", name)


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="i" aria-hidden="true"><use href="#{}"/></svg>', name)


@register.simple_tag
def severity(level: str) -> SafeString:
    return format_html(
        '<span class="sev {0}"><svg viewBox="0 0 14 12" aria-hidden="true"><use href="#sev-{0}"/></svg>{0}</span>',
        level,
    )


@register.simple_tag
def delta(value: float | None, good: str = "up", digits: int = 2) -> SafeString:
    """A change: the arrow says up or down, the colour better or worse, the sign and number both."""
    text = words.signed(value, digits)
    if value is None or text == "±0":
        return format_html('<span class="delta dim">{}</span>', text)
    up = value > 0
    return format_html(
        '<span class="delta {}"><span aria-hidden="true">{}</span> {}</span>',
        "ok" if up == (good == "up") else "bad",
        "▲" if up else "▼",
        text,
    )


@register.simple_tag
def commit_link(repository: Repository, commit: Commit | None) -> SafeString:
    if commit is None:
        return SafeString('<span class="faint">unknown</span>')
    url = reverse("commit", args=[repository.slug, commit.sha])
    return format_html(
        '<a class="sha" href="{}" title="{}">{}</a>', url, words.visible(commit.subject), commit.short_sha
    )


@register.simple_tag
def bar(share: float, css: str = "bar-fg", width: int = 100, height: int = 10) -> SafeString:
    """A share of 0–1 as a bar; the number must stand beside it."""
    filled = round(min(max(share, 0.0), 1.0) * width, 1)
    return format_html(
        '<svg viewBox="0 0 {0} {1}" preserveAspectRatio="none" aria-hidden="true"><rect class="bar-bg" width="{0}" '
        'height="{1}"/><rect class="{2}" width="{3}" height="{1}"/></svg>',
        width,
        height,
        css,
        filled,
    )


@register.simple_tag(takes_context=True)
def theme_attribute(context: Context) -> SafeString:
    theme = themes.chosen(context.get("request"))
    return format_html(' data-theme="{}"', theme) if theme != themes.AUTO else SafeString("")


@register.inclusion_tag("_theme.html", takes_context=True)
def theme_switch(context: Context) -> dict[str, Any]:
    request = context.get("request")
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "theme": themes.chosen(request),
        "themes": themes.THEMES.items(),
    }
