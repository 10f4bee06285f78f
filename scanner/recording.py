"""Steps of a replay turned into rows: lifetimes, tallies and standings, written by COPY in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from .engine.replay import Step
from .engine.violation import Violation
from .leases import Lease
from .models import Epoch
from .standings import Row as StandingRow

LIFETIME_COLUMNS = (
    "id", "epoch_id", "rule", "fingerprint", "path", "symbol", "line", "end_line", "severity", "scope", "service",
    "message", "canonical", "related", "waived", "introduced", "fixed", "moved", "continues_id",
)  # fmt: skip
TALLY_COLUMNS = ("epoch_id", "seq", "service", "rule", "severity", "scope", "open", "introduced", "fixed")


class Inconsistent(Exception):
    """The stored lifetimes are not those the replay starts from."""


@dataclass(slots=True, eq=False)
class Lifetime:
    """A row to be written. `continues` is the one before it, or the fingerprint of the stored row before it."""

    violation: Violation
    introduced: int
    continues: Lifetime | str | None = None
    fixed: int | None = None
    moved: bool = False
    id: int = 0


class Batch:
    """Some consecutive steps of one epoch, held until they are written together."""

    def __init__(self, epoch: Epoch) -> None:
        self.epoch = epoch
        self.replayed_seq = epoch.replayed_seq
        self.steps = 0
        self._lifetimes: list[Lifetime] = []
        self._open: dict[str, Lifetime] = {}
        self._closed: dict[str, tuple[int, bool]] = {}  # stored rows that end: fingerprint → (seq, moved)
        self._relocated: dict[str, Violation] = {}  # stored rows that only changed their place or message
        self._tallies: list[tuple[object, ...]] = []
        self._standings: list[StandingRow] = []

    def add(self, seq: int, step: Step, standing: StandingRow) -> None:
        """Take the next step, which is commit `seq`."""
        for fingerprint in step.fixed:
            self._close(fingerprint, seq, moved=False)
        # All ends before all starts: a violation may move to where another one just ended.
        before = [self._close(moved.source, seq, moved=True) for moved in step.moved]
        for violation in step.introduced:
            self._start(Lifetime(violation, seq))
        for moved, predecessor in zip(step.moved, before, strict=True):
            self._start(Lifetime(moved.violation, seq, predecessor))
        for violation in step.relocated:
            if violation.fingerprint in self._open:
                self._open[violation.fingerprint].violation = violation
            else:
                self._relocated[violation.fingerprint] = violation
        self._tallies += ((self.epoch.pk, seq, *key, *row) for key, row in step.tally.items())
        self._standings.append(standing)
        self.replayed_seq = seq
        self.steps += 1

    def write(self, lease: Lease, **progress: object) -> None:
        """Publish the steps, unless the lease is gone; `progress` goes to the scan's row. Once per batch."""
        with transaction.atomic():
            lease.guard(**progress)
            expected = Epoch.objects.filter(pk=self.epoch.pk, replayed_seq=self.epoch.replayed_seq)
            if not expected.update(replayed_seq=self.replayed_seq):
                raise Inconsistent(f"{self.epoch} is no longer at commit {self.epoch.replayed_seq}")
            _expect(relocate(self.epoch, self._relocated), self._relocated)
            self._write_lifetimes(self._close_stored())
            copy("scanner_tally", TALLY_COLUMNS, self._tallies)
            copy("scanner_standing", StandingRow._fields, self._standings)
        self.epoch.replayed_seq = self.replayed_seq

    def _start(self, lifetime: Lifetime) -> None:
        self._lifetimes.append(lifetime)
        self._open[lifetime.violation.fingerprint] = lifetime

    def _close(self, fingerprint: str, seq: int, *, moved: bool) -> Lifetime | str:
        lifetime = self._open.pop(fingerprint, None)
        if lifetime is None:
            self._closed[fingerprint] = (seq, moved)
            return fingerprint
        lifetime.fixed, lifetime.moved = seq, moved
        return lifetime

    def _close_stored(self) -> dict[str, int]:
        """End stored rows; return their ids by fingerprint."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE scanner_violation v SET fixed = c.seq, moved = c.moved"
                " FROM unnest(%s::text[], %s::int[], %s::bool[]) AS c (fingerprint, seq, moved)"
                " WHERE v.epoch_id = %s AND v.fingerprint = c.fingerprint AND v.fixed IS NULL"
                " RETURNING v.fingerprint, v.id",
                [
                    list(self._closed),
                    [seq for seq, _ in self._closed.values()],
                    [moved for _, moved in self._closed.values()],
                    self.epoch.pk,
                ],
            )
            ids: dict[str, int] = dict(cursor.fetchall())
        _expect(len(ids), self._closed)
        return ids

    def _write_lifetimes(self, stored: dict[str, int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('scanner_violation', 'id')) FROM generate_series(1, %s)",
                [len(self._lifetimes)],
            )
            for lifetime, (identity,) in zip(self._lifetimes, cursor.fetchall(), strict=True):
                lifetime.id = identity
        copy("scanner_violation", LIFETIME_COLUMNS, (_row(self.epoch, row, stored) for row in self._lifetimes))


def relocate(epoch: Epoch, violations: Mapping[str, Violation]) -> int:
    """Give open rows their newest place and message, by fingerprint; return how many were found."""
    found = violations.values()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE scanner_violation v SET line = r.line, end_line = r.end_line, message = r.message,"
            " canonical = r.canonical, related = r.related, waived = r.waived, symbol = r.symbol"
            " FROM unnest(%s::text[], %s::int[], %s::int[], %s::text[], %s::text[], %s::jsonb[], %s::jsonb[],"
            " %s::text[]) AS r (fingerprint, line, end_line, message, canonical, related, waived, symbol)"
            " WHERE v.epoch_id = %s AND v.fingerprint = r.fingerprint AND v.fixed IS NULL",
            [
                list(violations),
                [violation.line for violation in found],
                [violation.end_line for violation in found],
                [violation.message for violation in found],
                [violation.canonical or "" for violation in found],
                [_related(violation) for violation in found],
                [_waived(violation) for violation in found],
                [violation.symbol for violation in found],
                epoch.pk,
            ],
        )
        return cursor.rowcount


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows by COPY: several times faster than INSERT, and no limit on their number."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


def _row(epoch: Epoch, lifetime: Lifetime, stored: dict[str, int]) -> tuple[object, ...]:
    found = lifetime.violation
    before = lifetime.continues
    continues = stored[before] if isinstance(before, str) else before and before.id
    return (
        lifetime.id, epoch.pk, found.rule, found.fingerprint, found.path, found.symbol, found.line, found.end_line,
        found.severity, found.scope, found.service, found.message, found.canonical or "", _related(found),
        _waived(found), lifetime.introduced, lifetime.fixed, lifetime.moved, continues,
    )  # fmt: skip


def _related(violation: Violation) -> Jsonb:
    return Jsonb([place._asdict() for place in violation.related])


def _waived(violation: Violation) -> Jsonb | None:
    return Jsonb(violation.waived._asdict()) if violation.waived else None


def _expect(found: int, wanted: Sized) -> None:
    if found != len(wanted):
        raise Inconsistent(f"{len(wanted) - found} of {len(wanted)} violations that the step changes are not stored")
