"""What may stand in an address."""

from __future__ import annotations


class HexConverter:
    """A name in lower-case hexadecimal: a commit, whole or abbreviated, or a violation's fingerprint."""

    regex = "[0-9a-f]{7,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
