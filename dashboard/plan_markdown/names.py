"""Which headings and bold lines name a phase or a step, and which of them define it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.plan_markdown import inline
from dashboard.plan_markdown.blocks import Block, HeadingBlock, Paragraph
from dashboard.plan_markdown.document import Unsure
from dashboard.plan_markdown.wording import EMOJI, STATUS_WORDS, Details, read_title, status_of

# How a title hangs on its number: "Phase 1: title", "Phase 1" alone, "Phase 1 Success" running on, "Title (Phase 1)".
Form = Literal["named", "bare", "running", "aside"]


@dataclass(frozen=True, slots=True)
class Name:
    """A heading or bold line that names phase `id` or step `id`. `keyword` is lower case; "" for "1.2 Title"."""

    kind: Literal["phase", "step"]
    keyword: str
    id: str
    form: Form
    title: str | None
    details: Details
    heading: str
    bold: bool = False


MAX_TITLE = 300  # a longer heading is a paragraph in disguise
WORDS = {
    word: str(n)
    for n, word in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
}
SECTION_NUMBER = r"(?:\d+(?:\.\d+)*[.):]?\s+)?"
MOMENT = r"(?:(?:day|week|hour|month|sprint)s?\s*\d+(?:\s*[-–]\s*\d+)?\s*[:\-–—]\s*)?"
STATUS_FIRST = rf"(?:(?P<status>{'|'.join(STATUS_WORDS)})\s*[:\-–—]?\s*)?"
ID = rf"(?:\d+(?:\.\d+)*(?i:[a-z])?|[IVX]{{1,4}}|[A-H]|(?i:{'|'.join(WORDS)}))(?!\w)"
PHASE = re.compile(rf"(?i:{MOMENT}{SECTION_NUMBER}{STATUS_FIRST}phase)[\s#_-]*(?P<id>{ID})(?P<rest>.*)", re.DOTALL)
STEP = re.compile(
    rf"(?i:{MOMENT}{SECTION_NUMBER}{STATUS_FIRST}(?P<keyword>sub-?phase|step|task|operation|action))[\s#_-]*"
    rf"(?P<id>\d+(?:\.\d+)*(?i:[a-z])?(?!\w)(?:[-–]\d+)?|[A-H]\d*(?:\.\d+)?(?=\s*[:\-–—.)]))(?P<rest>.*)",
    re.DOTALL,
)
NUMBERED = re.compile(r"(?P<id>\d+(?:\.\d+)+|\d+[A-Z](?=[.:)\s]))[.):]?\s+(?P<rest>\S.*)", re.DOTALL)
COUNTED = re.compile(r"(?P<id>\d+)[.)]\s+(?P<rest>\S.*)", re.DOTALL)
ASIDE = re.compile(
    r"(?P<title>.*\S)\s*\(phase[\s#-]*(?P<id>\d+)(?!\w|\.\d|[-–]\d)[^()]*\)\W*", re.IGNORECASE | re.DOTALL
)
RANGE = re.compile(r"\s*(?:[&+,/]|and\b|to\b|through\b)\s*(?:phase\s*)?\d|[-–]\d", re.IGNORECASE)
SEPARATED = re.compile(r"\s*(?:of\s+\d+\s*)?(?:[:.)|]|[-–—](?=\s)|\s[-–—])\s*(?P<title>.*)", re.DOTALL | re.IGNORECASE)
OPENING = re.compile(rf"^(?:{EMOJI.pattern}|[^\w(\[\"'<$`])+")


def name_in(text: str, *, inside_phase: bool = False, bold: bool = False) -> Name | None:
    """The phase or step that a heading starts with. A bare number names a step only inside a phase."""
    if len(text) > MAX_TITLE:
        return None
    words = OPENING.sub("", text)
    name = None
    if match := PHASE.match(words):
        number = WORDS.get(match["id"].lower(), match["id"])
        if RANGE.match(match["rest"]):
            return None
        if number.isdecimal() or number.isalpha():
            name = _named("phase", "phase", number.lstrip("0") or "0", match["rest"])
        else:
            name = _named("step", "phase", number.upper(), match["rest"])
    elif match := STEP.match(words):
        name = _named("step", match["keyword"].lower(), match["id"].upper(), match["rest"])
    elif inside_phase and (match := NUMBERED.match(words) or COUNTED.match(words)):
        return replace(_named("step", "", match["id"].upper(), ": " + match["rest"]), heading=text, bold=bold)
    if name is None or match is None:
        return None
    if name.details.status is None:
        name.details.status = status_of(text) or STATUS_WORDS.get((match["status"] or "").lower())
    return replace(name, heading=text, bold=bold)


def _named(kind: Literal["phase", "step"], keyword: str, ident: str, rest: str) -> Name:
    separated = SEPARATED.fullmatch(rest)
    parenthesis = rest.lstrip().startswith("(")
    title, details = read_title(separated["title"] if separated else rest)
    form: Form = "bare" if title is None else "named" if separated or parenthesis else "running"
    return Name(kind, keyword, ident, form, title, details, rest)


@dataclass(slots=True)
class Names:
    """What pass one found: the names by source line, and the line where each phase is defined."""

    by_line: dict[int, Name]
    phases: dict[str, int]
    unsure: list[Unsure]


def find(blocks: list[Block], title_line: int | None) -> Names:
    """Looks at top-level headings first, at bold lines only where no heading names a phase."""
    headings = [block for block in blocks if isinstance(block, HeadingBlock) and block.line != title_line]
    named = {block.line: name for block in headings if (name := name_in(block.text.text))}
    lines = [line for block in blocks if isinstance(block, Paragraph) for line in block.lines]
    bold = {line.number: name for line in lines if (name := _bold_name(line))}
    names = Names(dict(named), {}, [])
    has_phases = any(name.kind == "phase" for name in named.values())
    takes_bold_phases = not has_phases and not any(name.kind == "step" for name in named.values())
    for number, name in bold.items():
        if name.kind == "step" or has_phases or takes_bold_phases:
            names.by_line[number] = name
        elif name.form == "named":
            why = "the headings of this document are steps, so this bold line inside them was not taken for a phase"
            names.unsure.append(Unsure(number, name.heading, why))
    bold_names_phase = takes_bold_phases and any(name.kind == "phase" for name in bold.values())
    if not has_phases and not bold_names_phase:
        _find_asides(headings, names)
    _define(names, bold_defines=takes_bold_phases)
    return names


def _bold_name(line: inline.Line) -> Name | None:
    label = inline.label(line)
    if label is None or (label.text and not label.colon and not inline.REMARK.match(label.text)):
        return None
    return name_in(line.text, bold=True)


def _find_asides(headings: list[HeadingBlock], names: Names) -> None:
    for block in headings:
        if block.line in names.by_line:
            continue
        if len(block.text.text) <= MAX_TITLE and (match := ASIDE.fullmatch(block.text.text)):
            title, details = read_title(OPENING.sub("", match["title"]))
            names.by_line[block.line] = Name("phase", "phase", match["id"], "aside", title, details, block.text.text)
            why = "the phase is named in parentheses only; the heading before it was taken as its title"
            names.unsure.append(Unsure(block.line, block.text.text, why))


# "Phase 1 Success", "Phase 1: Rollback": a phase that was introduced elsewhere is spoken of again.
RESTATING = re.compile(
    r"\W*(?:execution|success|rollback|validation|results?|status|complet\w*|summary|criteria|checklist|script|metrics|"
    r"deliverables|progress|update|report|achievements?|readiness|gate|exit|testing|verification)\b",
    re.IGNORECASE,
)
RANK: dict[Form, int] = {"named": 0, "bare": 1, "running": 2, "aside": 3}


def _define(names: Names, *, bold_defines: bool) -> None:
    best: dict[str, tuple[int, int]] = {}
    for line, name in sorted(names.by_line.items()):
        if name.kind != "phase" or (name.bold and not bold_defines):
            continue
        rank = RANK[name.form] + (3 if name.title and RESTATING.match(name.title) else 0)
        if name.bold and name.form == "running":
            continue
        if name.id not in best or rank < best[name.id][0]:
            best[name.id] = (rank, line)
    names.phases = {ident: line for ident, (_, line) in sorted(best.items(), key=lambda item: item[1][1])}
    unknown = [line for line, name in names.by_line.items() if name.kind == "phase" and name.id not in names.phases]
    for line in unknown:
        del names.by_line[line]


def title_line(blocks: list[Block]) -> int | None:
    """The first heading is the title, unless it is one of several phases of its level."""
    headings = [block for block in blocks if isinstance(block, HeadingBlock)]
    if not headings:
        return None
    first = headings[0]
    name = name_in(first.text.text)
    if name is None or name.kind != "phase":
        return first.line if name is None or first.level == 1 else None
    others = (name_in(block.text.text) for block in headings[1:] if block.level == first.level)
    return None if any(other and other.kind == "phase" and other.id != name.id for other in others) else first.line


MAX_DRAWING = 10_000  # characters of a code block that are looked at


def drawn(code: str) -> set[str]:
    """The numbers of the phases that the lines of a code block are about, when there are several."""
    text = code[:MAX_DRAWING]
    if "phase" not in text.lower():
        return set()
    found = (name_in(line.strip()) for line in text.split("\n"))
    numbers = {name.id for name in found if name and name.kind == "phase" and name.form == "named"}
    return numbers if len(numbers) > 1 else set()
