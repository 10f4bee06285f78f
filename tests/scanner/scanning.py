"""Waiting for scans, and reading what they left behind."""

from __future__ import annotations

import time
from collections.abc import Callable

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
    """Everything the live epoch says, without database ids."""
    repository.refresh_from_db()
    epoch = repository.current_epoch
    assert epoch is not None
    assert epoch.state == "live"
    lifetime = ("rule", "fingerprint", "path", "symbol", "line", "end_line", "severity", "scope", "service", "message")
    ends = ("canonical", "related", "introduced", "fixed", "moved", "continues__fingerprint", "continues__introduced")
    standing = ("seq", "score", "debt", "open", "introduced", "fixed", "critical", "python", "unparsable", "d", "v")
    tally = ("seq", "service", "rule", "severity", "scope", "open", "introduced", "fixed")
    return {
        "commits": set(repository.commits.values_list("seq", "sha", "parent", "author", "subject")),
        "lifetimes": {tuple(map(str, row)) for row in epoch.violations.values_list(*lifetime, *ends)},
        "tallies": set(epoch.tallies.values_list(*tally)),
        "standings": {tuple(map(str, row)) for row in epoch.standings.values_list(*standing)},
    }
