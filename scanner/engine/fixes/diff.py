"""Two versions of a file → a diff that `git apply` takes, whatever the path and the ends of lines."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator

from scanner.engine.git import encode_path

_MARKS = {0x07: b"\\a", 0x08: b"\\b", 0x09: b"\\t", 0x0A: b"\\n", 0x0B: b"\\v", 0x0C: b"\\f", 0x0D: b"\\r"}
_MARKS |= {0x22: b'\\"', 0x5C: b"\\\\"}


def unified(path: str, before: bytes, after: bytes) -> bytes:
    """Return the difference with three lines around each place, b"" when there is none."""
    raw = encode_path(path)
    old, new = _quoted(b"a/" + raw), _quoted(b"b/" + raw)
    lines = list(_body(before, after))
    if not lines:
        return b""
    # A name with a space ends in a tab, as git writes it: what follows would be a date.
    end = b"\t\n" if b" " in raw else b"\n"
    head = b"diff --git %s %s\nindex %s..%s 100644\n--- %s%s+++ %s%s"
    return head % (old, new, blob_id(before)[:12], blob_id(after)[:12], old, end, new, end) + b"".join(lines)


def blob_id(content: bytes) -> bytes:
    """Return how git calls a file's content, in hex."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest().encode()


def _body(before: bytes, after: bytes) -> Iterator[bytes]:
    """Yield the lines of the hunks: a line ends in a line feed and nowhere else."""
    hunks = difflib.diff_bytes(difflib.unified_diff, _lines(before), _lines(after), b"a", b"b")
    for index, line in enumerate(hunks):
        if index >= 2:  # the two names come first
            yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [*(part + b"\n" for part in parts[:-1]), *filter(None, parts[-1:])]


def _quoted(name: bytes) -> bytes:
    """Write a name as git does: between quotes when it holds what is not plain ASCII."""
    told = b"".join(_MARKS.get(byte) or (bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte) for byte in name)
    return name if told == name else b'"' + told + b'"'
