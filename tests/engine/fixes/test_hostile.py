"""Files that kill or stall a parser: refused with the reason, and the next file is right."""

from __future__ import annotations

import pytest

from scanner.engine.fixes.messages import Answer, Move, Request, read_answer
from scanner.engine.parser_pool import ParserPool
from scanner.engine.parser_process import Limits

IMPORT = b"from shop.legacy import Store\n"
MOVE = Move("key", 1, 0, "shop.legacy", "Store", 0, "shop.core.store", "Store", False, False, (), ())
HOSTILE = {
    "brackets": b"x = " + b"(" * 5_000 + b")" * 5_000,
    "operators": b"x = " + b"-" * 100_000 + b"1",
    "attributes": b"x = a" + b".b" * 50_000,
    "a slow string": b"x = f'" + b"{a}" * 600_000 + b"'\n",
    "no text": b"x = '\xff\xfe\x00'",
    "an encoding nobody reads": b"# coding: punycode\n",
}


def _rewrite(pool: ParserPool, source: bytes) -> Answer:
    [(_, answer)] = pool.rewrite([("a.py", Request("a.py", source, (MOVE,), ()).encode())])
    return read_answer(answer)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_refusal(name: str) -> None:
    with ParserPool(1, Limits(cpu_seconds=2, file_bytes=4 << 20)) as pool:
        told = _rewrite(pool, IMPORT + HOSTILE[name])
        assert told.failure or told.source == IMPORT.replace(b"legacy", b"core.store") + HOSTILE[name]
        assert _rewrite(pool, IMPORT).source == b"from shop.core.store import Store\n"


def test_what_stops_a_parser_is_named(pool: ParserPool) -> None:
    answers = [_rewrite(pool, IMPORT + HOSTILE[name]).failure for name in ("brackets", "no text")]
    assert answers == ["the file cannot be parsed", "it is not utf-8"]
    source = b"# coding: punycode\n" + IMPORT
    assert _rewrite(pool, source).failure == "its coding line names an encoding that is not read"


def test_a_file_too_large_is_refused(pool: ParserPool) -> None:
    with ParserPool(1, Limits(file_bytes=100)) as small:
        assert "too-large" in _rewrite(small, IMPORT * 10).failure
