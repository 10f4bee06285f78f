"""What no part of the plan has claimed, so that nothing of a document is lost."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from dashboard.plan_markdown.blocks import Block, Fence, HeadingBlock, Item, ListBlock, Other, Paragraph, Quote, Table
from dashboard.plan_markdown.document import Link, Note
from dashboard.plan_markdown.inline import Line
from dashboard.plan_markdown.sections import Section

# Lines that only draw: rules, quote marks, underlines of headings.
DRAWING = re.compile(r"[\s>*_=-]*")


def unclaimed(lines: list[str], where: list[tuple[Block, Section]], claimed: set[int]) -> list[Note]:
    """One note per stretch of lines that belong together; lines are counted from 1."""
    notes: list[Note] = []
    seen = 0
    for block, section in where:
        notes.extend(_stretches(lines, seen + 1, block.line - 1, claimed, section))
        notes.extend(_stretches(lines, max(block.line, seen + 1), block.end, claimed, section))
        seen = max(seen, block.end)
    outside = where[-1][1] if where else Section(0, "", 1)
    notes.extend(_stretches(lines, seen + 1, len(lines), claimed, outside))
    return notes


def _stretches(lines: list[str], first: int, last: int, claimed: set[int], section: Section) -> Iterator[Note]:
    start: int | None = None
    for number in range(first, last + 2):
        free = number <= last and number not in claimed
        if free and start is None and lines[number - 1].strip():
            start = number
        elif not free and start is not None:
            text = textwrap.dedent("\n".join(lines[start - 1 : number - 1])).rstrip()
            if not DRAWING.fullmatch(text):
                phase = section.phase.number if section.phase else None
                yield Note(start, text, phase, section.step.id if section.step else None)
            start = None


def text_lines(blocks: Iterable[Block]) -> Iterator[Line]:
    """Every line of text of a document, in order."""
    for block in blocks:
        match block:
            case HeadingBlock():
                yield block.text
            case Paragraph():
                yield from block.lines
            case ListBlock():
                yield from text_lines(block.items)
            case Item() | Quote():
                yield from text_lines(block.blocks)
            case Table():
                for row in block.rows:
                    yield from row.cells
            case Fence() | Other() | _:
                pass


def links(blocks: list[Block]) -> list[Link]:
    """Every link and image, once per place."""
    found: list[Link] = []
    for line in text_lines(blocks):
        texts: dict[str, list[str]] = {}
        for span in line.spans:
            if span.url is not None:
                texts.setdefault(span.url, []).append(span.text)
        found.extend(Link(line.number, "".join(words), url) for url, words in texts.items())
    return found


# "#12" alone may be a rank ("Why #4"); behind one of these words, or with two digits, it is an issue.
REFERENCE = re.compile(r"(?<![\w&/#])#(\d{1,6})\b(?!-)")
TRACKED = re.compile(
    r"\b(?:issues?|prs?|pull requests?|bugs?|tickets?|fix(?:es|ed)?|close[sd]?|refs?|gh)\W{0,3}$", re.IGNORECASE
)
ADDRESS = re.compile(r"/(?:issues|pull)/(\d{1,6})\b")


def issue_references(blocks: list[Block]) -> list[str]:
    """Issues and pull requests that the document names, as "#12", in the order of their first mention."""
    found: dict[str, None] = {}
    for line in text_lines(blocks):
        _add_references(line.text, found, in_code=False)
        for span in line.spans:
            found.update((f"#{match[1]}", None) for match in ADDRESS.finditer(span.url or ""))
    for fence in fences(blocks):
        for text in fence.content.split("\n"):
            _add_references(text, found, in_code=True)
    return list(found)


def _add_references(text: str, found: dict[str, None], *, in_code: bool) -> None:
    for match in REFERENCE.finditer(text):
        hash_at = match.start(1) - 1
        named = TRACKED.search(text[max(0, hash_at - 20) : hash_at]) is not None
        if named or (not in_code and len(match[1]) > 1):
            found[f"#{match[1]}"] = None


def fences(blocks: Iterable[Block]) -> Iterator[Fence]:
    """Every code block, nested ones too."""
    for block in blocks:
        if isinstance(block, Fence):
            yield block
        elif isinstance(block, ListBlock):
            yield from fences(block.items)
        elif isinstance(block, Item | Quote):
            yield from fences(block.blocks)
