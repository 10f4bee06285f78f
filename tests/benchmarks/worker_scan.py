"""One first scan by a worker, and what it cost. Imported once the environment names the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import django
import psutil

django.setup()

from django.db import connection  # noqa: E402

from scanner.connections import connect  # noqa: E402
from scanner.models import Blob, Repository, Scan  # noqa: E402
from tests.faults.installation import Installation  # noqa: E402

MB = 1 << 20
PATIENCE = 3600.0  # seconds
QUIET = 3.0  # seconds in which the worker does next to nothing, after which it has ended what follows a scan


@dataclass
class Cost:
    """Seconds of wall clock and of processor: the worker's with all it started, its parsers' among them, and
    PostgreSQL's; rows (what, measured, goal) about the database."""

    wall: float = 0.0
    cpu: float = 0.0
    parsers: float = 0.0
    database_cpu: float = 0.0
    sizes: list[tuple[str, str, str]] = field(default_factory=list)

    def text(self) -> str:
        told = f"{self.wall:.1f} s wall, {self.cpu:.1f} s CPU, of it {self.parsers:.1f} s in parsers"
        return f"{told}; {self.database_cpu:.1f} s CPU of PostgreSQL"


def scanned(installation: Installation, source: Path) -> Cost:
    """Connect a repository on an empty database, with a worker that has done nothing yet, and wait for its numbers."""
    _forget()
    installation.kill("worker", "TERM")
    installation.restart("worker")
    _wait(lambda: len(installation.prefork()) > 1)
    _settle(installation)
    database = psutil.Process(installation.child("database").process.pid)
    before, database_before, began = _worker(installation), _used(database), time.monotonic()
    repository = connect(str(source))
    _wait(lambda: repository.active_scan() is None)
    wall = time.monotonic() - began
    scan = repository.scans.newest()[0]
    if scan.state != Scan.State.DONE:
        raise SystemExit(f"the scan {scan.state}: {scan.error}\n{scan.log}")
    _settle(installation)
    return Cost(
        wall=wall,
        cpu=_worker(installation) - before,
        parsers=sum(map(_used, installation.parsers())),
        database_cpu=_used(database) - database_before,
        sizes=list(_sizes()),
    )


def _forget() -> None:
    """Empty the tables of whatever an earlier scan left."""
    with connection.cursor() as cursor:
        for model in (Repository, Blob):
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")


def _sizes() -> Iterator[tuple[str, str, str]]:
    """Yield what the database takes, and how much of it is for what; tables with their indexes and TOAST."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        (total,) = cursor.fetchone()
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
        )
        tables = {name: (size, indexes) for name, size, indexes in cursor.fetchall()}
    facts, _ = tables["scanner_blob"]
    yield "database, without facts", f"{(total - facts) / MB:.1f} MB", "≤ 100 MB"
    yield f"facts of {Blob.objects.count():,} files", f"{facts / MB:.1f} MB", "≤ 15 MB"
    for name, (size, indexes) in tables.items():
        if size > MB / 2:
            yield f"{name}", f"{size / MB:.1f} MB, of it {indexes / MB:.1f} MB indexes", ""
    yield (
        "tables and indexes of PostgreSQL itself, and the rest",
        _mb(total - sum(size for size, _ in tables.values())),
        "",
    )


def _mb(size: int) -> str:
    return f"{size / MB:.1f} MB"


def _worker(installation: Installation) -> float:
    return _used(psutil.Process(installation.child("worker").process.pid))


def _used(process: psutil.Process) -> float:
    """Return the processor seconds of a process, of all below it, and of those that ended."""
    spent = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            spent += sum(one.cpu_times()[:4])
    return spent


def _settle(installation: Installation) -> None:
    """Wait until the worker has nothing to do."""
    while True:
        before = _worker(installation)
        time.sleep(QUIET)
        if _worker(installation) - before < QUIET / 20:
            return


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > deadline:
            raise SystemExit("it came to no end")
        time.sleep(0.2)
