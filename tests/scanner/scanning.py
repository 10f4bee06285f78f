"""Waiting for scans, and reading what they left behind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from django.db.models import QuerySet

from scanner.models import Repository, Scan

PATIENCE = 60.0  # seconds


def finished(repository: Repository, state: str = "done") -> Scan:
    """Wait until the repository's newest scan has ended, in this state."""
    wait(lambda: repository.active_scan() is None)
    scan = repository.scans.newest()[0]
    assert scan.state == state, f"{scan.error}\n{scan.log}"
    return scan


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def numbers(repository: Repository) -> dict[str, set[tuple[object, ...]]]:
    """Everything the live epoch says, without database ids. A row that is there twice breaks the comparison."""
    repository.refresh_from_db()
    epoch = repository.current_epoch
    assert epoch is not None
    assert epoch.state == "live"
    return {
        "commits": rows_of(repository.commits.all()),
        "lifetimes": rows_of(epoch.violations.all(), "continues__fingerprint", "continues__introduced"),
        "tallies": rows_of(epoch.tallies.all()),
        "standings": rows_of(epoch.standings.all()),
    }


def rows_of(found: QuerySet, *more: str) -> set[tuple[object, ...]]:
    """Return all columns but ids and what they point at; the n-th row of the same content says so."""
    plain = [field.name for field in found.model._meta.concrete_fields if not field.is_relation and field.name != "id"]
    counted: Counter[tuple[object, ...]] = Counter()
    rows = set()
    for row in found.values_list(*plain, *more):
        # As text, because JSON is not hashable.
        content = tuple(map(str, row))
        counted[content] += 1
        rows.add((*content, counted[content]))
    return rows
