"""Every hostile file has exactly one named outcome, kills nobody, and leaves the next file right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scanner.engine.codec import decode
from scanner.engine.facts import Facts
from scanner.engine.parser_pool import ParserPool
from tests.hostile.sources import SOURCES, Source

INNOCENT = b"import os\n\n\nclass Innocent:\n    pass\n"


def _woven() -> Iterator[tuple[str, bytes]]:
    for number, source in enumerate(SOURCES):
        yield source.name, source.content
        yield f"innocent {number}", INNOCENT


@pytest.fixture(scope="module")
def facts() -> dict[str, list[Facts]]:
    found: dict[str, list[Facts]] = {}
    with ParserPool(1) as pool:
        for name, data in pool.extract(_woven()):
            found.setdefault(name, []).append(decode(data))
    return found


def test_names_are_unique() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES) >= 100


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_outcome(source: Source, facts: dict[str, list[Facts]]) -> None:
    [told] = facts[source.name]
    assert told.outcome in source.expected.outcomes, told.detail
    assert bool(told.detail) == (told.outcome != "ok")


@pytest.mark.parametrize("number", range(len(SOURCES)), ids=lambda number: f"after {SOURCES[number].name}")
def test_the_next_file_is_right(number: int, facts: dict[str, list[Facts]]) -> None:
    [told] = facts[f"innocent {number}"]
    assert told.outcome == "ok"
    assert [(row.name, row.line) for row in told.definitions] == [("Innocent", 4)]
    assert [row.module for row in told.imports] == ["os"]


def test_all_are_answered(facts: dict[str, list[Facts]]) -> None:
    assert set(facts) == {name for name, _ in _woven()}
