"""Numbers, durations and names as a person reads them."""

from __future__ import annotations

import math
import unicodedata
from datetime import datetime, timedelta

MINUS = "\N{MINUS SIGN}"
# Direction overrides and their like reorder what a reader sees; control characters hide it.
INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def number(value: float | None, digits: int = 0) -> str:
    """1234567.8 → "1,234,568"; None → "–"."""
    if value is None:
        return "–"
    text = f"{abs(value):,.{digits}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def signed(value: float | None, digits: int = 2) -> str:
    """A difference: "+2.10", "−0.0004" (as many digits as it needs not to read zero), "±0"."""
    if value is None:
        return "–"
    if value == 0:
        return "±0"
    needed = digits if digits == 0 else min(max(digits, 1 - math.floor(math.log10(abs(value))) - 1), 8)
    text = f"{abs(value):,.{needed}f}"
    if not text.strip("0.,"):
        return "±0"
    return ("+" if value > 0 else MINUS) + text


def span(duration: timedelta | None) -> str:
    """A duration in at most two units: "26 h", "4 min", "2 d 7 h", "3 months"."""
    if duration is None:
        return "–"
    seconds = max(int(duration.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h"
    if days < 14:
        rest = hours - days * 24
        return f"{days} d {rest} h" if rest and days < 4 else f"{days} d"
    if days < 60:
        return f"{days // 7} weeks"
    if days < 730:
        return f"{days // 30} months"
    return f"{days // 365} years"


def ago(moment: datetime, now: datetime) -> str:
    """ "just now", "4 min ago", "in 20 min"."""
    if moment > now + timedelta(seconds=5):
        return f"in {span(moment - now)}"
    if now - moment < timedelta(seconds=5):
        return "just now"
    return f"{span(now - moment)} ago"


def visible(text: str) -> str:
    """Return the text with characters that hide or reorder it written out as ⟨U+202E⟩."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"⟨U+{ord(character):04X}⟩" if _hides(character) else character for character in text)


def _hides(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in INVISIBLE


def plural(count: int, one: str) -> str:
    """ "1 commit", "2,586 repositories"."""
    if count == 1:
        return f"1 {one}"
    return f"{number(count)} {one[:-1] + 'ies' if one.endswith('y') else one + 's'}"
