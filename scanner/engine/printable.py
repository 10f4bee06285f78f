"""What is shown of a stranger's text: nothing that moves a cursor, breaks a line or turns the direction of writing."""

from __future__ import annotations


def visible(text: str) -> str:
    """Return text with control and direction characters escaped: it comes from somebody's repository."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
