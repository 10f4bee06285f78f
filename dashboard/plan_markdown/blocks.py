"""The token stream of a CommonMark parser → a tree of typed blocks. Lines count from 1, `end` is the last one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it.token import Token

from dashboard.plan_markdown import inline
from dashboard.plan_markdown.inline import Line


@dataclass(frozen=True, slots=True)
class Block:
    line: int
    end: int


@dataclass(frozen=True, slots=True)
class HeadingBlock(Block):
    level: int
    text: Line


@dataclass(frozen=True, slots=True)
class Paragraph(Block):
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fence(Block):
    """`first` is the source line of the first line of `content`."""

    language: str
    content: str
    first: int


@dataclass(frozen=True, slots=True)
class Box:
    """What stands between the brackets, and the text behind them as written."""

    mark: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Item(Block):
    box: Box | None
    number: int | None
    blocks: list[Block]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The item's own first paragraph, without the box."""
        first = self.blocks[0] if self.blocks else None
        return first.lines if isinstance(first, Paragraph) else ()

    @property
    def text(self) -> str:
        return inline.collapsed(" ".join(line.text for line in self.lines))


@dataclass(frozen=True, slots=True)
class ListBlock(Block):
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Quote(Block):
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Row(Block):
    """A table row; `boxes` are those that the cells `boxed` start with, `cells` all texts without them."""

    cells: list[Line]
    boxes: list[Box]
    boxed: list[Line]


@dataclass(frozen=True, slots=True)
class Table(Block):
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Other(Block):
    """A rule, or HTML."""

    rule: bool


# A box is an empty, crossed or marked pair of brackets and a space; "[1]" or "[a]" is a reference.
PAIR = r"\[(?P<mark> ?[xX] ?|[^\w\]\[.…]{0,4})\]"
BOX = re.compile(rf"{PAIR}(?=\s|$)[ \t]*")
# No list can begin in the cell of a table; a box is written there like in one all the same.
_BULLET = re.compile(r"[-*+][ \t]+")
TICKS = tuple("xX✅✓✔☑🗸√")


MAX_COLUMNS = 200


def is_ticked(mark: str) -> bool:
    return mark.strip().startswith(TICKS)


def is_usual(mark: str) -> bool:
    """Whether everybody reads the mark the same way."""
    return mark.isspace() or is_ticked(mark)


def parse(lines: list[str]) -> tuple[list[Block], list[tuple[int, str]]]:
    """The blocks of a document, and the lines whose structure was not read, with the reason.

    Nobody writes such a document; without these limits it would exhaust the stack or the memory.
    """
    tokens: list[Token] = []
    too_wide = next((number for number, line in enumerate(lines, 1) if line.count("|") > MAX_COLUMNS), None)
    parser = inline.PARSER if too_wide is None else inline.WITHOUT_TABLES
    left_out = [(too_wide, "a very wide table: tables of this document are kept as notes")] if too_wide else []
    parser.block.parse("\n".join(lines), parser, {}, tokens)
    blocks, _ = _sequence(tokens, 0, "")
    deepest = inline.MAX_NESTING - 1
    too_deep = next((_extent(token)[0] for token in tokens if token.level >= deepest and token.map), None)
    if too_deep:
        left_out.append((too_deep, "nested too deep: what follows is kept as a note, its boxes are not taken"))
    return blocks, left_out


def _sequence(tokens: list[Token], at: int, closing: str) -> tuple[list[Block], int]:
    """Blocks from `at` up to the token of type `closing`, and the position behind it."""
    blocks: list[Block] = []
    while at < len(tokens) and tokens[at].type != closing:
        token = tokens[at]
        start, end = _extent(token)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            block, at = _list(tokens, at)
            blocks.append(block)
            continue
        if token.type == "blockquote_open":
            inner, at = _sequence(tokens, at + 1, "blockquote_close")
            blocks.append(Quote(start, end, inner))
            continue
        if token.type == "table_open":
            rows, at = _rows(tokens, at + 1)
            blocks.append(Table(start, end, rows))
            continue
        if token.type == "inline":
            blocks.append(_text_block(tokens[at - 1], token))
        elif token.type in ("fence", "code_block"):
            first = start + 1 if token.type == "fence" else start
            language = token.info.split()[0].lower() if token.info.split() else ""
            blocks.append(Fence(start, end, language, token.content, first))
        elif token.type in ("hr", "html_block"):
            blocks.append(Other(start, end, token.type == "hr"))
        at += 1
    return blocks, at + 1


def _extent(token: Token) -> tuple[int, int]:
    return (token.map[0] + 1, token.map[1]) if token.map else (0, 0)


def _text_block(opening: Token, token: Token) -> Block:
    start, end = _extent(opening)
    lines = inline.lines(token.content, start)
    if opening.type == "heading_open":
        spans = tuple(span for line in lines for span in (*line.spans, inline.Span(" ")))
        return HeadingBlock(start, end, int(opening.tag[1:]), Line(start, spans))
    return Paragraph(start, end, lines)


def _list(tokens: list[Token], at: int) -> tuple[ListBlock, int]:
    start, end = _extent(tokens[at])
    closing = tokens[at].type.replace("open", "close")
    ordered = tokens[at].type == "ordered_list_open"
    items: list[Item] = []
    at += 1
    while tokens[at].type != closing:
        first_line, last_line = _extent(tokens[at])
        number = int(tokens[at].info) if ordered and tokens[at].info.isdigit() else None
        box = None
        if tokens[at + 1].type == "paragraph_open":
            box = _cut_box(tokens[at + 2])
            if box is not None:
                first_line = _extent(tokens[at + 1])[0]  # the mark of the list may stand on a line of its own
        blocks, at = _sequence(tokens, at + 1, "list_item_close")
        items.append(Item(first_line, last_line, box, number, blocks))
    return ListBlock(start, end, items), at + 1


def _cut_box(token: Token, at: int = 0) -> Box | None:
    """Takes the box off the text of an item or a cell, so that the text is read without it."""
    match = BOX.match(token.content, at)
    if match is None:
        return None
    token.content = token.content[match.end() :]
    return Box(match["mark"], token.content.strip())


def _rows(tokens: list[Token], at: int) -> tuple[list[Row], int]:
    rows: list[Row] = []
    while tokens[at].type != "table_close":
        token = tokens[at]
        if token.type == "tr_open":
            line = _extent(token)[0]
            rows.append(Row(line, line, [], [], []))
        elif token.type == "inline":
            bullet = _BULLET.match(token.content)
            box = _cut_box(token, bullet.end() if bullet else 0)
            cell = inline.lines(token.content, rows[-1].line)[0]
            rows[-1].cells.append(cell)
            if box is not None:
                rows[-1].boxes.append(box)
                rows[-1].boxed.append(cell)
        at += 1
    return rows, at + 1
