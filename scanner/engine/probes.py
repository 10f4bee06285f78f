"""Guarded imports in functions that only ask whether something can be imported."""

from __future__ import annotations

from collections.abc import Sequence, Set

from scanner.engine.facts import GUARDED, PROBED, Import
from scanner.engine.functions import Function
from scanner.engine.nodes import names_in


def probed(node: Function, rows: Sequence[Import]) -> Sequence[Import]:
    """Return a function's own imports, those marked whose failure is caught and of which it uses nothing."""
    if not any(row.where & GUARDED for row in rows):
        return rows
    used = names_in(node)
    return [row._replace(where=row.where | PROBED) if _is_probe(row, used) else row for row in rows]


def _is_probe(row: Import, used: Set[str]) -> bool:
    bound = {bound for _, bound in row.names} or {row.alias or row.module.partition(".")[0]}
    return bool(row.where & GUARDED) and "*" not in bound and used.isdisjoint(bound)
