"""What a tree owes: the obligations counted at a commit, and D, which is pinned at the baseline for an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AREAS = ("definitions", "imports", "isolation", "structure")
LEAST = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """Raw counts of production code: modules, and obligations by area (an absent area has none).

    definitions: distinct module-level class names, plus registered functions; imports: distinct repository symbols
    imported across modules; isolation: factory-like functions and stateful classes; structure: modules.
    """

    modules: int = 0
    areas: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Obligations:
    """One tree's raw counts. `symbols` holds, for each registered symbol that is defined at its canonical module, its
    conforming sites: the definition and the imports from the canonical module or a declared public one."""

    total: Counts = Counts()
    services: Mapping[str, Counts] = field(default_factory=dict)
    symbols: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pinned:
    """D by area, by service and area, and by registered symbol; None = not measured for the whole epoch."""

    areas: Mapping[str, int | None]
    services: Mapping[str, Mapping[str, int | None]]
    symbols: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        services = {name: dict(areas) for name, areas in self.services.items()}
        return {"areas": dict(self.areas), "services": services, "symbols": dict(self.symbols)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pinned:
        """Return what `to_json` stored."""
        return cls(data["areas"], data["services"], data["symbols"])


def pin(obligations: Obligations) -> Pinned:
    """Return the D of every score: max(20, production modules, the area's obligations).

    An area with no obligation, or without any production module, is not measured.
    """
    return Pinned(
        areas=_pin(obligations.total),
        services={name: _pin(counts) for name, counts in sorted(obligations.services.items())},
        symbols={name: max(LEAST, sites) for name, sites in sorted(obligations.symbols.items())},
    )


def own(counts: Counts) -> dict[str, int]:
    """Return a commit's own D by area, measured or not: what the pinned one is compared with."""
    return {area: max(LEAST, counts.modules, counts.areas.get(area, 0)) for area in AREAS}


def comparable(pinned: Pinned, counts: Counts) -> bool:
    """Whether a commit's score may be drawn: it has production modules, and each measured area's own D lies within
    ½ to 2 times the pinned one. Elsewhere the debt V is drawn."""
    mine = own(counts)
    measured = ((mine[area], d) for area, d in pinned.areas.items() if d is not None)
    return counts.modules > 0 and all(d <= 2 * mine_d and mine_d <= 2 * d for mine_d, d in measured)


def _pin(counts: Counts) -> dict[str, int | None]:
    return {
        area: max(LEAST, counts.modules, counts.areas[area]) if counts.modules and counts.areas.get(area) else None
        for area in AREAS
    }
