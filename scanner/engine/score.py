"""Open violations and a pinned baseline → score(area) = 100 · D / (D + V), in exact arithmetic.

V sums severity weight × scope factor over open violations. The factors are quarters, so V is kept in whole
quarters and every share of the score is an exact fraction; floats appear only where a number leaves the engine.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, Protocol

from scanner.engine.baseline import AREAS, Pinned
from scanner.engine.coverage import Coverage
from scanner.engine.violation import Scope, Severity

AREA_WEIGHTS: dict[str, int] = {"definitions": 3, "imports": 3, "isolation": 3, "structure": 1}
SEVERITY_WEIGHTS: dict[Severity, int] = {"critical": 8, "high": 4, "medium": 2, "low": 1, "info": 0}
SCOPE_QUARTERS: dict[Scope, int] = {"production": 4, "tests": 1, "scripts": 1, "archive": 0, "generated": 0}
EVERY_AREA = "unparsable-file"


class TallyKey(NamedTuple):
    """What violations are counted by."""

    service: str
    rule: str
    severity: Severity
    scope: Scope


class TallyRow(NamedTuple):
    """Violations of one key at one commit: open after it, introduced and fixed by it."""

    open: int
    introduced: int
    fixed: int


class Weighable(Protocol):
    """What a violation has that the score asks for."""

    @property
    def service(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def scope(self) -> Scope: ...
    @property
    def symbol(self) -> str: ...


def key_of(violation: Weighable) -> TallyKey:
    """Return the key under which a violation is counted."""
    return TallyKey(violation.service, violation.rule, violation.severity, violation.scope)


def quarters(severity: Severity, scope: Scope) -> int:
    """Return the weight of one violation in quarters of a point of debt; 0 is shown but never scored."""
    return SEVERITY_WEIGHTS[severity] * SCOPE_QUARTERS[scope]


def areas_of(rule: str, areas: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the areas a rule counts in: its own, none when it is never scored, all for a file nobody can read."""
    if rule == EVERY_AREA:
        return AREAS
    area = areas.get(rule)
    return (area,) if area else ()


@dataclass(slots=True)
class Debts:
    """The weighted debt V in quarters, kept up to date by adding and taking away violations.

    `rules` maps a rule's name to its area. `symbols` counts by the symbol a violation is about.
    """

    rules: Mapping[str, str | None]
    areas: Counter[str] = field(default_factory=Counter)
    services: dict[str, Counter[str]] = field(default_factory=dict)
    symbols: Counter[str] = field(default_factory=Counter)

    def add(self, violation: Weighable, times: int = 1) -> None:
        """Count a violation; `times=-1` takes it away again."""
        self.add_key(key_of(violation), times)
        if areas_of(violation.rule, self.rules):
            self.symbols[violation.symbol] += times * quarters(violation.severity, violation.scope)

    def add_key(self, key: TallyKey, times: int = 1) -> None:
        """Count `times` violations of one key; a key says nothing about symbols."""
        weight = times * quarters(key.severity, key.scope)
        if not weight:
            return
        for area in areas_of(key.rule, self.rules):
            self.areas[area] += weight
            self.services.setdefault(key.service, Counter())[area] += weight

    @property
    def total(self) -> Fraction:
        """The repository's weighted debt: the sum over its areas, a file nobody can read counting in each."""
        return Fraction(self.areas.total(), 4)


def debts_of(violations: Iterable[Weighable], rules: Mapping[str, str | None]) -> Debts:
    """Return the debts of open violations; `rules` maps a rule's name to its area."""
    debts = Debts(rules)
    for violation in violations:
        debts.add(violation)
    return debts


@dataclass(frozen=True, slots=True)
class AreaScore:
    """One fraction: `d` is None when the area was not measured at the baseline; `v` is the debt."""

    d: int | None
    v: Fraction
    inconclusive: bool = False

    @property
    def exact(self) -> Fraction | None:
        """100 · D / (D + V), or None when not measured."""
        return None if self.d is None else 100 * self.d / (self.d + self.v)

    @property
    def value(self) -> float | None:
        """The score from 0 (never reached) to 100 (no scored violation), or None when not measured."""
        return _float(self.exact)


@dataclass(frozen=True, slots=True)
class ServiceScore:
    """The weighted mean of a service's areas, as the repository's is of its own."""

    areas: Mapping[str, AreaScore]

    @property
    def exact(self) -> Fraction | None:
        """The weighted mean of the measured areas, or None when there is none."""
        weight = measured_weight(self.areas)
        parts = ((AREA_WEIGHTS[name], area.exact) for name, area in self.areas.items())
        return (
            sum((part * exact for part, exact in parts if exact is not None), Fraction(0)) / weight if weight else None
        )

    @property
    def value(self) -> float | None:
        """The score from 0 to 100, or None when nothing was measured."""
        return _float(self.exact)

    @property
    def inconclusive(self) -> bool:
        """Whether too little of a measured area's files could be read."""
        return any(area.inconclusive for area in self.areas.values() if area.d is not None)


@dataclass(frozen=True, slots=True)
class Score(ServiceScore):
    """A commit's score in an epoch. `missing`: over a fifth of the production files vanished and are not back."""

    services: Mapping[str, ServiceScore] = field(default_factory=dict)
    symbols: Mapping[str, AreaScore] = field(default_factory=dict)
    rules: Mapping[str, str | None] = field(default_factory=dict)
    missing: bool = False
    unread: bool = False
    _shares: dict[TallyKey, Fraction] = field(default_factory=dict, compare=False, repr=False)

    @property
    def inconclusive(self) -> bool:
        """Whether the number must not be believed yet: too much unread, or too much vanished at once."""
        return (
            self.missing or self.unread or any(area.inconclusive for area in self.areas.values() if area.d is not None)
        )

    @property
    def debt(self) -> Fraction:
        """The weighted debt V, summed over all areas, measured or not."""
        return sum((area.v for area in self.areas.values()), Fraction(0))

    def share(self, key: TallyKey) -> Fraction:
        """Return what one open violation of this key takes off the score.

        The shares of all open violations sum to 100 − score exactly.
        """
        if key not in self._shares:
            self._shares[key] = self._share(key)
        return self._shares[key]

    def _share(self, key: TallyKey) -> Fraction:
        weight = measured_weight(self.areas)
        share = Fraction(0)
        for name in areas_of(key.rule, self.rules):
            area = self.areas[name]
            if area.d is not None:
                lost = Fraction(100 * quarters(key.severity, key.scope), 4) / (area.d + area.v)
                share += lost * AREA_WEIGHTS[name] / weight
        return share


def score(debts: Debts, pinned: Pinned, coverage: Coverage, *, missing: bool = False) -> Score:
    """Return the score of the commit with these debts and this coverage, under the epoch's pinned D."""
    unsure = {area: not coverage.enough(area) for area in AREAS}
    services = pinned.services.keys() | debts.services.keys()
    no_debt: Counter[str] = Counter()
    nothing: Mapping[str, int | None] = {}
    return Score(
        areas=_areas(pinned.areas, debts.areas, unsure),
        services={
            name: ServiceScore(_areas(pinned.services.get(name, nothing), debts.services.get(name, no_debt), unsure))
            for name in sorted(services)
        },
        symbols={
            name: AreaScore(d, Fraction(debts.symbols[name], 4), any(unsure.values()))
            for name, d in sorted(pinned.symbols.items())
        },
        rules=debts.rules,
        missing=missing,
        unread=not coverage.scored.enough,
    )


def measured_weight(areas: Mapping[str, AreaScore]) -> int:
    """Return the sum of the weights of the measured areas."""
    return sum(AREA_WEIGHTS[name] for name, area in areas.items() if area.d is not None)


def epoch_of(ruleset: str, config_digest: str, baseline: str) -> str:
    """Return the name of the epoch in which scores may be compared: rule set, configuration and baseline commit."""
    return hashlib.blake2b("\0".join((ruleset, config_digest, baseline)).encode(), digest_size=8).hexdigest()


def decimals(delta: float) -> int:
    """Return with how many decimals a number is shown: two, and as many as its delta needs to be seen."""
    places = 2
    while delta and places < 12 and float(f"{delta:.{places}f}") == 0:
        places += 1
    return places


def shown(value: float, delta: float = 0.0) -> str:
    """Return a score as text: never "100.00" while something is open, nor "0.00"."""
    places = max(decimals(delta), decimals(100 - value), decimals(value))
    return f"{value:.{places}f}"


def _areas(d: Mapping[str, int | None], v: Mapping[str, int], unsure: Mapping[str, bool]) -> dict[str, AreaScore]:
    return {area: _area(d.get(area), v.get(area, 0), unsure[area]) for area in AREAS}


@lru_cache(4_096)  # from commit to commit, nearly all are what they were
def _area(d: int | None, quarters: int, unsure: bool) -> AreaScore:
    return AreaScore(d, Fraction(quarters, 4), unsure)


def _float(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)
