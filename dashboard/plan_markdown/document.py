"""What a written plan says. Every part keeps its source line, counted from 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["operation", "test", "investigation"]
Status = Literal["done", "in progress", "pending", "failed", "blocked"]


@dataclass(frozen=True, slots=True)
class Unsure:
    """A place where a person should look before the import is confirmed."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Note:
    """Source text that no part claims, with the part of the plan it stands in."""

    line: int
    text: str
    phase: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    line: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Link:
    line: int
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Command:
    """`remark` is the comment behind the command, `comment` the lines above it. `problem`: why it cannot work."""

    line: int
    text: str
    role: Role
    remark: str | None = None
    comment: str | None = None
    problem: str | None = None


@dataclass(slots=True)
class Field:
    """Texts under a label of the document; `inline` where the only text stands on the label's own line."""

    name: str
    line: int
    texts: list[str] = field(default_factory=list)
    inline: bool = False


@dataclass(slots=True)
class Criterion:
    """One box. `markdown` is its text as written, `parent` the line of the box it is nested in."""

    text: str
    checked: bool
    line: int
    markdown: str
    section: str | None = None
    parent: int | None = None
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Statement:
    """One item of a list: "3. ✅ **title**: text"."""

    line: int
    n: int
    title: str | None
    text: str | None
    paths: tuple[str, ...] = ()
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class ClaimedResult:
    """What the plan says a test said; `ratio` as "5/5" or "1/5 failing"."""

    line: int
    name: str
    status: Literal["pass", "fail", "blocked", "pending"]
    ratio: str | None
    note: str | None
    text: str


@dataclass(slots=True)
class Rollback:
    line: int
    commands: list[Command] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Target:
    """A file that a step names, "path:line" taken apart."""

    path: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Restated:
    """A later heading that speaks of the same phase or step again."""

    line: int
    title: str


@dataclass(slots=True)
class Step:
    id: str
    title: str | None
    line: int
    heading: str
    phase: str | None = None
    status: Status | None = None
    risk: str | None = None
    risk_note: str | None = None
    target: str | None = None
    targets: list[Target] = field(default_factory=list)
    action: str | None = None
    estimate: str | None = None
    schedule: str | None = None
    expected_result: str | None = None
    commands: list[Command] = field(default_factory=list)
    test_commands: list[Command] = field(default_factory=list)
    operation_commands: list[Command] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    criteria: list[Criterion] = field(default_factory=list)
    restated: list[Restated] = field(default_factory=list)
    rollback: Rollback | None = None


@dataclass(slots=True)
class Phase:
    number: str
    title: str | None
    line: int
    heading: str
    status: Status | None = None
    priority: str | None = None
    priority_label: str | None = None
    risk: str | None = None
    risk_note: str | None = None
    goal: str | None = None
    business_impact: str | None = None
    detected_issue: str | None = None
    estimate: str | None = None
    schedule: str | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    criteria: list[Criterion] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    restated: list[Restated] = field(default_factory=list)
    rollback: Rollback | None = None


@dataclass(slots=True)
class TimelineItem:
    line: int
    text: str
    estimate: str | None
    steps: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Bucket:
    """A stretch of the timeline: "Week 1", "Immediate (Today)"."""

    name: str
    line: int
    items: list[TimelineItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OngoingCheck:
    line: int
    text: str
    cadence: str | None


@dataclass(slots=True)
class PlanDocument:
    """A whole plan; `source` is its Markdown, from which `export` sets the boxes anew."""

    source: str
    title: str | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    quote_fields: dict[str, Field] = field(default_factory=dict)
    issue_refs: list[str] = field(default_factory=list)
    claimed_violations: list[Statement] = field(default_factory=list)
    claimed_test_results: list[ClaimedResult] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    overall: list[Criterion] = field(default_factory=list)
    other_criteria: list[Criterion] = field(default_factory=list)
    validation_after_each_step: list[Statement] = field(default_factory=list)
    emergency_stop: list[Statement] = field(default_factory=list)
    pre_execution: list[Command] = field(default_factory=list)
    rollback: Rollback | None = None
    timeline: list[Bucket] = field(default_factory=list)
    next_action: str | None = None
    ongoing: list[OngoingCheck] = field(default_factory=list)
    business_value: list[Statement] = field(default_factory=list)
    sections: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)
    repaired: Literal["mac_roman"] | None = None

    def all_steps(self) -> Iterator[Step]:
        """Every step, those of the phases first."""
        for phase in self.phases:
            yield from phase.steps
        yield from self.steps

    def all_criteria(self) -> Iterator[Criterion]:
        """Every box of the document, once."""
        for phase in self.phases:
            yield from phase.criteria
        for step in self.all_steps():
            yield from step.criteria
        yield from self.overall
        yield from self.other_criteria
