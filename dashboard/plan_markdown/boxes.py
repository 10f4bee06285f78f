"""Boxes: every one becomes exactly one criterion, or, inside code, one question to the reader."""

from __future__ import annotations

import re

from dashboard.plan_markdown.blocks import (
    BOX,
    Block,
    Box,
    Fence,
    Item,
    ListBlock,
    Quote,
    Table,
    is_ticked,
    is_usual,
)
from dashboard.plan_markdown.document import Criterion, PlanDocument, Unsure
from dashboard.plan_markdown.item_texts import claim_texts, full_text
from dashboard.plan_markdown.sections import Section

MAX_CELLS = 50  # beside a box, that tell what it is about


class BoxReader:
    """Writes criteria into the part of the document that a section belongs to."""

    def __init__(self, document: PlanDocument, claimed: set[int]) -> None:
        self.document = document
        self.claimed = claimed

    def take(self, block: ListBlock, section: Section, parent: int | None = None, under: str = "") -> bool:
        """Takes every box of a list, nested ones with the line of the box around them; tells whether there were any.

        `under` is the item without a box that this list is nested in: its criteria carry it as their section.
        """
        found = False
        for item in block.items:
            inner_parent, inner_under = parent, under
            if item.box is None:
                inner_under = item.text or under
            else:
                self._add(item.box, item.text, item.line, section, parent, under).details.extend(_details(item))
                self.claimed.update(line.number for line in item.lines or ())
                self.claimed.add(item.line)
                claim_texts(item, self.claimed)
                inner_parent = item.line
                found = True
            found |= self._inside(item.blocks, section, inner_parent, inner_under)
        return found

    def _inside(self, blocks: list[Block], section: Section, parent: int | None, under: str) -> bool:
        found = False
        for block in blocks:
            if isinstance(block, ListBlock):
                found |= self.take(block, section, parent, under)
            elif isinstance(block, Fence):
                self.fence(block)
            elif isinstance(block, Table):
                self.table(block, section)
            elif isinstance(block, Quote):
                found |= self._inside(block.blocks, section, parent, under)
        return found

    def table(self, block: Table, section: Section) -> None:
        """A row with a box is a criterion: the text beside the box, else that of the cells without one."""
        for row in block.rows:
            own = {id(cell) for cell in row.boxed}
            others = [cell.text for cell in row.cells if id(cell) not in own and cell.text][:MAX_CELLS] if own else []
            for box, boxed in zip(row.boxes, row.boxed, strict=True):
                text = boxed.text or " | ".join(others)
                criterion = self._add(box, text, row.line, section, None)
                criterion.details.extend(others if boxed.text else [])
                self.claimed.add(row.line)
                self._ask(row.line, text, "a box in a table was taken for a criterion, its row for the text")

    def fence(self, block: Fence) -> None:
        """Boxes inside code are shown to the person, not taken: examples and templates look the same."""
        for number, text in enumerate(block.content.split("\n")):
            if match := BOX_IN_CODE.match(text):
                self._ask(block.first + number, match[1].strip(), "a box inside a code block is not a criterion")

    def _add(self, box: Box, text: str, line: int, section: Section, parent: int | None, under: str = "") -> Criterion:
        title = (under or section.title).rstrip(":") or None
        criterion = Criterion(text, is_ticked(box.mark), line, box.markdown, title, parent)
        if section.step is not None:
            section.step.criteria.append(criterion)
        elif section.phase is not None:
            section.phase.criteria.append(criterion)
        elif section.kind in ("overall", "success"):
            self.document.overall.append(criterion)
        else:
            self.document.other_criteria.append(criterion)
        if not text:
            self._ask(line, f"[{box.mark}]", "a box without a text")
        elif not is_usual(box.mark):
            self._ask(line, f"[{box.mark}] {text}", "an unusual mark in a box; it was taken for not ticked")
        elif section.kind == "stop":
            self._ask(line, text, "a box under stop conditions was taken for a criterion")
        return criterion

    def _ask(self, line: int, text: str, why: str) -> None:
        self.document.unsure.append(Unsure(line, text, why))


BOX_IN_CODE = re.compile(rf"\s*(?:[-*+]|\d+[.)])\s+({BOX.pattern.replace('?P<mark>', '')}.*)")


def _details(item: Item) -> list[str]:
    """Text below a box that has no box of its own."""
    texts = full_text(item, with_own=False)
    return texts.split("\n") if texts else []
