"""A rule's own docstring as the parts of a page: titled sections of paragraphs, lists and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc

from scanner.engine import rule as engine_rules
from scanner.engine.score import EVERY_AREA as EVERY_AREA_RULE
from scanner.engine.violation import Severity

EVERY_AREA = "every area"
NOT_SCORED = "not scored"
TITLES = ("What it does", "Why is this bad", "Example", "Use instead", "Not flagged")
CODE = {"Example", "Use instead"}
TITLE = re.compile(rf"^({'|'.join(TITLES)})\n-+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or code, or the `rows` of a list."""

    text: str
    code: bool = False
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class RulePage:
    """`summary` is the docstring's first line; `why` is what a violation's page says."""

    name: str
    area: str
    severity: Severity
    announced: bool
    summary: str
    parts: tuple[Part, ...]

    @property
    def why(self) -> tuple[Block, ...]:
        return next((part.blocks for part in self.parts if part.title == "Why is this bad"), ())


@cache
def everything() -> tuple[RulePage, ...]:
    """Return the pages of all rules, by name."""
    return tuple(_page(rule) for _, rule in sorted(engine_rules.all_rules().items()))


def of(name: str) -> RulePage | None:
    return next((page for page in everything() if page.name == name), None)


def _page(rule: engine_rules.Rule) -> RulePage:
    text = cleandoc(rule.__doc__ or "")
    pieces = TITLE.split(text)
    sections = zip(pieces[1::2], pieces[2::2], strict=True)
    titled = tuple(Part(title, tuple(_blocks(body, title))) for title, body in sections)
    opening = tuple(_blocks(pieces[0], ""))
    parts = (Part("", opening), *titled) if opening else titled
    first = next((block for part in parts for block in part.blocks if block.text and not block.code), Block(rule.name))
    area = rule.area or (EVERY_AREA if rule.name == EVERY_AREA_RULE else NOT_SCORED)
    return RulePage(rule.name, area, rule.severity, rule.announced, re.split(r"(?<=\.)\s", first.text)[0], parts)


def _blocks(text: str, title: str) -> Iterator[Block]:
    """Blank lines part blocks; indented ones, and all under a title of code, are code and keep theirs."""
    if title in CODE:
        plain = text.strip("\n")
        if plain.strip():
            yield Block(cleandoc("\n" + plain), code=True)
        return
    for chunk in re.split(r"\n\s*\n", text.strip("\n")):
        lines = chunk.splitlines()
        if not chunk.strip():
            continue
        if all(line.startswith("    ") for line in lines):
            yield Block(cleandoc("\n" + chunk), code=True)
        elif lines[0].lstrip().startswith(("- ", "* ")):
            yield Block(
                "", rows=tuple(" ".join(row.split()) for row in re.split(r"(?m)^\s*[-*] ", chunk) if row.strip())
            )
        else:
            yield Block(" ".join(chunk.split()))
