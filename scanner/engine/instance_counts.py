"""How many instances of which class the files of a tree make."""

from __future__ import annotations

from collections import Counter

from scanner.engine.sources import Symbol

_NONE: Counter[Symbol] = Counter()


class Instances(dict[Symbol, Counter[str]]):
    """Class → files → instances that each makes; no zeros."""

    def __init__(self) -> None:
        self._by_file: dict[str, Counter[Symbol]] = {}

    def replace(self, path: str, after: Counter[Symbol]) -> set[Symbol]:
        """Take what a file made out and what it makes in; return the classes of which it makes more or fewer."""
        before = self._by_file.pop(path, _NONE)
        if after:
            self._by_file[path] = after
        changed = {made for made in before.keys() | after.keys() if before[made] != after[made]}
        for made in changed:
            files = self.setdefault(made, Counter())
            files[path] = after[made]
            if not after[made]:
                del files[path]
            if not files:
                del self[made]
        return changed
