"""Guarded imports in functions that only ask whether something can be imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.engine.facts import GUARDED, PROBED, Import
from scanner.engine.functions import Function
from scanner.engine.syntax import names_in


def probed(node: Function, rows: Sequence[Import]) -> Iterator[Import]:
    """Yield a function's own imports, those marked whose failure is caught and of which it uses nothing."""
    used = names_in(node) if any(row.where & GUARDED for row in rows) else set()
    for row in rows:
        bound = {bound for _, bound in row.names} or {row.alias or row.module.partition(".")[0]}
        is_probe = row.where & GUARDED and "*" not in bound and used.isdisjoint(bound)
        yield row._replace(where=row.where | PROBED) if is_probe else row
