"""Lists without boxes: what they mean under the heading or label they stand under."""

from __future__ import annotations

import re

from dashboard.plan_markdown import inline
from dashboard.plan_markdown.blocks import Item, ListBlock
from dashboard.plan_markdown.document import Bucket, Phase, PlanDocument, Step, TimelineItem, Unsure
from dashboard.plan_markdown.fields import STEP_KEYS, add_text, set_known, targets
from dashboard.plan_markdown.item_texts import (
    claim_texts,
    claimed_result,
    full_text,
    ongoing_check,
    statement,
    timeline_item,
)
from dashboard.plan_markdown.sections import Section

ONGOING = re.compile(r"\bongoing\b|\bcontinuous|\bdaily\b|\bweekly\b", re.IGNORECASE)
SUCCESS = re.compile(r"\bsuccess\b|\bcriteria\b|\bacceptance\b|\bdefinition of done\b", re.IGNORECASE)


class ItemReader:
    """Writes the items of lists into the document."""

    def __init__(self, document: PlanDocument, claimed: set[int]) -> None:
        self.document = document
        self.claimed = claimed
        self._bucket = Bucket("", 0)

    def take(self, block: ListBlock, section: Section) -> None:
        """A list outside of phases and steps; what no heading explains stays unclaimed."""
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

    def open_bucket(self, name: str, line: int) -> None:
        """A heading in the timeline; it becomes a bucket with its first item."""
        self._bucket = Bucket(name.rstrip(":"), line)

    def _timeline(self, item: Item) -> None:
        if not self.document.timeline or self.document.timeline[-1] is not self._bucket:
            self.document.timeline.append(self._bucket)
        self._bucket.items.append(timeline_item(item))
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
            why = "success criteria without boxes: they were kept as texts, not as criteria"
            self.document.unsure.append(Unsure(block.line, label.name, why))

    def _known_label(self, item: Item, owner: Phase | Step) -> None:
        label = inline.label(item.lines[0]) if item.lines else None
        if label is None or not label.colon or not label.text or len(item.blocks) > 1 or len(item.lines) > 1:
            return
        if set_known(owner, label.name, label.text, item.lines[0].codes):
            owner.labels.setdefault(label.name, item.line)
            claim_texts(item, self.claimed)


REFERENCE = re.compile(r"\b(?:phase|step|operation|task)\s*#?(\d+(?:\.\d+)*[A-Za-z]?)(?![\w.]*\w)", re.IGNORECASE)


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
    for match in REFERENCE.finditer(item.text):
        ident = match[1].upper()
        if match[0].lower().startswith("phase") and ident in phases:
            item.phases.append(ident)
        elif steps.get(ident) is not None:
            item.steps.append(ident)
    if len(item.steps) == 1 and item.estimate and (step := steps[item.steps[0]]) and step.estimate is None:
        step.estimate = item.estimate
