"""What came of a run, as Markdown."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

# A request under way when a server goes, and the first one after it came back: the pool's connections are looked at.
MARGIN = 0.3  # seconds
OPTIONS = ("rev", "seed", "kills", "postgres", "broker", "others", "commits", "pause")


@dataclass
class Seen:
    """What the reader saw."""

    whole: int = 0
    wrong: list[str] = field(default_factory=list)
    interrupted: int = 0
    pages: int = 0
    failed_in_outage: int = 0
    failed: list[str] = field(default_factory=list)


def seen(
    lines: Iterable[dict[str, Any]], outages: Sequence[tuple[float, float]], forgotten: Sequence[tuple[float, float]]
) -> Seen:
    """Sort what the reader said; a page may fail only while a server is away, and its repository may be gone only where
    the run began anew."""
    found = Seen()
    for line in lines:
        what = line["what"]
        if what == "whole":
            found.whole += 1
        elif what == "wrong":
            found.wrong.append(f"{line}")
        elif what == "interrupted":
            found.interrupted += 1
        elif line["status"] == 200:
            found.pages += 1
        elif line["status"] == 404 and _within(line, forgotten):
            continue
        elif _within(line, outages):
            found.failed_in_outage += 1
        else:
            found.failed.append(f"{line}")
    return found


def _within(line: dict[str, Any], spans: Iterable[tuple[float, float]]) -> bool:
    return any(line["began"] < end + MARGIN and line["at"] > start - MARGIN for start, end in spans)


@dataclass
class Report:
    """Figures of both runs."""

    options: argparse.Namespace
    tips: dict[str, str]
    undisturbed_seconds: float = 0.0
    disturbed_seconds: float = 0.0
    rounds: int = 0
    differences: list[str] = field(default_factory=list)
    struck: list[tuple[float, str, str, str]] = field(default_factory=list)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)

    @property
    def good(self) -> bool:
        return not self.differences and not self.seen.wrong and not self.seen.failed

    def text(self) -> str:
        options = vars(self.options)
        given = " ".join(f"--{name} {options[name]}" for name in OPTIONS if options[name] is not None)
        path, source = ("PATH ", "a real repository") if options["path"] else ("", "a made-up history")
        lines = [
            "# A backfill under fire", "",
            f"`python -m tests.faults {path}{given}` on {source}, {time.strftime('%Y-%m-%d', time.gmtime())}.", "",
            f"Undisturbed: {self.undisturbed_seconds:.0f} s. Under fire: {self.disturbed_seconds:.0f} s for"
            f" {self.rounds} times the same, {len(self.struck)} faults.", "",
            *self._faults(), "", *self._comparison(), "", *self._views(),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def _faults(self) -> list[str]:
        counts = Counter((part, way) for _, part, way, _ in self.struck)
        during: dict[tuple[str, str], Counter[str]] = {}
        for _, part, way, state in self.struck:
            during.setdefault((part, way), Counter())[state] += 1
        rows = [
            f"| {part} | {way} | {count} | {_times(during[part, way])} |"
            for (part, way), count in sorted(counts.items())
        ]
        return ["| part | how | times | while |", "|---|---|---|---|", *rows]

    def _comparison(self) -> list[str]:
        kinds = [kind for kind in next(iter(self.rows.values()), {}) if kind != "left over"]
        rows = [f"| {stage} | {' | '.join(f'{rows[kind]:,}' for kind in kinds)} |" for stage, rows in self.rows.items()]
        verdict = "0 lost, 0 doubled" if not self.differences else "\n".join(f"- {one}" for one in self.differences)
        return [
            f"Rows compared after each stage, every column, as sets: **{verdict}**.", "",
            f"| after the | {' | '.join(kinds)} |", f"|---|{'---|' * len(kinds)}", *rows,
        ]  # fmt: skip

    def _views(self) -> list[str]:
        found = self.seen
        return [
            f"Somebody who looked all the time: {found.whole} views of an epoch, each in a transaction of its own,"
            f" **{len(found.wrong)} partly visible**; {found.interrupted} broken off by a restart. {found.pages} pages"
            f" answered, {found.failed_in_outage} failed while a server was away, **{len(found.failed)} at another"
            " time**.",
            *(f"- {one}" for one in [*found.wrong, *found.failed][:40]),
        ]  # fmt: skip


def _times(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
