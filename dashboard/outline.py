"""A plan as its page reads: sections in the order of the document, each with its steps, criteria and rollback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.models import ClaimResult, Criterion, Evaluation, Plan
from dashboard.predicates import PredicateError, parse, text
from dashboard.proofs import Proof, proof_of
from dashboard.states import NAMES, PlanStates, Progress, State, of_plan

Kind = Criterion.Kind
Gate = Literal["open", "in progress", "done", "certified"]


@dataclass(frozen=True, slots=True)
class Row:
    """A criterion as one line of the page; `key` names its state in style sheets and the sprite."""

    criterion: Criterion
    state: State
    proof: Proof
    predicate: str

    @property
    def key(self) -> str:
        return "none" if self.state.name == "not evaluated" else self.state.name

    @property
    def suggested(self) -> bool:
        """A predicate that no person has agreed with yet."""
        return bool(self.criterion.predicate) and self.criterion.predicate_confirmed_at is None

    @property
    def nested(self) -> bool:
        return self.criterion.parent_id is not None

    @property
    def stop(self) -> Literal["tripped", "watched", "not watched"]:
        """How a stop condition stands: it is bound to what must hold, and has tripped when that does not."""
        said = self.criterion.said
        if said is None or said.outcome == Evaluation.Outcome.UNKNOWN:
            return "not watched"
        return "watched" if said.outcome == Evaluation.Outcome.PASS else "tripped"


@dataclass(frozen=True, slots=True)
class StepPart:
    """A step with what is checked about it; `facts` is its JSON form."""

    facts: Mapping[str, Any]
    rows: Sequence[Row]
    claims: Sequence[ClaimResult]

    @property
    def standing(self) -> Literal["done", "broken", "open"]:
        """Done when everything said about it holds, broken when something does not."""
        if any(row.state.name in {"contradicted", "regressed", "failing"} for row in self.rows):
            return "broken"
        return "done" if self.rows and all(row.state.holds for row in self.rows) else "open"

    @property
    def commands(self) -> list[Mapping[str, Any]]:
        return sorted(self.facts.get("command_details", []), key=lambda command: command["line"])


@dataclass(frozen=True, slots=True)
class Section:
    """A phase, or what stands outside of the phases; `facts` is the phase's JSON form, None outside."""

    anchor: str
    name: str
    title: str
    rows: Sequence[Row]
    steps: Sequence[StepPart]
    progress: Progress
    gate: Gate
    facts: Mapping[str, Any] | None = None

    @property
    def boxes(self) -> list[Row]:
        """What progress counts, those of the steps too, in the order of the document."""
        found = [*self.rows, *(row for step in self.steps for row in step.rows)]
        return sorted((row for row in found if row.criterion.kind == Kind.CRITERION), key=_order)

    @property
    def lines(self) -> str:
        """Where the criteria stand in the document."""
        lines = [row.criterion.line for row in self.rows]
        if not lines:
            return ""
        return f"line {lines[0]}" if len(lines) == 1 else f"lines {min(lines)}–{max(lines)}"


@dataclass(frozen=True, slots=True)
class Outline:
    plan: Plan
    states: PlanStates
    progress: Progress
    sections: Sequence[Section]
    validations: Sequence[Row]
    stops: Sequence[Row]
    claims: Sequence[ClaimResult]
    rows: Mapping[int, Row] = field(repr=False)

    @property
    def contradictions(self) -> list[Row]:
        return [self.rows[one.pk] for one in self.states.contradictions()]

    @property
    def tripped(self) -> int:
        """How many stop conditions have come true."""
        return sum(row.stop == "tripped" for row in self.stops)

    @property
    def watched(self) -> int:
        """How many stop conditions something is known of."""
        return sum(row.stop != "not watched" for row in self.stops)

    @property
    def suggested(self) -> int:
        """How many bound predicates wait for a person to agree."""
        return sum(row.suggested for row in self.rows.values())

    @property
    def overridden(self) -> int:
        return sum(row.state.override is not None for row in self.rows.values())

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """(name, key, how many) of the document's boxes, the loudest state first."""
        return [
            (name, "none" if name == "not evaluated" else name, count)
            for name in NAMES
            if (count := self.progress.counts.get(name, 0))
        ]

    def section_of(self, criterion: Criterion) -> Section | None:
        return next((one for one in self.sections if any(row.criterion == criterion for row in _all(one))), None)


def outline(plan: Plan) -> Outline:
    """Put the page together, in four queries."""
    states = of_plan(plan)
    rows = {one.pk: row_of(one, states.of[one.pk]) for one in states.criteria}
    claims = list(plan.claims.current().select_related("step"))
    return Outline(
        plan=plan,
        states=states,
        progress=states.progress(),
        sections=_sections(plan, states, list(rows.values()), claims),
        validations=[row for row in rows.values() if row.criterion.kind == Kind.VALIDATION],
        stops=[row for row in rows.values() if row.criterion.kind == Kind.STOP],
        claims=[claim for claim in claims if claim.step is None],
        rows=rows,
    )


def predicate_text(criterion: Criterion) -> str:
    """Return what is bound as people write it; empty for nothing, and for what this version cannot read."""
    try:
        return text(parse(criterion.predicate)) if criterion.predicate else ""
    except PredicateError:
        return ""


def row_of(criterion: Criterion, state: State) -> Row:
    """Return a criterion as a page shows it."""
    slug = criterion.plan.repository.slug
    return Row(criterion, state, proof_of(criterion, state, slug), predicate_text(criterion))


def _order(row: Row) -> int:
    return row.criterion.ordinal


def _all(section: Section) -> list[Row]:
    return [*section.rows, *(row for step in section.steps for row in step.rows)]


def _sections(plan: Plan, states: PlanStates, rows: Sequence[Row], claims: Sequence[ClaimResult]) -> list[Section]:
    of_phase: dict[str, list[Row]] = {}
    of_step: dict[str, list[Row]] = {}
    outside: list[Row] = []
    for row in rows:
        one = row.criterion
        if one.step is not None:
            of_step.setdefault(one.step.ident, []).append(row)
        elif one.phase is not None:
            of_phase.setdefault(one.phase.number, []).append(row)
        elif one.kind == Kind.CRITERION:
            outside.append(row)
    said: dict[str, list[ClaimResult]] = {}
    for claim in claims:
        if claim.step is not None:
            said.setdefault(claim.step.ident, []).append(claim)

    def parts(facts: Iterable[Mapping[str, Any]]) -> list[StepPart]:
        # A number that two steps share is told at the first of them.
        return [StepPart(one, of_step.pop(one["id"], []), said.pop(one["id"], [])) for one in facts]

    found: list[Section] = []
    for n, facts in enumerate(plan.document["phases"], 1):
        steps, own = parts(facts["steps"]), of_phase.pop(facts["number"], [])
        found.append(_section(f"p{n}", f"Phase {facts['number']}", facts, own, steps, states, found))
    if plan.document["steps"]:
        found.append(_section("steps", "Steps of no phase", None, [], parts(plan.document["steps"]), states, []))
    overall = {box["line"] for box in plan.document["overall"]["criteria"]}
    for anchor, name, own in (
        ("overall", "Overall", [row for row in outside if row.criterion.line in overall]),
        ("other", "Other criteria", [row for row in outside if row.criterion.line not in overall]),
    ):
        if own:
            found.append(_section(anchor, name, None, own, [], states, []))
    return found


def _section(
    anchor: str,
    name: str,
    facts: Mapping[str, Any] | None,
    rows: Sequence[Row],
    steps: Sequence[StepPart],
    states: PlanStates,
    before: Sequence[Section],
) -> Section:
    everything = [*rows, *(row for step in steps for row in step.rows)]
    progress = states.progress([row.criterion for row in everything])
    title = (facts.get("title") or facts["heading"]) if facts else ""
    return Section(anchor, name, title, rows, steps, progress, _gate(everything, progress, before), facts)


def _gate(rows: Sequence[Row], progress: Progress, before: Sequence[Section]) -> Gate:
    """A phase is certified when it is done and all phases before it are certified."""
    if progress.total and progress.holding == progress.total:
        return "certified" if all(one.gate == "certified" for one in before) else "done"
    return "in progress" if progress.holding or any(row.state.tick for row in rows) else "open"
