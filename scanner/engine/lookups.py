"""What rules ask of one file again and again, looked up once: its waivers by line, its bodies by digest and by name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from operator import attrgetter

from scanner.engine.bodies import copyable
from scanner.engine.facts import Allowance, Copyable, grouped
from scanner.engine.violation import Waiver
from scanner.engine.world import File, World

Rows = Sequence[Copyable]


class Lookups:
    """Good for the files as they are now: whoever changes one begins with new ones."""

    def __init__(self, files: Mapping[str, File]) -> None:
        self._files = files
        self._waivers: dict[tuple[str, str], Waivers] = {}
        self._bodies: dict[str, dict[str, list[Copyable]]] = {}
        self._names: dict[str, dict[str, list[Copyable]]] = {}
        self._numbers: dict[str, dict[Copyable, int]] = {}

    def waiver(self, rule: str, path: str, line: int) -> Waiver | None:
        """Return the waiver of the code that covers a line, of several the one that holds longest."""
        file = self._files[path]
        if file.facts is None or not file.facts.allowances:
            return None
        if (rule, path) not in self._waivers:
            self._waivers[rule, path] = Waivers(row for row in file.facts.allowances if row.rule == rule)
        return self._waivers[rule, path].at(line)

    def with_body(self, path: str, body: str) -> Rows:
        """Return what has that body in a production file, in the order of lines."""
        if path not in self._bodies:
            self._bodies[path] = grouped(copyable(self._files.get(path)), attrgetter("body"))
        return self._bodies[path].get(body, ())

    def named(self, path: str, name: str) -> Rows:
        """Return what has that qualified name, and a body large enough, in a production file."""
        if path not in self._names:
            self._names[path] = grouped(copyable(self._files.get(path)), attrgetter("name"))
        return self._names[path].get(name, ())

    def number(self, path: str, row: Copyable) -> int:
        """Return the place, from 0, of a row among those of its name in its file."""
        if path not in self._numbers:
            self.named(path, row.name)
            numbers = self._numbers[path] = {}
            for rows in self._names[path].values():
                for number, one in enumerate(rows):
                    numbers.setdefault(one, number)
        return self._numbers[path][row]


def lookups(world: World) -> Lookups:
    """Return what rules have looked up in the tree as it is."""
    return world.once(Lookups, lambda: Lookups(world.files))


class Waivers:
    """The waivers of one rule in one file. What holds is told by the lines at which that changes."""

    def __init__(self, rows: Iterable[Allowance]) -> None:
        valid = [row for row in rows if row.until and row.reason]
        ranked = sorted({Waiver(row.until, row.reason) for row in valid}, reverse=True)
        rank = {waiver: place for place, waiver in enumerate(ranked)}
        coming = sorted(((row.first, row.last, rank[Waiver(row.until, row.reason)]) for row in valid), reverse=True)
        self._lines = sorted({line for first, last, _ in coming for line in (first, last + 1)})
        self._holding: list[Waiver | None] = []
        open_now: list[tuple[int, int]] = []  # (rank, last line), the best on top
        for line in self._lines:
            while coming and coming[-1][0] <= line:
                _, last, place = coming.pop()
                heappush(open_now, (place, last))
            while open_now and open_now[0][1] < line:
                heappop(open_now)
            self._holding.append(ranked[open_now[0][0]] if open_now else None)

    def at(self, line: int) -> Waiver | None:
        """Return the waiver that holds longest of those that cover a line."""
        place = bisect_right(self._lines, line)
        return self._holding[place - 1] if place else None
