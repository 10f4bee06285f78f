"""How facts are stored: msgpack, compressed with a trained dictionary."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]
import zstandard

from scanner.engine.facts import (
    Allowance,
    Cached,
    Container,
    Copyable,
    Definition,
    EnvironmentUse,
    Facts,
    Getter,
    Import,
    Instance,
    Nested,
    Redefinition,
    Singleton,
)

FIELDS = tuple(field.name for field in fields(Facts))
_ROWS: dict[str, type[Any]] = {
    "imports": Import,
    "definitions": Definition,
    "getters": Getter,
    "nested": Nested,
    "environment": EnvironmentUse,
    "redefinitions": Redefinition,
    "copyable": Copyable,
    "singletons": Singleton,
    "instances": Instance,
    "containers": Container,
    "cached": Cached,
    "allowances": Allowance,
}


# Small blobs compress badly alone: the dictionary knows what Python files have in common (6.6 MB → 5.0 MB for 8,902
# files). tests/benchmarks/train_dictionary.py writes the next one beside the old ones, which stored facts name by id.
_DICTIONARIES = [
    zstandard.ZstdCompressionDict(path.read_bytes()) for path in sorted(Path(__file__).parent.glob("facts-*.zdict"))
]
_LEVEL = 4
# 2 MiB of source say 2.5 MB in the worst of honest cases; names that qualify others could make gigabytes of them.
MAX_PACKED_BYTES = 16 << 20
_DICTIONARIES[-1].precompute_compress(level=_LEVEL)


class _Codec(threading.local):
    """The contexts of zstd and msgpack are costly to make and not for two threads at once."""

    def __init__(self) -> None:
        self.packer = msgpack.Packer(unicode_errors="backslashreplace")
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_DICTIONARIES[-1])
        self.decompressors = {
            dictionary.dict_id(): zstandard.ZstdDecompressor(dict_data=dictionary) for dictionary in _DICTIONARIES
        }


_codec = _Codec()


def pack(facts: Facts) -> bytes:
    """Return the facts as bytes, not compressed. A lone surrogate in a string constant is told by its escape."""
    return cast(bytes, _codec.packer.pack([getattr(facts, name) for name in FIELDS]))


def encode(facts: Facts) -> bytes:
    """Return the facts as bytes for storage; of a file that says more than MAX_PACKED_BYTES only that it does."""
    packed = pack(facts)
    if len(packed) > MAX_PACKED_BYTES:
        limit = f"what it says takes more than {MAX_PACKED_BYTES >> 20} MiB"
        packed = pack(Facts("too-large", limit, lines=facts.lines))
    return _codec.compressor.compress(packed)


def decode(data: bytes) -> Facts:
    """Return what `encode` stored. Raises zstandard.ZstdError or ValueError for anything else."""
    frame = zstandard.get_frame_parameters(data)
    dictionary = frame.dict_id
    if dictionary not in _codec.decompressors:
        raise ValueError(f"facts written with dictionary {dictionary}, which is not there")
    if frame.content_size > MAX_PACKED_BYTES:  # that many bytes would be set aside before one is looked at
        raise ValueError("facts larger than any file has")
    return Facts(**unpack(_codec.decompressors[dictionary].decompress(data), FIELDS))


def unpack(data: bytes, names: Iterable[str]) -> dict[str, Any]:
    """Return fields of the facts that `pack` returned. Raises ValueError for what is no facts."""
    try:
        values = dict(zip(FIELDS, msgpack.unpackb(data, use_list=False), strict=True))
        return {name: tuple(map(_ROWS[name]._make, values[name])) if name in _ROWS else values[name] for name in names}
    except TypeError as error:
        raise ValueError(f"no facts: {error}") from error
