"""What a tree owes and how much of it could be read, counted file by file as files come and go."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, NamedTuple

from scanner.engine.baseline import AREAS, Counts, Obligations
from scanner.engine.coverage import Coverage, Share
from scanner.engine.violation import Scope

Reading = Literal["analysed", "unparsable", "skipped"]
SCORED: frozenset[Scope] = frozenset({"production", "tests", "scripts"})


class Entry(NamedTuple):
    """What one Python file adds, all of it once. `names` are its classes and registered functions, `symbols` the
    (path, name) of what it imports, `shared` the number of its factory-like functions and stateful classes,
    `conforming` the registered symbols it imports as it should."""

    scope: Scope
    service: str
    reading: Reading
    names: tuple[str, ...] = ()
    symbols: tuple[tuple[str, str], ...] = ()
    shared: int = 0
    conforming: tuple[str, ...] = ()

    def holds(self, area: str) -> bool:
        """Whether the file has an obligation of the area."""
        return bool({"definitions": self.names, "imports": self.symbols, "isolation": self.shared}.get(area, True))


class Ledger:
    """The sums over the entries of all Python files."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._readings: Counter[tuple[Scope, Reading]] = Counter()
        self._areas: Counter[tuple[str, Reading]] = Counter()
        self._owed: Counter[tuple[str, str]] = Counter()  # (service, area) → obligations; service "" is the whole tree
        self._modules: Counter[str] = Counter()
        self._named: Counter[tuple[str, str]] = Counter()
        self._imported: Counter[tuple[str, tuple[str, str]]] = Counter()
        self._conforming: Counter[str] = Counter()

    def set(self, path: str, entry: Entry | None) -> None:
        """Replace what a file adds; None when the file is gone."""
        before = self._entries.pop(path, None)
        if before is not None:
            self._count(before, -1)
        if entry is not None:
            self._entries[path] = entry
            self._count(entry, 1)

    def _count(self, entry: Entry, by: int) -> None:
        self._readings[entry.scope, entry.reading] += by
        if entry.scope != "production" or entry.reading == "skipped":
            return
        for area in AREAS:
            if entry.holds(area) or entry.reading == "unparsable":
                self._areas[area, entry.reading] += by
        for service in (entry.service, ""):
            self._modules[service] += by
            self._owed[service, "structure"] += by
            self._owed[service, "isolation"] += by * entry.shared
        for name in entry.names:
            # One name in two services is two obligations, so the whole tree sums over services.
            step = _distinct(self._named, (entry.service, name), by)
            self._owed[entry.service, "definitions"] += step
            self._owed["", "definitions"] += step
        for symbol in entry.symbols:
            self._owed[entry.service, "imports"] += _distinct(self._imported, (entry.service, symbol), by)
            self._owed["", "imports"] += _distinct(self._imported, ("", symbol), by)
        for registered in entry.conforming:
            self._conforming[registered] += by

    def conforming(self, symbol: str) -> int:
        """Return the number of files that import a registered symbol as they should."""
        return self._conforming[symbol]

    def obligations(self, registered: dict[str, int]) -> Obligations:
        """Return the raw counts; `registered` are the conforming sites of the registered symbols."""
        services = {service for service, modules in self._modules.items() if service and modules}
        return Obligations(self._counts(""), {name: self._counts(name) for name in sorted(services)}, registered)

    def _counts(self, service: str) -> Counts:
        return Counts(self._modules[service], {area: self._owed[service, area] for area in AREAS})

    @property
    def coverage(self) -> Coverage:
        """What could be read."""
        totals: Counter[Reading] = Counter()
        for (_, reading), files in self._readings.items():
            totals[reading] += files
        return Coverage(
            python=totals.total(),
            analysed=totals["analysed"],
            unparsable=totals["unparsable"],
            skipped=totals["skipped"],
            scored=self._share(SCORED),
            production=self._share(frozenset({"production"})),
            areas={area: _share(self._areas[area, "analysed"], self._areas[area, "unparsable"]) for area in AREAS},
        )

    def _share(self, scopes: frozenset[Scope]) -> Share:
        return _share(*(sum(self._readings[scope, reading] for scope in scopes) for reading in _READ))


_READ: tuple[Reading, Reading] = ("analysed", "unparsable")


def _share(analysed: int, unparsable: int) -> Share:
    return Share(analysed, analysed + unparsable)


def _distinct(counter: Counter[Any], key: object, by: int) -> int:
    """Count a key; return by how much the number of distinct keys changed."""
    counter[key] += by
    if not counter[key]:
        del counter[key]
        return -1
    return 1 if by > 0 and counter[key] == by else 0
