"""What plans say about a phase or step beside its title: priority, risk, duration, status."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.plan_markdown.document import Status

LEVEL = r"very low|low|minimal|moderate|medium|high|very high|highest|critical"
LEVELS = rf"(?:{LEVEL})(?:\s*(?:-|–|/|to)\s*(?:{LEVEL}))?"
UNIT = r"min(?:ute)?s?|h(?:ou)?rs?|h|days?|weeks?|months?|sprints?"
NUMBER = r"\d+(?:\.\d+)?"
DURATION = re.compile(
    rf"(?:~|<|est\.?:?|estimated:?|about|approx\.?|total:?)?\s*{NUMBER}(?:\s*(?:-|–|to)\s*{NUMBER})?\+?\s*"
    rf"(?:{UNIT})(?:\s+(?:per|each|every)\b.*|\s+(?:each|total))?",
    re.IGNORECASE,
)
SCHEDULE = re.compile(r"(?:days?|weeks?|months?|hours?|sprints?)\s*\d+(?:\s*(?:-|–|&|and|to)\s*\d+)?", re.IGNORECASE)
PRIORITY = re.compile(r"(?:priority:?\s*)?(P\d)\b(?:\s*[:/-]?\s*([A-Za-z]+))?(?:\s+priority)?", re.IGNORECASE)
PRIORITY_WORD = re.compile(rf"(?:priority:?\s*({LEVEL})|({LEVEL})\s+priority|({LEVEL}))", re.IGNORECASE)
RISK = re.compile(rf"(?:risk(?:\s+level)?\s*[:=]?\s*({LEVELS})|({LEVELS})[\s-]+risk)", re.IGNORECASE)
RISK_VALUE = re.compile(rf"\W*({LEVELS})\b(?:\s+risk)?(.*)", re.IGNORECASE | re.DOTALL)
STATUS_WORDS: dict[str, Status] = {
    "complete": "done",
    "completed": "done",
    "done": "done",
    "finished": "done",
    "resolved": "done",
    "success": "done",
    "successful": "done",
    "current": "in progress",
    "in progress": "in progress",
    "ongoing": "in progress",
    "active": "in progress",
    "started": "in progress",
    "pending": "pending",
    "next": "pending",
    "planned": "pending",
    "not started": "pending",
    "todo": "pending",
    "ready": "pending",
    "blocked": "blocked",
    "failed": "failed",
}
STATUS_MARKS: dict[str, Status] = {
    "✅": "done",
    "✔": "done",
    "☑": "done",
    "⏳": "pending",
    "⏸": "pending",
    "🔄": "in progress",
    "🚧": "in progress",
    "❌": "failed",
    "🚫": "blocked",
    "⛔": "blocked",
    "⚠": "blocked",
}
# Pictographs, arrows drawn as emoji, the selectors and joiners between them, and digits in a keycap.
EMOJI = re.compile(
    "(?:[0-9]\ufe0f?\u20e3|[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?\u200d?)+"
)


@dataclass(slots=True)
class Details:
    """What was found beside the words of a title; None where nothing was said."""

    priority: str | None = None
    priority_label: str | None = None
    risk: str | None = None
    estimate: str | None = None
    schedule: str | None = None
    status: Status | None = None


def status_of(text: str) -> Status | None:
    """The status that the first telling emoji of a text stands for."""
    return next((STATUS_MARKS[sign[0]] for sign in EMOJI.findall(text) if sign[0] in STATUS_MARKS), None)


def split_risk(text: str) -> tuple[str | None, str | None]:
    """ "LOW - why" → ("LOW", "why"); a text that names no level is all note."""
    match = RISK_VALUE.match(text)
    if match is None:
        return None, text or None
    note = match[2].strip()
    if note.startswith("(") and note.endswith(")") and note.count("(") == 1:
        note = note[1:-1]
    return match[1].upper(), note.strip(" -–—:,;.") or None


def read_title(text: str) -> tuple[str | None, Details]:
    """Takes the remarks off a title: "Safe Removal (P0 CRITICAL) ✅ DONE" → "Safe Removal" and what they say."""
    details = Details(status=status_of(text))
    title = text.strip(" :-–—.*")
    while (shorter := _without_last_remark(title, details)) != title:
        title = shorter
    if title.startswith("(") and (match := re.fullmatch(r"\(([^()]*)\)\s*[:\-–—]?\s*(.*)", title)):
        inner, rest = match[1], match[2]
        if _note(inner, details) and rest:
            return read_title_rest(rest, details)
        title = rest or inner
    return title or None, details


def read_title_rest(text: str, details: Details) -> tuple[str | None, Details]:
    """The title behind remarks that came first: "(Week 1): Foundation"."""
    title, more = read_title(text)
    for name in Details.__slots__:
        if getattr(details, name) is None:
            setattr(details, name, getattr(more, name))
    return title, details


# A remark in the middle: "Safe (5 minutes) - Look first".
INNER_PARENTHESIS = re.compile(r"^(.*\S)\s*\(([^()]*)\)\s*[-–—:]\s+(\S.*)$", re.DOTALL)
DATED = re.compile(rf"({SCHEDULE.pattern})\s*\([^()]*\)", re.IGNORECASE)  # "Days 1-2 (1-2 May)"
LAST_PARENTHESIS = re.compile(r"^(.*\S)\s*\(([^()]*)\)$", re.DOTALL)
LAST_DASH = re.compile(r"^(.*\S)\s+[-–—|]\s+(\S[^()]*)$", re.DOTALL)
LAST_WORDS = re.compile(r"^(.*[a-z0-9)].*?)\s+(COMPLETED?|DONE|CURRENT|IN PROGRESS|PENDING|NEXT|BLOCKED)$", re.DOTALL)


def _without_last_remark(title: str, details: Details) -> str:
    signs = list(EMOJI.finditer(title))
    if signs:
        before, behind = title[: signs[-1].start()].rstrip(" -–—:"), title[signs[-1].end() :].strip(" -–—:")
        if not behind or (before and _note(behind, details)):
            return before.rstrip(" :-–—")
        if not before:
            return behind
    if (match := INNER_PARENTHESIS.match(title)) and _note(match[2], details):
        return f"{match[1]} - {match[3]}"
    for pattern in (LAST_PARENTHESIS, LAST_DASH, LAST_WORDS):
        match = pattern.match(title)
        if match and _note(match[2], details):
            return match[1].rstrip(" :-–—")
    return title


def _note(remark: str, details: Details) -> bool:
    """Writes down what a remark says; false, and nothing written, when a piece of it is not understood."""
    found = Details()
    said = EMOJI.sub("", remark).strip()
    if match := DATED.fullmatch(said):
        said = match[1]
    for piece in re.split(r"\s+[-–—]\s+|[,;|]\s*", said.strip(" *()")):
        if not _read_piece(piece.strip(" .!"), found):
            return False
    for name in Details.__slots__:
        value = getattr(found, name)
        if value is not None and getattr(details, name) is None:
            setattr(details, name, value)
    return True


def _read_piece(piece: str, found: Details) -> bool:
    if match := PRIORITY.fullmatch(piece):
        found.priority = match[1].upper()
        found.priority_label = match[2].upper() if match[2] else found.priority_label
    elif match := RISK.fullmatch(piece):
        found.risk = (match[1] or match[2]).upper()
    elif match := PRIORITY_WORD.fullmatch(piece):
        found.priority_label = (match[1] or match[2] or match[3]).upper()
    elif DURATION.fullmatch(piece):
        found.estimate = piece
    elif SCHEDULE.fullmatch(piece):
        found.schedule = piece
    elif piece.lower() in STATUS_WORDS:
        found.status = STATUS_WORDS[piece.lower()]
    else:
        return False
    return True
