"""What the pages of plans need: the two-tone bar, and how an answer to a claim looks."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard.models import ClaimResult
from dashboard.states import Progress
from dashboard.words import visible
from scanner.models import Repository

register = template.Library()

Result = ClaimResult.Result
# shape, tone, word
ANSWERS: dict[str, tuple[str, str, str]] = {
    Result.HOLDS: ("holds", "ok", "Holds"),
    Result.MOVED: ("moved", "warn", "Moved"),
    Result.GONE: ("gone", "dim", "Gone"),
    Result.NEVER: ("never", "bad", "Never true"),
    Result.FALSE: ("false", "bad", "False"),
    Result.UNKNOWN: ("unsure", "dim", "Not checkable"),
}
WIDTH = 200
SHORT = 9  # digits of a commit, as everywhere


@register.simple_tag
def answer(claim: ClaimResult) -> SafeString:
    shape, tone, word = ANSWERS[claim.result]
    return format_html(
        '<span class="ans {}"><svg class="i" aria-hidden="true"><use href="#{}"/></svg>{}</span>', tone, shape, word
    )


@register.simple_tag
def detail(claim: ClaimResult, repository: Repository) -> SafeString:
    """The nearest truth; the commit that it names is a link, in the sentence or behind it."""
    words = visible(claim.detail)
    if not claim.sha:
        return format_html("{}", words)
    short = claim.sha[:SHORT]
    link = format_html('<a class="sha" href="{}">{}</a>', reverse("commit", args=[repository.slug, claim.sha]), short)
    before, found, after = words.partition(short)
    return format_html("{}{}{}", before, link, after) if found else format_html("{} {}", words, link)


@register.simple_tag
def two_tone(progress: Progress) -> SafeString:
    """What the machine verified, what people attest, and at the far end what is contradicted."""
    if not progress.total:
        return SafeString("")
    unit = WIDTH / progress.total
    parts = [
        ("verified", 0.0, progress.verified),
        ("attested", progress.verified * unit, progress.attested),
        ("contradicted", WIDTH - progress.contradicted * unit, progress.contradicted),
    ]
    drawn = format_html_join(
        "",
        '<rect class="{}" x="{}" width="{}" height="8"/>',
        ((name, round(x, 2), round(count * unit, 2)) for name, x, count in parts if count),
    )
    return format_html(
        '<svg class="two" viewBox="0 0 {0} 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-bg" width="{0}" height="8"/>{1}</svg>',
        WIDTH,
        drawn,
    )
