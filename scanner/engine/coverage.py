"""How much of a tree could be read: it stands beside every number and says whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

ENOUGH = Fraction(99, 100)
VANISHED = Fraction(20, 100)


class Share(NamedTuple):
    """Files of some kind, and how many of them were analysed."""

    analysed: int
    files: int

    @property
    def enough(self) -> bool:
        """Whether at least 99 % of the files were analysed; no files are enough."""
        return self.analysed >= ENOUGH * self.files

    @property
    def percent(self) -> float:
        """The share in percent, 100 when there are no files."""
        return float(Fraction(100 * self.analysed, self.files)) if self.files else 100.0


_NONE = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The files of one tree: python = analysed + unparsable (all five failures) + skipped (links).

    `scored` are the production, test and script files, `production` the production files alone. `areas` holds for each
    area the production files with an obligation of it; one that cannot be read might hold any, so it counts in every
    area as a file that was not analysed.
    """

    python: int = 0
    analysed: int = 0
    unparsable: int = 0
    skipped: int = 0
    scored: Share = _NONE
    production: Share = _NONE
    areas: Mapping[str, Share] = field(default_factory=dict)

    def enough(self, area: str) -> bool:
        """Whether an area's number can be believed: 99 % of all scored files and of the area's own."""
        return self.scored.enough and self.areas.get(area, self.production).enough


def missing_since(awaited: int | None, before: int, now: int) -> int | None:
    """Return the number of production files to wait for, or None while nothing is missing.

    When more than 20 % of the production files vanish in one commit, the score is inconclusive for as long as more than
    20 % of them are missing. `awaited` is what this function returned for the commit before; `before` and `now` are
    numbers of production files.
    """
    if awaited is None:
        awaited = before
    return awaited if before and now < awaited * (1 - VANISHED) else None
