"""One attempt of a worker at a row: alone, with a heartbeat, and not counted when the database went away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.models.attempted import MOST_ATTEMPTS, Attempted
from scanner import outages
from scanner.leases import kept_alive

GAVE_UP = f"{MOST_ATTEMPTS} attempts broke off, and the last worker died of it or was killed; its log may say why."


@contextmanager
def attempt(row: Attempted) -> Iterator[bool]:
    """Take the row for the `with` block. False: somebody else works on it, or it was started too often."""
    if not row.take():
        yield False
        return
    try:
        with kept_alive(row.keep_alive):
            yield True
        row.come_to_an_end()
    except Exception as error:
        if outages.is_outage(error):
            outages.once_back(lambda: row.let_go(counts=False))
        else:
            row.let_go(counts=True)
        raise
