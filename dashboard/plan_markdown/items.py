"""Lists without boxes: what they mean under the heading or label they stand under."""

from __future__ import annotations

import re
from dataclasses import replace

from dashboard.plan_markdown import inline
from dashboard.plan_markdown.blocks import Item, ListBlock, Table
from dashboard.plan_markdown.document import Bucket, Phase, PlanDocument, Statement, Step, TimelineItem, Unsure
from dashboard.plan_markdown.fields import STEP_KEYS, add_text, set_known, targets
from dashboard.plan_markdown.item_texts import (
    claim_texts,
    claimed_result,
    full_text,
    ongoing_check,
    statement,
    timeline_item,
    without_emoji,
)
from dashboard.plan_markdown.names import COUNTED, OPENING
from dashboard.plan_markdown.sections import MOMENT, Section
from dashboard.plan_markdown.wording import DURATION, status_of

ONGOING = re.compile(r"\bongoing\b|\bcontinuous|\bdaily\b|\bweekly\b", re.IGNORECASE)
SUCCESS = re.compile(r"\bsuccess\b|\bcriteria\b|\bacceptance\b|\bdefinition of done\b", re.IGNORECASE)


class ItemReader:
    """Writes the items of lists into the document."""

    def __init__(self, document: PlanDocument, claimed: set[int]) -> None:
        self.document = document
        self.claimed = claimed
        self._bucket = Bucket("", 0)
        self._violation = 0

    def take(self, block: ListBlock, section: Section) -> None:
        """A list outside of phases and steps; what no heading explains stays unclaimed."""
        if section.kind in ("overall", "success") and all(item.box is None for item in block.items):
            self._ask_for_boxes(block, section.title)
        if section.kind == "violations" and section.line == self._violation:
            self._add_to_violation([item for item in block.items if item.box is None])
            return
        for n, item in enumerate(block.items, start=1):
            if item.box is None and self._taken(item, n, section):
                claim_texts(item, self.claimed)

    def _taken(self, item: Item, n: int, section: Section) -> bool:
        document = self.document
        match section.kind:
            case "violations" if item.number is not None:
                document.claimed_violations.append(statement(item, n))
            case "results":
                result = claimed_result(item)
                if result is None:
                    return False
                document.claimed_test_results.append(result)
            case "business":
                document.business_value.append(statement(item, n))
            case "stop":
                document.emergency_stop.append(statement(item, n))
            case "after-each":
                document.validation_after_each_step.append(statement(item, n))
            case "timeline":
                self._timeline(item)
            case "next" if document.next_action is None:
                document.next_action = full_text(item)
            case _:
                return False
        return True

    def violation(self, title: str, line: int) -> None:
        """A numbered heading under one that announces violations: "3. Two loggers"; its list says more of it."""
        if match := COUNTED.match(OPENING.sub("", title)):
            self._violation = line
            words = without_emoji(match["rest"])
            self.document.claimed_violations.append(
                Statement(line, int(match["id"]), words, None, (), status_of(title[:4]))
            )

    def _add_to_violation(self, items: list[Item]) -> None:
        before = self.document.claimed_violations[-1]
        said = [without_emoji(line) for item in items for line in full_text(item).split("\n")]
        codes = [code for item in items for line in item.lines for code in line.codes]
        text = "\n".join(filter(None, (before.text, *said)))
        paths = (*before.paths, *(code for code in codes if targets([code])))
        self.document.claimed_violations[-1] = replace(before, text=text, paths=paths)
        for item in items:
            claim_texts(item, self.claimed)

    def open_bucket(self, name: str, line: int) -> None:
        """A heading in the timeline; it becomes a bucket with its first item."""
        self._bucket = Bucket(name.rstrip(":"), line)

    def timeline_table(self, block: Table) -> None:
        """Rows of a table in the timeline: a first cell such as "Week 2" is their bucket, the first row their names."""
        for row in block.rows[1:]:
            cells = [cell.text for cell in row.cells if cell.text]
            if row.boxes or not cells:
                continue
            if MOMENT.match(cells[0]):
                self.open_bucket(cells.pop(0), row.line)
            estimate = next((text for text in cells if DURATION.fullmatch(text)), None)
            self._add_to_timeline(TimelineItem(row.line, " | ".join(cells), estimate))
            self.claimed.add(row.line)

    def _add_to_timeline(self, item: TimelineItem) -> None:
        if not self.document.timeline or self.document.timeline[-1] is not self._bucket:
            self.document.timeline.append(self._bucket)
        self._bucket.items.append(item)

    def _timeline(self, item: Item) -> None:
        self._add_to_timeline(timeline_item(item))
        if ONGOING.search(self._bucket.name):
            self.document.ongoing.append(ongoing_check(item))

    def owned(self, block: ListBlock, owner: Phase | Step, section: Section, *, labelled: bool) -> None:
        """A list inside a phase or step: texts of the label before it, else labels of its own."""
        items = [item for item in block.items if item.box is None]
        label = section.label if labelled else None
        if label is None:
            for item in items:
                self._known_label(item, owner)
            return
        if not items:
            return
        field = add_text(owner.fields, label.name, label.line, *(full_text(item) for item in items))
        section.filled = True
        owner.labels.setdefault(field.name, label.line)
        if isinstance(owner, Step) and STEP_KEYS.get(label.name.lower()) == "target":
            owner.targets.extend(targets([code for item in items for line in item.lines for code in line.codes]))
        self.claimed.add(label.line)
        for item in items:
            claim_texts(item, self.claimed)
        if SUCCESS.search(label.name) and len(items) == len(block.items):
            self._ask_for_boxes(block, label.name)

    def _ask_for_boxes(self, block: ListBlock, title: str) -> None:
        why = "success criteria without boxes: they were kept as texts, not as criteria"
        self.document.unsure.append(Unsure(block.line, title, why))

    def _known_label(self, item: Item, owner: Phase | Step) -> None:
        label = inline.label(item.lines[0]) if item.lines else None
        if label is None or not label.colon or not label.text or len(item.blocks) > 1 or len(item.lines) > 1:
            return
        if set_known(owner, label.name, label.text, item.lines[0].codes):
            owner.labels.setdefault(label.name, item.line)
            claim_texts(item, self.claimed)


REFERENCE = re.compile(r"\b(?:phase|step|operation|task)\s*#?(\d+(?:\.\d+)*[A-Za-z]?)(?![\w.]*\w)", re.IGNORECASE)


PHASES = re.compile(r"\bphases?\s*(\d{1,2})\s*[-–]\s*(\d{1,2})\b", re.IGNORECASE)


def link_timeline(document: PlanDocument) -> None:
    """Finds the steps and phases that the timeline speaks of, and gives a step the estimate that stands there."""
    steps: dict[str, Step | None] = {}
    for step in document.all_steps():
        steps[step.id] = None if step.id in steps else step  # two steps of one number: nobody can tell which is meant
    phases = {phase.number for phase in document.phases}
    for bucket in document.timeline:
        for item in bucket.items:
            _link(item, steps, phases)


def _link(item: TimelineItem, steps: dict[str, Step | None], phases: set[str]) -> None:
    for match in PHASES.finditer(item.text):
        item.phases.extend(n for n in map(str, range(int(match[1]), int(match[2]) + 1)) if n in phases)
    for match in REFERENCE.finditer(PHASES.sub("", item.text)):
        ident = match[1].upper()
        if match[0].lower().startswith("phase") and ident in phases:
            item.phases.append(ident)
        elif steps.get(ident) is not None:
            item.steps.append(ident)
    if len(item.steps) == 1 and item.estimate and (step := steps[item.steps[0]]) and step.estimate is None:
        step.estimate = item.estimate
