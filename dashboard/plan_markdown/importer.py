"""From the bytes of a file to the whole PlanDocument."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.plan_markdown import blocks, commands, items, notes, source
from dashboard.plan_markdown.document import Command, Phase, PlanDocument, Step, Unsure
from dashboard.plan_markdown.reader import Reader

MAX_SHOWN = 200  # characters of a line in a question


def parse(data: bytes) -> PlanDocument:
    """Reads a plan. Raises PlanError when the data cannot be one; an ordinary document gives one without phases."""
    read = source.read(data)
    document = PlanDocument(read.text, repaired=read.repaired)
    found, left_out = blocks.parse(read.lines)
    document.unsure.extend(Unsure(line, read.lines[line - 1].strip()[:MAX_SHOWN], why) for line, why in left_out)
    reader = Reader(document, found)
    reader.read()
    items.link_timeline(document)
    for step in document.all_steps():
        _mark_commands(step, document)
    document.issue_refs = notes.issue_references(found)
    document.links = notes.links(found)
    document.notes = notes.unclaimed(read.lines, reader.where, reader.claimed)
    _say_what_is_missing(document)
    document.unsure.sort(key=lambda unsure: unsure.line)
    return document


def _mark_commands(step: Step, document: PlanDocument) -> None:
    """Marks what cannot work over all commands of a step, in the order they are written."""
    lists = (step.commands, step.test_commands, step.operation_commands)
    everything: Iterable[Command] = sorted((command for part in lists for command in part), key=lambda c: c.line)
    by_line = {command.line: command for command in commands.marked(everything)}
    for part in lists:
        part[:] = [by_line[command.line] for command in part]
    for command in by_line.values():
        if command.problem:
            document.unsure.append(Unsure(command.line, command.text, f"cannot work as written: {command.problem}"))


def _say_what_is_missing(document: PlanDocument) -> None:
    title = document.title or ""
    if not document.phases and not document.steps:
        document.unsure.append(Unsure(1, title, "no heading or bold line names a phase or a step"))
    if next(document.all_criteria(), None) is None:
        document.unsure.append(Unsure(1, title, "the document has no boxes, so there are no criteria to follow"))
    for phase in document.phases:
        if phase.title is None:
            document.unsure.append(Unsure(phase.line, _words(phase), "the phase has no title"))


def _words(phase: Phase) -> str:
    return phase.heading
