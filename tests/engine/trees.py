"""Trees written down in tests: one string, several files, and what a rule is to say about them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cache
from textwrap import dedent

from scanner.engine.config import Config
from scanner.engine.extract import extract
from scanner.engine.facts import Facts
from scanner.engine.git import Change
from scanner.engine.ranking import Ranking
from scanner.engine.snapshot import Snapshot

_FILE = re.compile(r"^## (\S+)\n", re.MULTILINE)
_EXPECTED = re.compile(r"#: (critical|high|medium|low)")
_contents: dict[str, bytes] = {}


def files(text: str) -> dict[str, str]:
    """Read `## path` followed by that file's lines, any number of times."""
    parts = _FILE.split(dedent(text).lstrip("\n"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def expected(tree: Mapping[str, str]) -> set[tuple[str, int, str]]:
    """Return (path, line, severity) of the lines that end in `#: severity`."""
    return {
        (path, number, found[1])
        for path, content in tree.items()
        for number, line in enumerate(content.splitlines(), 1)
        if (found := _EXPECTED.search(line))
    }


def blob(content: str) -> str:
    """Return the id under which `facts_of` knows a content."""
    sha = hashlib.sha1(content.encode()).hexdigest()
    _contents[sha] = content.encode()
    return sha


@cache
def _facts(sha: str) -> Facts:
    return extract(_contents[sha])


def facts_of(shas: Collection[str]) -> Iterator[tuple[str, Facts]]:
    """Yield facts of the contents that were given to `blob`."""
    return ((sha, _facts(sha)) for sha in shas)


def snapshot(
    text: str | Mapping[str, str],
    config: Config | None = None,
    ranking: Ranking | None = None,
    day: date = date.min,
) -> Snapshot:
    """Return the snapshot of a tree committed on a day."""
    tree = files(text) if isinstance(text, str) else text
    made = Snapshot(config or Config(roots=("",)), facts_of, ranking)
    made.apply([Change(path, None, blob(content)) for path, content in tree.items()], day=day)
    return made


def found(
    rule: str, text: str | Mapping[str, str], config: Config | None = None, day: date = date.min
) -> set[tuple[str, int, str]]:
    """Return (path, line, severity) of what a rule reports."""
    violations = snapshot(text, config, day=day).violations.values()
    return {(v.path, v.line, v.severity) for v in violations if v.rule == rule}
