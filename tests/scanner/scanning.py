"""Waiting for scans, and reading what they left behind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from scanner.models import Repository, Scan

PATIENCE = 180.0  # seconds; only a failing test waits that long, also on a busy machine


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


@contextmanager
def held(repository: Repository, **come_to: object) -> Iterator[Scan]:
    """Wait until the scan that runs has come to this, and hold it there: in the `with` block, which is a transaction,
    no worker changes its row or gets further, however fast it is. Yields the scan."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with transaction.atomic():
            scan = repository.scans.running().filter(**come_to).select_for_update(of=("self",), no_key=True).first()
            if scan is not None:
                yield scan
                return
        assert repository.active_scan() is not None, "it ended before anybody saw that"
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


@contextmanager
def beside() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Yield a function that begins something in a thread, and returns when that is through or waits for a lock.

    PostgreSQL grants a row's lock in the order in which it was asked for, so what follows is the same on every run.
    Afterwards all have come to their end, and none was broken off by the database as a deadlock is.
    """
    threads: list[Thread] = []
    errors: list[DatabaseError] = []

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except DatabaseError as error:
            errors.append(error)
        finally:
            connection.close()

    def begin(act: Callable[[], object]) -> None:
        threads.append(Thread(target=run, args=[act]))
        threads[-1].start()
        wait(lambda: _waiting() >= sum(thread.is_alive() for thread in threads))

    try:
        yield begin
    finally:
        for thread in threads:
            thread.join()
    assert errors == []


def _waiting() -> int:
    """How many connections to the test's database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # taken once in a transaction, else
        mine = "datname = current_database() AND backend_type = 'client backend' AND wait_event_type = 'Lock'"
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {mine}")
        return cursor.fetchone()[0]


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
