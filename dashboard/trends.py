"""Tallies and standings → points of a line. Pure: the queries are the models'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.words import visible
from scanner.models import Tally

# Noise must look flat: a sparkline never spans fewer points of score than this.
LEAST_SPAN = 7.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The geometry of a small line in a box of WIDTH × HEIGHT; `pieces` are broken where no score is comparable."""

    WIDTH = 150
    HEIGHT = 36

    pieces: tuple[str, ...]  # SVG path data
    end: tuple[float, float] | None
    first: float | None
    last: float | None


def sparkline(scores: Sequence[float | None]) -> Sparkline:
    """Draw scores, oldest first and evenly spaced, scaled to their own span."""
    known = [score for score in scores if score is not None]
    if not known:
        return Sparkline((), None, None, None)
    middle = (max(known) + min(known)) / 2
    scale = max(max(known) - min(known), LEAST_SPAN)
    step = (Sparkline.WIDTH - 8) / max(len(scores) - 1, 1)

    def place(index: int, score: float) -> tuple[float, float]:
        return round(2 + index * step, 1), round(Sparkline.HEIGHT / 2 - 2 - (score - middle) / scale * 26, 1)

    pieces: list[list[str]] = [[]]
    end = None
    for index, score in enumerate(scores):
        if score is None:
            pieces.append([])
            continue
        end = place(index, score)
        pieces[-1].append(f"{end[0]} {end[1]}")
    paths = tuple("M" + " L".join(piece) for piece in pieces if len(piece) > 1)
    return Sparkline(paths, end, known[0], known[-1])


@dataclass(frozen=True, slots=True)
class Movement:
    """How many are open under a name now, and by how many that differs from earlier; None when there is no earlier."""

    name: str
    open: int
    moved: int | None


def movements(field: str, now: Iterable[Tally], before: Iterable[Tally] | None) -> list[Movement]:
    """Sum tallies by one of their key's fields, most open first."""
    counts, earlier = _sums(field, now), _sums(field, before or ())
    names = {name for name in (*counts, *earlier) if counts.get(name) or earlier.get(name)}
    return [
        Movement(name, counts.get(name, 0), counts.get(name, 0) - earlier.get(name, 0) if before is not None else None)
        for name in sorted(names, key=lambda name: (-counts.get(name, 0), name))
    ]


def _sums(field: str, tallies: Iterable[Tally]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for row in tallies:
        sums[getattr(row, field)] += row.open
    return sums


def columns(
    standings: Sequence[tuple[int, float | None, int, int, int]],
    commits: Mapping[int, tuple[str, str, datetime]],
) -> dict[str, Any]:
    """Return the chart's data column by column; an author is a number into `authors`, a commit 12 digits of its sha."""
    authors: dict[str, int] = {}
    rows = [(*row, *commits[row[0]]) for row in standings if row[0] in commits]
    for *_, author, _ in rows:
        authors.setdefault(author, len(authors))
    return {
        "seq": [row[0] for row in rows],
        "score": [row[1] for row in rows],
        "open": [row[2] for row in rows],
        "introduced": [row[3] for row in rows],
        "fixed": [row[4] for row in rows],
        "sha": [row[5][:12] for row in rows],
        "author": [authors[row[6]] for row in rows],
        "at": [int(row[7].timestamp()) for row in rows],
        "authors": [visible(author) for author in authors],
    }


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Where a violation was open along the tracked commits, in a box WIDTH wide: (x, width, still open)."""

    WIDTH = 1000

    spans: tuple[tuple[float, float, bool], ...]


def lifetime(lives: Sequence[tuple[int, int | None]], head: int) -> Lifetime:
    """Lay lifetimes [introduced, fixed) over the commits 1 to `head`. Every one is wide enough to be seen."""
    step = Lifetime.WIDTH / max(head, 1)
    spans = []
    for introduced, fixed in lives:
        start = (introduced - 1) * step
        width = max(((fixed or head + 1) - introduced) * step, 3)
        spans.append((round(min(start, Lifetime.WIDTH - width), 1), round(width, 1), fixed is None))
    return Lifetime(tuple(spans))
