"""Where in the plan a block stands: the stack of headings and labels above it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dashboard.plan_markdown.document import Field, Phase, Step

Kind = Literal[
    "violations",
    "results",
    "business",
    "rollback",
    "stop",
    "before",
    "after-each",
    "timeline",
    "overall",
    "success",
    "next",
]
MOMENT = re.compile(r"\W*(?:week|day|month|sprint)s?\s+\d+(?:\s*(?:[-–&]|to|and)\s*\d+)?\s*(?:$|[:(–-])", re.IGNORECASE)
# First match wins: "Rollback Triggers" are stop conditions, "Pre-Execution Validation" is not "validation after each".
PATTERNS: tuple[tuple[Kind, str], ...] = (
    (
        "stop",
        r"\b(?:emergency|safety|hard)[\s-]+stops?\b|\bstop(?:ping)?\s+(?:condition|criteri|trigger|rule|if\b|when\b)"
        r"|\b(?:abort|halt|rollback)\s+(?:condition|criteri|trigger)|\btriggers?\s+for\s+(?:rollback|stop|abort)",
    ),
    (
        "before",
        r"\bpre-?\s?(?:execution|flight|implementation|deployment|migration|remediation)\b|\bprerequisites?\b",
    ),
    ("after-each", r"\b(?:after|for|at|on|per)\s+(?:each|every)\s+(?:step|change|phase|commit)|\bper[\s-]step\b"),
    ("next", r"^\W*next\s+actions?\b"),
    ("overall", r"\boverall\b(?!\s+(?:status|assessment|risk|progress))|\bdefinition of done\b|\bfinal success\b"),
    # Of the whole plan; inside a phase or step the same words belong to that.
    ("success", r"\b(?:success|acceptance|completion)\s+(?:criteria|metrics|indicators|checklist)\b"),
    # "Remove the rollback utility" is work on a thing of that name.
    (
        "rollback",
        r"^\W*(?!(?:remove|delete|create|implement|add|test|write|verify|prepare|document|establish|analy[sz]e|update|fix)"
        r"\b).*\b(?:roll(?:ing)?[\s-]?back|revert(?:ing)?)\b",
    ),
    ("timeline", rf"\btime\s?line\b|\bschedule\b|\broad\s?map\b|\A{MOMENT.pattern}"),
    ("results", r"\btest(?:ing)?\s+(?:execution\s+)?results?\b"),
    (
        "violations",
        r"\bviolations\b.*\b(?:confirmed|detected|discovered|identified|found)\b"
        r"|\b(?:confirmed|detected|discovered|identified|known|claimed|real|critical)\b.*\bviolations\b",
    ),
    ("business", r"\bbusiness\s+value\b|\b(?:revenue|value)\s+protection\b"),
)
KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in PATTERNS)


def kind_of(title: str) -> Kind | None:
    """What a heading outside the phases announces."""
    return next((kind for kind, pattern in KINDS if pattern.search(title)), None)


@dataclass(slots=True)
class Section:
    """One heading or label and what it puts the blocks below it into.

    `level` is ten times that of the heading; bold phases, bold steps and labels lie between. `operation` is true under
    a later heading of a step; `label` collects the texts that follow; `open` when its own line held none.
    """

    level: int
    title: str
    line: int
    kind: Kind | None = None
    phase: Phase | None = None
    step: Step | None = None
    operation: bool = False
    label: Field | None = None
    open: bool = False
    filled: bool = False  # the label has its text; a later paragraph is not its own
    announces: bool = False  # the kind is its own, not inherited


HEADING, BOLD_PHASE, BOLD_STEP, LABEL = 0, 5, 7, 9


class Stack:
    """The sections a block stands in, outermost first."""

    def __init__(self) -> None:
        self._sections: list[Section] = [Section(0, "", 1)]

    @property
    def top(self) -> Section:
        return self._sections[-1]

    def close(self, level: int) -> Section:
        """Leaves every section of this level or deeper; gives the one that remains."""
        while len(self._sections) > 1 and self.top.level >= level:
            self._sections.pop()
        return self.top

    def close_label(self) -> Section:
        """Leaves the label, if one is open."""
        while self.top.level % 10 == LABEL:
            self._sections.pop()
        return self.top

    def between(self, part: int) -> int:
        """The level of a bold line of this part in the present heading."""
        return self.top.level // 10 * 10 + part

    def push(self, section: Section) -> None:
        self._sections.append(section)

    def heading_title(self) -> str | None:
        """The nearest title around a block, a label's too."""
        return self.top.title or None
