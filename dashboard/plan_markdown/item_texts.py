"""Items of lists that stand under a telling heading: violations, results, validations, the timeline."""

from __future__ import annotations

import re
from typing import Literal

from dashboard.plan_markdown import inline
from dashboard.plan_markdown.blocks import Item, ListBlock, Paragraph
from dashboard.plan_markdown.document import ClaimedResult, OngoingCheck, Statement, Status, TimelineItem
from dashboard.plan_markdown.fields import targets
from dashboard.plan_markdown.wording import DURATION, EMOJI, status_of


def without_emoji(text: str) -> str:
    return inline.collapsed(EMOJI.sub("", text)).strip()


def full_text(item: Item, *, with_own: bool = True) -> str:
    """The item's text and what is nested in it, on lines of their own. Items with boxes, and code, are left out."""
    texts = [item.text] if with_own else []
    for block in item.blocks[1:] if item.lines else item.blocks:
        if isinstance(block, Paragraph):
            texts.append(inline.collapsed(" ".join(line.text for line in block.lines)))
        elif isinstance(block, ListBlock):
            texts.extend("- " + full_text(child) for child in block.items if not child.box)
    return "\n".join(text for text in texts if text)


def claim_texts(item: Item, claimed: set[int]) -> None:
    """Claims the lines that `full_text` reads."""
    for block in item.blocks:
        if isinstance(block, Paragraph):
            claimed.update(range(block.line, block.end + 1))
        elif isinstance(block, ListBlock):
            for child in block.items:
                if not child.box:
                    claim_texts(child, claimed)


def statement(item: Item, n: int) -> Statement:
    """ "3. ✅ **Title**: text" taken apart; the text of an item that only names files is None."""
    whole = full_text(item)
    label = inline.label(item.lines[0]) if item.lines else None
    codes = [code for line in item.lines for code in line.codes]
    paths = tuple(code for code in codes if targets([code]))
    status = status_of(item.text[:4])
    if label is None:
        return Statement(item.line, n, None, without_emoji(whole) or None, paths, status)
    rest = label.text + "".join(f"\n{text}" for text in _behind_first_line(item, whole))
    only_files = (
        len(paths) == len(codes)
        and not re.sub(r"[\s,;.&]|\band\b", "", _without(label.text, codes))
        and "\n" not in rest
    )
    text = None if only_files else rest.strip(" -–—\n") or None
    status = status or status_of(label.name[:4])
    return Statement(item.line, item.number or n, without_emoji(label.name) or label.name, text, paths, status)


def _behind_first_line(item: Item, whole: str) -> list[str]:
    more = [line.text for line in item.lines[1:]]
    return more + whole.split("\n")[1:]


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(inline.collapsed(word), "")
    return text


RATIO = re.compile(r"\b(\d+\s*/\s*\d+)\b")
Result = Literal["pass", "fail", "blocked", "pending"]
RESULTS: dict[Status, Result] = {
    "done": "pass",
    "failed": "fail",
    "blocked": "blocked",
    "pending": "pending",
    "in progress": "pending",
}
FAIL_WORDS = re.compile(r"\bfail\w*", re.IGNORECASE)
PASS_WORDS = re.compile(r"\bpass\w*|\boperational\b", re.IGNORECASE)


def claimed_result(item: Item) -> ClaimedResult | None:
    """ "❌ **Name**: 1/5 tests FAILING" → name, "fail", "1/5 failing"; None when the item claims no result."""
    label = inline.label(item.lines[0]) if item.lines else None
    whole = full_text(item)
    if label is None or not label.colon:
        return None
    text = whole.partition(label.name)[2].lstrip(": ")
    sign = status_of(item.text[:4]) or status_of(text)
    ratio = RATIO.search(text)
    status: Result
    if sign:
        status = RESULTS[sign]
    elif FAIL_WORDS.search(text):
        status = "fail"
    elif PASS_WORDS.search(text):
        status = "pass"
    else:
        return None
    said = ratio[1].replace(" ", "") if ratio else None
    if said and status == "fail" and FAIL_WORDS.search(text):
        said += " failing"
    note = None if ratio else text or None
    return ClaimedResult(item.line, label.name, status, said, note, text)


LAST_PARENTHESIS = re.compile(r"\(([^()]*)\)[^()]*$")
CADENCE = re.compile(
    r"\b(?:after|before|on|at|with)\s+(?:each|every)\s+\w+|\b(?:hourly|daily|nightly|weekly|monthly|continuous(?:ly)?)\b"
    r"|\b(?:each|every)\s+(?:\d+\s+)?\w+",
    re.IGNORECASE,
)


def timeline_item(item: Item) -> TimelineItem:
    text = full_text(item)
    match = LAST_PARENTHESIS.search(text.split("\n")[0][-200:])
    estimate = match[1] if match and DURATION.fullmatch(match[1].strip()) else None
    return TimelineItem(item.line, text, estimate)


def ongoing_check(item: Item) -> OngoingCheck:
    text = full_text(item)
    cadence = CADENCE.search(text)
    return OngoingCheck(item.line, text, cadence[0] if cadence else None)
