"""A source file as text that can be edited at single places and written back, every other byte as it was."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from scanner.engine.extract import encoding_of

_NEWLINE = re.compile(r"\r\n|\n|\r")


class Unwritable(Exception):
    """The file cannot be written back as it is; `str()` is a part of a sentence."""


class Edit(NamedTuple):
    """Replace the characters from `start` to `end`."""

    start: int
    end: int
    text: str


class SourceText:
    """The text of a file. Raises Unwritable when its encoding is not one that is read, or does not read it."""

    def __init__(self, source: bytes) -> None:
        self._mark = codecs.BOM_UTF8 if source.startswith(codecs.BOM_UTF8) else b""
        encoding = encoding_of(source)
        if encoding is None:
            raise Unwritable("its coding line names an encoding that is not read")
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        body = source.removeprefix(self._mark)
        try:
            self.text = body.decode(self._encoding)
            if self.text.encode(self._encoding) != body:
                raise Unwritable(f"its bytes are not the only ones of that text in {self._encoding}")
        except UnicodeError:
            raise Unwritable(f"it is not {self._encoding}") from None
        ends = [match.end() for match in _NEWLINE.finditer(self.text)]
        self._starts = [0, *ends]

    def offset(self, line: int, column: int) -> int:
        """Return where the place is that ast calls (line, column): from 1, and from 0 in bytes of UTF-8."""
        start = self._starts[line - 1]
        text = self.text[start : self._starts[line] if line < len(self._starts) else len(self.text)]
        return start + (column if text.isascii() else len(text.encode()[:column].decode()))

    def line_start(self, line: int) -> int:
        """Return where a line begins."""
        return self._starts[line - 1]

    def line_end(self, line: int) -> int:
        """Return where a line ends, its newline left out."""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self._starts[line - 1] + len(self.text[self._starts[line - 1] : end].rstrip("\r\n"))

    def newline(self, line: int) -> str:
        """Return how lines end around a line; the last one may have no end of its own."""
        for number in (line, line - 1):
            if 0 < number < len(self._starts):
                found = _NEWLINE.search(self.text, self.line_end(number))
                if found:
                    return found[0]
        return "\n"

    def edited(self, edits: list[Edit]) -> bytes:
        """Return the file with edits that do not overlap, equal ones counted once.

        Raises Unwritable when its encoding cannot hold them.
        """
        parts: list[str] = []
        position = 0
        for edit in sorted(set(edits)):
            parts += (self.text[position : edit.start], edit.text)
            position = edit.end
        parts.append(self.text[position:])
        try:
            return self._mark + "".join(parts).encode(self._encoding)
        except UnicodeError:
            raise Unwritable(f"the new import cannot be written in {self._encoding}") from None
