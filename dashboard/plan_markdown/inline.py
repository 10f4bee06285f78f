"""Text inside a block: lines of spans, without the marks of Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_NESTING = 100
PARSER = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
WITHOUT_TABLES = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING})
# "[x]: …" must stay text: a definition would turn the boxes of the document into links.
PARSER.disable("reference")
WITHOUT_TABLES.disable("reference")

# Brackets and emphasis cost the square of their number in one paragraph: beyond these limits it stays plain text.
MAX_INLINE = 5_000
MAX_BRACKETS = 200


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    strong: bool = False
    code: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One source line of a paragraph, heading or cell; `number` counts from 1."""

    number: int
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        return collapsed("".join(span.text for span in self.spans))

    @property
    def codes(self) -> list[str]:
        return [span.text for span in self.spans if span.code]


@dataclass(frozen=True, slots=True)
class Label:
    """The bold start of a line, "**name**: value"; `colon` is false for a bold line or start without one."""

    name: str
    value: tuple[Span, ...]
    colon: bool

    @property
    def text(self) -> str:
        return collapsed("".join(span.text for span in self.value))


def collapsed(text: str) -> str:
    return " ".join(text.split())


def lines(content: str, number: int) -> tuple[Line, ...]:
    """Parses the content of a block that starts at source line `number`."""
    if len(content) > MAX_INLINE or content.count("[") > MAX_BRACKETS:
        return tuple(Line(number + n, (Span(text),)) for n, text in enumerate(content.split("\n")))
    tokens: list[Token] = []
    PARSER.inline.parse(content, PARSER, {}, tokens)
    result: list[Line] = []
    spans: list[Span] = []
    strong = 0
    url: str | None = None
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            result.append(Line(number + len(result), tuple(spans)))
            spans = []
        elif token.type in ("strong_open", "strong_close"):
            strong += token.nesting
        elif token.type == "link_open":
            url = str(token.attrs.get("href", ""))
        elif token.type == "link_close":
            url = None
        elif token.type == "image":
            # Often the image is itself a link: a span without a text keeps that address too.
            spans.extend([Span(token.content, strong > 0, False, str(token.attrs["src"])), Span("", url=url)])
        elif token.content:
            spans.append(Span(token.content, strong > 0, token.type == "code_inline", url))
    result.append(Line(number + len(result), tuple(spans)))
    return tuple(result)


MAX_LABEL = 200
# Emoji, bullets and the like in front of a label: "✅ **Done**: …".
DECORATION = re.compile(r"[^\w\"'(\[<$`]*")


# What may stand behind the bold part of a line that is a title: a remark, never the rest of a sentence.
REMARK = re.compile(r"\s*[^\w\s\"'`\[<$&+,.;]")


def label(line: Line) -> Label | None:
    """The label a line starts with, or None."""
    spans = list(line.spans)
    while spans and not spans[0].strong and DECORATION.fullmatch(spans[0].text):
        spans.pop(0)
    if not spans or not spans[0].strong:
        return None
    end = next((n for n, span in enumerate(spans) if not span.strong), len(spans))
    name = collapsed("".join(span.text for span in spans[:end]))
    value = spans[end:]
    if not name or len(name) > MAX_LABEL:
        return None
    if name.endswith(":"):
        return Label(name.rstrip(": "), tuple(value), True)
    if value and (match := re.match(r"\s*:", value[0].text)):
        rest = Span(value[0].text[match.end() :], False, value[0].code, value[0].url)
        return Label(name, (rest, *value[1:]), True)
    inner_name, colon, inner_value = name.partition(": ")
    if colon and not any(span.text.strip() for span in value):
        return Label(inner_name, (Span(inner_value),), True)
    return Label(name, tuple(value), False)
