"""Which phase and step a heading leads into: new ones are made, restated ones found again."""

from __future__ import annotations

import re

from dashboard.plan_markdown.document import Phase, PlanDocument, Restated, Step, Unsure
from dashboard.plan_markdown.names import RESTATING, Name, Names
from dashboard.plan_markdown.sections import Section, kind_of

# "Phase 1 Success Criteria ✅" is a tick of its criteria at most, not of the phase.
MEASURES = re.compile(
    r"\W*(?:success|criteria|checklist|metrics|gate|exit|rollback|readiness|deliverables|script)\b", re.IGNORECASE
)
PREFIX = re.compile(r"(\d+)(?:\.|[A-Z])")
# A step is defined by the strongest word it is named with; "Operation 1A" and "Phase 1A" speak of step 1A.
STRENGTH = {"step": 2, "task": 2, "action": 2, "sub-phase": 2, "subphase": 2, "": 2, "phase": 1, "operation": 0}


class Places:
    """The phases, made at once in the order of their definitions, and the steps, made as they come."""

    def __init__(self, document: PlanDocument, names: Names) -> None:
        self.document = document
        self._defined_at = names.phases
        self._phases = {number: _phase(names.by_line[line], line) for number, line in names.phases.items()}
        document.phases.extend(self._phases.values())
        self._steps: dict[tuple[str | None, str], tuple[Step, str]] = {}
        self._recent: tuple[Phase, int] | None = None
        self.has_heading_steps = any(name.kind == "step" and not name.bold for name in names.by_line.values())

    def leave(self, level: int) -> None:
        """A heading that names nothing ends the phase before it, unless it is deeper."""
        if self._recent is not None and level <= self._recent[1]:
            self._recent = None

    def enter(self, name: Name, line: int, level: int, above: Section) -> Section:
        """The section that a heading with this name opens."""
        if name.kind == "phase":
            return self._enter_phase(name, line, level, above)
        return self._enter_step(name, line, level, above)

    def _enter_phase(self, name: Name, line: int, level: int, above: Section) -> Section:
        phase = self._phases[name.id]
        self._recent = (phase, level)
        section = Section(level, name.title or "", line, phase=phase, open=True)
        if self._defined_at[name.id] == line:
            return section
        phase.restated.append(Restated(line, name.heading))
        told = kind_of(name.title or "")
        section.kind = "rollback" if "rollback" in (told, above.kind) else None
        only_remark = f"({name.title}" in name.heading
        if name.form == "named" and not only_remark and not _speaks_of(name.title, phase.title):
            why = f"taken for phase {phase.number} again, which line {phase.line} names differently"
            self._ask(line, name.heading, why)
        if not MEASURES.match(name.title or ""):
            phase.status = phase.status or name.details.status
        return section

    def _enter_step(self, name: Name, line: int, level: int, above: Section) -> Section:
        phase = self._phase_of(name, level, above, line)
        key = (phase.number if phase else None, name.id)
        known = self._steps.get(key)
        section = Section(level, name.title or "", line, phase=phase, open=True)
        if known is not None and self._is_again(name, known):
            section.step, section.operation = self._again(name, line, known, key), True
        else:
            if known is not None:
                self._ask(line, name.heading, f"a second step {name.id}; line {known[0].line} has the first")
            section.step = _step(name, line, phase)
            section.operation = name.keyword == "operation"
            self._steps[key] = (section.step, name.keyword)
            (phase.steps if phase else self.document.steps).append(section.step)
        if above.kind == "rollback" or (section.operation and kind_of(name.title or "") == "rollback"):
            section.kind = "rollback"
        return section

    def _phase_of(self, name: Name, level: int, above: Section, line: int) -> Phase | None:
        match = PREFIX.match(name.id)
        told = self._phases.get(match[1]) if match else None
        if above.phase is not None:
            if told is not None and told is not above.phase:
                why = f"the step stands in phase {above.phase.number}, its number says phase {told.number}"
                self._ask(line, name.heading, why)
            return above.phase
        if told is not None:
            return told
        if match is None and self._recent is not None and level == self._recent[1]:
            return self._recent[0]
        return None

    def _is_again(self, name: Name, known: tuple[Step, str]) -> bool:
        step, keyword = known
        return name.keyword != keyword or name.form != "named" or _speaks_of(name.title, step.title)

    def _again(self, name: Name, line: int, known: tuple[Step, str], key: tuple[str | None, str]) -> Step:
        step, keyword = known
        if STRENGTH[name.keyword] > STRENGTH[keyword]:
            step.restated.append(Restated(step.line, step.heading))
            step.title, step.line, step.heading = name.title or step.title, line, name.heading
            self._steps[key] = (step, name.keyword)
        else:
            step.restated.append(Restated(line, name.heading))
        step.status = step.status or name.details.status
        step.estimate = step.estimate or name.details.estimate
        return step

    def _ask(self, line: int, text: str, why: str) -> None:
        self.document.unsure.append(Unsure(line, text, why))


def _phase(name: Name, line: int) -> Phase:
    details = name.details
    return Phase(
        name.id,
        name.title,
        line,
        name.heading,
        status=details.status,
        priority=details.priority,
        priority_label=details.priority_label,
        risk=details.risk,
        estimate=details.estimate,
        schedule=details.schedule,
    )


def _step(name: Name, line: int, phase: Phase | None) -> Step:
    details = name.details
    return Step(
        name.id,
        name.title,
        line,
        name.heading,
        phase.number if phase else None,
        status=details.status,
        risk=details.risk,
        estimate=details.estimate,
        schedule=details.schedule,
    )


def _speaks_of(title: str | None, first: str | None) -> bool:
    """Whether a later title may be meant for the thing that had this first one: no word against it, or a shared one."""
    if title is None or first is None or RESTATING.match(title):
        return True
    words = set(re.findall(r"\w{4,}", title.lower()))
    return not words or bool(words & set(re.findall(r"\w{4,}", first.lower())))
