"""Keyset paging: a page begins after a row, so its cost does not grow with how far one has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`after` names the last row; it is empty on the last page.

    `lost`: the row this page was to follow is gone, so nobody can say what follows it.
    """

    rows: list[Row]
    after: str = ""
    lost: bool = False


def page_of(rows: QuerySet[Row], order: Sequence[str], after: str, size: int) -> Page[Row]:
    """Return the `size` rows that follow the row whose id is `after`; all of them from the start when there is none.

    `order` are field names, "-" for descending; the last must be unique.
    """
    fields = [name.removeprefix("-") for name in order]
    if after:
        last = rows.order_by().filter(pk=after).values(*fields).first() if after.isdecimal() else None
        if last is None:
            return Page([], lost=True)
        rows = rows.filter(_beyond(order, last))
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Page(found, str(found[-1].pk) if more else "")


def _beyond(order: Sequence[str], last: dict[str, Any]) -> Q:
    beyond, equal = Q(), Q()
    for name in order:
        field = name.removeprefix("-")
        step = Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": last[field]})
        beyond |= equal & step
        equal &= Q(**{field: last[field]})
    return beyond
