"""Which phases of a repository's plans are finished: transitional modules of its configuration may stay until then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from dashboard import registry
from dashboard.models import Plan
from dashboard.outline import outline
from scanner import scans
from scanner.engine.config import phase_of
from scanner.models import Repository, Scan


def settle(repository: Repository) -> None:
    """Note which phases are finished, and ask for a scan when the configuration speaks of one of which that changed.

    A phase is finished when every current plan that has it certifies it: it is done, and so are those before it. Its
    day is that of the commit at which that was first seen, so that all commits are judged by one day. When it is no
    longer certified it is not finished any more.
    """
    certified = dict(_certified(repository))
    before: dict[str, str] = repository.finished_phases
    after = {phase: before.get(phase, day) for phase, day in certified.items()}
    if after == before:
        return
    Repository.objects.filter(pk=repository.pk).update(finished_phases=after)
    repository.finished_phases = after
    asked = {phase_of(shim.until) for shim in registry.current(repository).transitional}
    if any(before.get(phase) != after.get(phase) for phase in asked if phase):
        scans.request(repository, Scan.Reason.SETTINGS)


def _certified(repository: Repository) -> Iterator[tuple[str, str]]:
    """Yield phases that are certified wherever they stand, with the day of the newest commit evaluated."""
    days: dict[str, str | None] = {}
    for plan in Plan.objects.current().filter(repository=repository).exclude(evaluated_at=None).order_by("pk"):
        head = repository.commits.filter(sha=plan.evaluated_sha).first()
        if head is None:
            continue
        day = head.committed_at.astimezone(UTC).date().isoformat()
        for section in outline(plan).sections:
            if section.facts is not None:
                number = str(section.facts["number"]).casefold()
                known = days.get(number, day)
                days[number] = max(known, day) if section.gate == "certified" and known else None
    return ((phase, day) for phase, day in days.items() if day)
