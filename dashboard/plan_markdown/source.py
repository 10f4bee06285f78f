"""Bytes of a file → the text of a plan, or one clear sentence why it is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# The longest of 3,878 real documents has 175 KB and 2,685 lines. The worst document within these limits takes 4 s.
MAX_BYTES = 1024 * 1024
MAX_LINES = 25_000

Repair = Literal["mac_roman"]


class PlanError(Exception):
    """The input cannot be a plan; `str(error)` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Source:
    """A readable document. `text` keeps its own line ends; `lines` has none of them and is counted from 0."""

    text: str
    lines: list[str]
    repaired: Repair | None


def check_size(size: int) -> None:
    """Raises PlanError when so many bytes are too many."""
    if size > MAX_BYTES:
        raise PlanError(f"The file has {size:,} bytes; a plan may have {MAX_BYTES:,}.")


def read(data: bytes) -> Source:
    """Decodes a document and repairs UTF-8 that was once read as Mac Roman. Raises PlanError."""
    check_size(len(data))
    text = _decoded(data)
    if not text.strip():
        raise PlanError("The file is empty: there is no plan in it.")
    repaired_text = _without_mac_roman(text)
    lines = LINE_END.split(repaired_text)
    if len(lines) > MAX_LINES:
        raise PlanError(f"The file has {len(lines):,} lines; a plan may have {MAX_LINES:,}.")
    return Source(repaired_text, lines, None if repaired_text == text else "mac_roman")


# What CommonMark calls a line ending; str.splitlines knows more of them and would miscount.
LINE_END = re.compile(r"\r\n|\r|\n")


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data:
        raise PlanError("The file is binary: a plan is Markdown text.")
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanError(f"The file is not UTF-8 text (line {line}): a plan is Markdown text.") from None
    if "\0" in text:
        raise PlanError("The file is binary: a plan is Markdown text.")
    return text


NON_ASCII = re.compile(r"[^\x00-\x7f]+")
# How Mac Roman shows the first byte of most UTF-8 sequences in use: C2, C3, E2, EF, F0. No word of a living language
# starts a run of non-ASCII letters with one of these, while “É or ’é would decode into something by accident.
TELLTALE = ("¬", "√", "‚", "Ô", "\uf8ff")


def _without_mac_roman(text: str) -> str:
    runs = set(NON_ASCII.findall(text))
    if not any(run.startswith(TELLTALE) for run in runs):
        return text
    repaired = {run: _reread(run) for run in runs}
    misread_throughout = None not in repaired.values()
    return NON_ASCII.sub(
        lambda match: (
            repaired[match[0]] or match[0] if misread_throughout or match[0].startswith(TELLTALE) else match[0]
        ),
        text,
    )


def _reread(run: str) -> str | None:
    try:
        return run.encode("mac_roman").decode("utf-8")
    except UnicodeError:
        return None
