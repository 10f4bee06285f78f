"""A PlanDocument → the JSON that `import_plan --format json` promises."""

from __future__ import annotations

import dataclasses
from typing import Any

from dashboard.plan_markdown.document import (
    Bucket,
    Command,
    Criterion,
    Field,
    Phase,
    PlanDocument,
    Rollback,
    Statement,
    Step,
)


def as_json(document: PlanDocument) -> dict[str, Any]:
    """Keys and shapes of interface.md; what the document does not say is null or []."""
    return {
        "title": document.title,
        "repaired": document.repaired,
        "fields": _field_values(document.fields),
        "quote_fields": _field_values(document.quote_fields),
        "issue_refs": document.issue_refs,
        "claimed_violations": [_statement(item) for item in document.claimed_violations],
        "claimed_test_results": [dataclasses.asdict(result) for result in document.claimed_test_results],
        "phases": [_phase(phase) for phase in document.phases],
        "steps": [_step(step) for step in document.steps],
        "overall": {"criteria": _criteria(document.overall)},
        "other_criteria": _criteria(document.other_criteria),
        "validation_after_each_step": [_statement(item) for item in document.validation_after_each_step],
        "emergency_stop": [_sentence(item) for item in document.emergency_stop],
        "emergency_stop_lines": [item.line for item in document.emergency_stop],
        "pre_execution_commands": _texts(document.pre_execution),
        "pre_execution_details": _details(document.pre_execution),
        "rollback": _rollback(document.rollback),
        "timeline": [_bucket(bucket) for bucket in document.timeline],
        "next_action": document.next_action,
        "ongoing": [dataclasses.asdict(check) for check in document.ongoing],
        "business_value": [_statement(item) for item in document.business_value],
        "sections": [dataclasses.asdict(section) for section in document.sections],
        "links": [dataclasses.asdict(link) for link in document.links],
        "notes": [dataclasses.asdict(note) for note in document.notes],
        "unsure": [dataclasses.asdict(unsure) for unsure in document.unsure],
    }


def _phase(phase: Phase) -> dict[str, Any]:
    own = ("number", "title", "line", "heading", "status", "priority", "priority_label", "risk", "risk_note", "goal")
    more = ("business_impact", "detected_issue", "estimate", "schedule")
    return {
        **{name: getattr(phase, name) for name in (*own, *more)},
        "fields": _field_values(phase.fields),
        "labels": phase.labels,
        "steps": [_step(step) for step in phase.steps],
        "criteria": _criteria(phase.criteria),
        "commands": _texts(phase.commands),
        "command_details": _details(phase.commands),
        "rollback": _rollback(phase.rollback),
        "restated": [dataclasses.asdict(restated) for restated in phase.restated],
    }


def _step(step: Step) -> dict[str, Any]:
    own = ("id", "title", "line", "heading", "status", "risk", "risk_note", "target", "action", "estimate", "schedule")
    return {
        **{name: getattr(step, name) for name in (*own, "expected_result")},
        "targets": [dataclasses.asdict(target) for target in step.targets],
        "commands": _texts(step.commands),
        "test_commands": _texts(step.test_commands),
        "operation_commands": _texts(step.operation_commands),
        "command_details": _details([*step.commands, *step.test_commands, *step.operation_commands]),
        "fields": {name: field.texts for name, field in step.fields.items()},
        "labels": step.labels,
        "criteria": _criteria(step.criteria),
        "rollback": _rollback(step.rollback),
        "restated": [dataclasses.asdict(restated) for restated in step.restated],
    }


def _field_values(fields: dict[str, Field]) -> dict[str, str | list[str]]:
    """A value on the label's own line is one text, what stands below a label is a list."""
    values: dict[str, str | list[str]] = {}
    for name, field in fields.items():
        values[name] = field.texts[0] if field.inline and len(field.texts) == 1 else field.texts
    return values


def _criteria(criteria: list[Criterion]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(criterion) for criterion in criteria]


def _statement(item: Statement) -> dict[str, Any]:
    return {**dataclasses.asdict(item), "paths": list(item.paths)}


def _sentence(item: Statement) -> str:
    return f"{item.title}: {item.text}" if item.title and item.text else item.title or item.text or ""


def _texts(commands: list[Command]) -> list[str]:
    return [command.text for command in commands]


def _details(commands: list[Command]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(command) for command in sorted(commands, key=lambda command: command.line)]


def _rollback(rollback: Rollback | None) -> dict[str, Any] | None:
    """`command`, `note` and `line` are those of the first command, all of them stand in `commands`."""
    if rollback is None:
        return None
    first = rollback.commands[0] if rollback.commands else None
    return {
        "command": first.text if first else None,
        "note": (first.remark or first.comment) if first else None,
        "line": first.line if first else rollback.line,
        "commands": _texts(rollback.commands),
        "command_details": _details(rollback.commands),
        "texts": rollback.texts,
    }


def _bucket(bucket: Bucket) -> dict[str, Any]:
    return {
        "bucket": bucket.name,
        "line": bucket.line,
        "steps": [step for item in bucket.items for step in item.steps],
        "items": [dataclasses.asdict(item) for item in bucket.items],
    }
