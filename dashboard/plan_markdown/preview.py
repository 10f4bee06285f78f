"""A PlanDocument → a page of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.plan_markdown.document import Criterion, Phase, PlanDocument, Step


def preview(document: PlanDocument) -> str:
    """What was understood, phase by phase, then what a person should look at."""
    return "\n".join(_printable(line) for line in _lines(document))


def _lines(document: PlanDocument) -> Iterator[str]:
    yield document.title or "(no title)"
    if document.repaired:
        yield "Repaired: the file was UTF-8 that had been read as Mac Roman."
    criteria = list(document.all_criteria())
    ticked = sum(criterion.checked for criterion in criteria)
    steps = len(list(document.all_steps()))
    yield f"{len(document.phases)} phases, {steps} steps, {len(criteria)} criteria ({ticked} ticked)"
    for phase in document.phases:
        yield ""
        yield from _phase(phase)
    if document.steps:
        yield from ("", "Steps of no phase")
        for step in document.steps:
            yield from _step(step)
    yield from _criteria("Overall", document.overall)
    yield from _criteria("Criteria of no phase", document.other_criteria)
    yield ""
    for count, name in _rest(document):
        yield f"{count:4}  {name}"
    if document.unsure:
        yield from ("", "Please look at")
        for unsure in document.unsure:
            yield f"  line {unsure.line}: {unsure.why}: {_shortened(unsure.text)}"


def _phase(phase: Phase) -> Iterator[str]:
    remarks = [phase.priority, phase.priority_label, f"risk {phase.risk}" if phase.risk else None, phase.estimate]
    told = ", ".join(remark for remark in remarks if remark)
    yield f"Phase {phase.number}: {phase.title or '(no title)'}{f' ({told})' if told else ''}, line {phase.line}"
    if phase.goal:
        yield f"  goal: {phase.goal}"
    for step in phase.steps:
        yield from _step(step)
    for criterion in phase.criteria:
        yield _criterion(criterion, "  ")
    if phase.rollback:
        yield f"  rollback: {'; '.join(command.text for command in phase.rollback.commands) or 'in words'}"


def _step(step: Step) -> Iterator[str]:
    yield f"  Step {step.id}: {step.title or '(no title)'}, line {step.line}"
    if step.target:
        yield f"    target: {step.target}"
    count = len(step.commands) + len(step.test_commands) + len(step.operation_commands)
    if count:
        yield f"    {count} commands"
    for criterion in step.criteria:
        yield _criterion(criterion, "    ")


def _criteria(title: str, criteria: list[Criterion]) -> Iterator[str]:
    if criteria:
        yield from ("", title)
        for criterion in criteria:
            yield _criterion(criterion, "  ")


def _criterion(criterion: Criterion, indent: str) -> str:
    return f"{indent}[{'x' if criterion.checked else ' '}] {_shortened(criterion.text)}"


def _rest(document: PlanDocument) -> list[tuple[int, str]]:
    return [
        (len(document.emergency_stop), "stop conditions"),
        (len(document.validation_after_each_step), "validations after each step"),
        (len(document.pre_execution), "commands before the first step"),
        (len(document.claimed_violations), "claimed violations"),
        (len(document.claimed_test_results), "claimed test results"),
        (sum(len(bucket.items) for bucket in document.timeline), "entries in the timeline"),
        (len(document.business_value), "statements of business value"),
        (len(document.notes), "notes: passages that no part claims"),
    ]


def _shortened(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 160 else line[:159] + "…"


def _printable(line: str) -> str:
    """Without control characters: a document may not steer the terminal it is shown in."""
    return "".join(sign if sign.isprintable() else " " for sign in line)
