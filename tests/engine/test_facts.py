"""The codec: every fact comes back, small, and facts of an older dictionary stay readable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

from scanner.engine import facts as codec
from scanner.engine.codec import MAX_PACKED_BYTES, decode, encode, pack
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


@pytest.mark.parametrize("values", [b"\x01", b"\xdc\x00\x18" + b"\x01" * 24, b"\xdd\xff\xff\xff\xff", b"\x91" * 5_000])
def test_what_was_stored_like_facts_and_is_none(values: bytes) -> None:
    newest = zstandard.ZstdCompressionDict(max(ENGINE.glob("facts-*.zdict")).read_bytes())
    with pytest.raises(ValueError):  # noqa: PT011  (of msgpack, of fields, of rows: each in its own words)
        decode(zstandard.ZstdCompressor(dict_data=newest).compress(values))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    newest = zstandard.ZstdCompressionDict(max(ENGINE.glob("facts-*.zdict")).read_bytes())
    bomb = zstandard.ZstdCompressor(dict_data=newest).compress(b"\xc0" * (MAX_PACKED_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(ValueError, match="larger than any file has"):
        decode(bomb)


def test_threads_do_not_meet() -> None:
    told = [extract(path.read_bytes()) for path in SOURCES] * 5
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(decode, threads.map(encode, told))) == told
