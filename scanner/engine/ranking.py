"""Which of several definitions to propose as the canonical one: decided once, at an epoch's baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Ranking:
    """How many modules imported each symbol at the baseline: symbol → path of its definition → modules."""

    importers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Mapping[tuple[str, str], int], names: Set[str]) -> Ranking:
        """Return the ranking of the symbols with these names, by how many modules import each (path, name)."""
        importers: dict[str, dict[str, int]] = {}
        for (path, name), count in counts.items():
            if count and name in names:
                importers.setdefault(name, {})[path] = count
        return cls(importers)

    def importers_of(self, symbol: str, path: str) -> int:
        """Return how many modules imported a file's definition of a symbol at the baseline."""
        return self.importers.get(symbol, {}).get(path, 0)

    def best(self, symbol: str, paths: Iterable[str]) -> str:
        """Return the path most imported at the baseline; else the shortest; else the first in the alphabet."""
        return self.sorted(symbol, paths)[0]

    def sorted(self, symbol: str, paths: Iterable[str]) -> list[str]:
        """Return the paths of a symbol's definitions, the best first."""
        counts = self.importers.get(symbol, {})
        return sorted(paths, key=lambda path: (-counts.get(path, 0), len(path), path))

    def to_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {symbol: dict(counts) for symbol, counts in self.importers.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ranking:
        """Return what `to_json` stored."""
        return cls(data)
