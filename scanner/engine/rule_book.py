"""Every rule on one page, docs/rules.md, from what the rules say themselves and how findings of them were judged.

`python -m scanner.engine.rule_book tests/calibration/judged*.csv` prints it.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import wrap

from scanner.engine.documentation import Block, RulePage, everything
from scanner.engine.score import AREA_WEIGHTS

WIDTH = 120
_HEAD = """\
# Rules

What counts as a violation of the single source of truth, what each rule looks for, and what it must not flag. This page
is made from the rules' own documentation (`scanner/engine/rules/`, one file each); a test fails when it is not the
newest. Severities weigh critical 8, high 4, medium 2, low 1, info 0; findings in tests and scripts count a quarter, in
archives and generated code nothing. A rule that is *announced* is shown and does not count yet.

*Judged* says how many of the findings that were drawn at random from real repositories and read one by one were right;
the tables `tests/calibration/judged*.csv` hold each of them with the reason.
"""


class Judged:
    """How findings were judged, by rule."""

    def __init__(self, rows: Iterable[tuple[str, str]] = ()) -> None:
        """`rows` are (rule, verdict); what is not "true" is a false alarm."""
        self._right: Counter[str] = Counter()
        self._all: Counter[str] = Counter()
        for rule, verdict in rows:
            self._all[rule] += 1
            self._right[rule] += verdict == "true"

    @classmethod
    def read(cls, paths: Iterable[Path]) -> Judged:
        """Read tables that have the columns rule and verdict."""
        return cls(row for path in paths for row in _verdicts(path))

    def words(self, rule: str) -> str:
        """Return "19 of 20", or a dash for a rule of which nothing was judged."""
        return f"{self._right[rule]} of {self._all[rule]}" if self._all[rule] else "–"


def _verdicts(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from ((row["rule"], row["verdict"]) for row in csv.DictReader(file))


def published(judged: Judged) -> str:
    """Return docs/rules.md."""
    pages = sorted(everything(), key=lambda page: ([*AREA_WEIGHTS, page.area].index(page.area), page.name))
    lines = [_HEAD, "| rule | area | severity | judged |", "|---|---|---|---|"]
    lines += [
        f"| [{page.name}](#{page.name}) | {page.area} | {_severity(page)} | {judged.words(page.name)} |"
        for page in pages
    ]
    for page in pages:
        lines += ["", *_section(page)]
    return "\n".join(lines) + "\n"


def _severity(page: RulePage) -> str:
    return f"{page.severity}, announced" if page.announced else page.severity


def _section(page: RulePage) -> Iterator[str]:
    yield f"## {page.name}"
    for part in page.parts:
        if part.title:
            yield from ("", f"### {part.title}")
        for block in part.blocks:
            yield ""
            yield from _lines(block)


def _lines(block: Block) -> Iterator[str]:
    if block.code:
        yield from ("```python", *block.text.splitlines(), "```")
    for row in block.rows:
        yield from _wrapped(row, "- ")
    if not block.code:
        yield from _wrapped(block.text, "")


def _wrapped(text: str, bullet: str) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    sys.stdout.write(published(Judged.read(map(Path, sys.argv[1:]))))
