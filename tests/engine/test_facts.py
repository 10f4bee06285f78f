"""The codec: every fact comes back, small, and facts of an older dictionary stay readable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from scanner.engine import facts as codec
from scanner.engine.codec import decode, encode, pack
from scanner.engine.extract import extract
from scanner.engine.facts import Facts

ENGINE = Path(codec.__file__).parent
SOURCES = sorted(ENGINE.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_facts_come_back(path: Path) -> None:
    told = extract(path.read_bytes())
    assert told.outcome == "ok"
    assert decode(encode(told)) == told


@pytest.mark.parametrize("outcome", ["unparsable", "too-large", "unsupported-encoding", "timeout", "crash"])
def test_outcomes_come_back(outcome: codec.Outcome) -> None:
    told = Facts(outcome, detail="why", line=7, lines=9)
    assert decode(encode(told)) == told


def test_the_dictionary_pays() -> None:
    told = [extract(path.read_bytes()) for path in SOURCES]
    plain = sum(len(zstandard.ZstdCompressor(level=6).compress(pack(facts))) for facts in told)
    assert sum(len(encode(facts)) for facts in told) < 0.9 * plain


def test_facts_name_their_dictionary() -> None:
    newest = zstandard.ZstdCompressionDict(max(ENGINE.glob("facts-*.zdict")).read_bytes())
    assert zstandard.get_frame_parameters(encode(Facts("ok"))).dict_id == newest.dict_id() != 0


@pytest.mark.parametrize("data", [b"", b"nonsense", zstandard.compress(b"\x90"), encode(Facts("ok"))[:-1]])
def test_what_is_no_facts(data: bytes) -> None:
    with pytest.raises((ValueError, zstandard.ZstdError)):
        decode(data)


def test_threads_do_not_meet() -> None:
    told = [extract(path.read_bytes()) for path in SOURCES] * 5
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(decode, threads.map(encode, told))) == told
