"""Twice as large a file takes twice the work and twice the room, whatever it is full of."""

from __future__ import annotations

import pytest

from scanner.engine.codec import MAX_PACKED_BYTES, decode, encode, pack
from scanner.engine.extract import extract
from scanner.engine.facts import Facts
from tests.hostile.counting import counted
from tests.hostile.shapes import SHAPES

SIZE = 400


def _cost(source: bytes) -> tuple[int, int]:
    """Return the lines run to extract the facts, and the size of these."""
    with counted() as steps:
        facts = extract(source)
    assert facts.outcome == "ok"
    return steps.count, len(pack(facts))


@pytest.mark.parametrize("shape", SHAPES)
def test_work_and_size_grow_with_the_file(shape: str) -> None:
    """Twice and some more: numbers have more digits, and sorting is not quite linear. Looking at everything for each
    thing would be four times as much."""
    (steps, size), (more_steps, more_size) = (_cost(SHAPES[shape](count).encode()) for count in (SIZE, 2 * SIZE))
    assert more_steps < 2.3 * steps + 500
    assert more_size < 2.5 * size + 500


@pytest.mark.parametrize("length", [10_000, 100_000])
def test_facts_larger_than_any_honest_file_s_are_not_kept(length: int) -> None:
    """A name that qualifies a thousand others is told a thousand times."""
    source = "class " + "A" * length + ":\n" + " class B: pass\n" * 2_000
    facts = extract(source.encode())
    assert len(pack(facts)) > MAX_PACKED_BYTES
    told = decode(encode(facts))
    assert told == Facts("too-large", "what it says takes more than 16 MiB", lines=2_001)


def test_the_largest_facts_there_may_be() -> None:
    facts = Facts("ok", names=("a" * (MAX_PACKED_BYTES - 1_000),))
    assert decode(encode(facts)) == facts
