"""A snapshot as bytes, so that whoever goes on from a commit need not resolve its tree again.

Decoding the facts of a large tree and resolving its imports costs some ten times what thawing does. The bytes are a
pickle, as nothing else makes a hundred thousand rows of Python as fast; it can name no class but those listed here, so
that bytes which somebody else wrote can build a wrong tree, not run code. They are good for the very code, Python and
configuration that wrote them.
"""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, BinaryIO, cast

import zstandard

from scanner.engine import (
    answers,
    facts,
    graph,
    instance_counts,
    interface,
    ledger,
    links,
    modules,
    multimap,
    questions,
    ranking,
    sources,
    violation,
    world,
)
from scanner.engine.answers import Answers
from scanner.engine.codec import pack
from scanner.engine.config import Config
from scanner.engine.facts import Facts
from scanner.engine.packed import Packed
from scanner.engine.snapshot import FactsOf, Snapshot, uncollected
from scanner.engine.unpacking import Unpacking, pack_asked, pack_links, packed, unpack_asked, unpack_links

_MODULES = (
    answers,
    facts,
    graph,
    instance_counts,
    interface,
    ledger,
    links,
    modules,
    multimap,
    questions,
    ranking,
    sources,
    violation,
    world,
)
_CLASSES: dict[tuple[str, str], type] = {
    (made.__module__, made.__name__): made
    for made in (
        *(value for module in _MODULES for value in vars(module).values() if isinstance(value, type)),
        *(Snapshot, Packed, Counter, date, set, frozenset),
    )
    if made.__module__.startswith("scanner.engine.") or made in {Counter, date, set, frozenset}
}
_LEVEL = 1
_MAGIC = 16


class Unusable(Exception):
    """The bytes are damaged, or something else wrote them."""


def freeze(snapshot: Snapshot, to: BinaryIO) -> None:
    """Write the state of a snapshot to a file. Raises OSError."""
    to.write(_stamp(snapshot.world.config))
    with uncollected(), zstandard.ZstdCompressor(level=_LEVEL).stream_writer(to, closefd=False) as stream:
        for part in _parts(snapshot):
            _dump(part, stream)


def _dump(part: object, stream: BinaryIO) -> None:
    # Of its own, and let go of when the part is written: it holds on to all that it has seen.
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    # Who goes on from a tree asks for few files.
    pickler.dispatch_table = {Facts: lambda facts: (Packed, (pack(facts), facts.allowances))}
    pickler.dump(part)


def _parts(snapshot: Snapshot) -> Iterator[object]:
    world = snapshot.world
    yield snapshot
    yield world.answers
    yield packed(world.links, pack_links)
    yield packed(world.answers.asked, pack_asked)


def thaw(data: bytes, config: Config, facts_of: FactsOf) -> Snapshot:
    """Return the snapshot that was frozen under that configuration; it goes on as the frozen one would have.

    Raises Unusable when this code cannot go on from those bytes.
    """
    if data[:_MAGIC] != _stamp(config):
        raise Unusable("written by another version of Truthline or for another configuration")
    try:
        with uncollected(), zstandard.ZstdDecompressor().stream_reader(data[_MAGIC:]) as stream:
            parts: list[Any] = [_Unpickler(stream).load()]
            if type(parts[0]) is Snapshot:
                parts += (_Unpickler(stream).load() for _ in range(3))
    except Exception as error:  # a damaged pickle raises whatever it likes
        raise Unusable(f"damaged: {error}") from error
    if [type(part) for part in parts] != [Snapshot, Answers, dict, dict]:
        raise Unusable("damaged: it holds something else")
    snapshot, known, links, asked = parts
    known.asked = Unpacking(asked, unpack_asked)
    snapshot.thaw(config, facts_of, Unpacking(links, unpack_links), known)
    return cast(Snapshot, snapshot)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _CLASSES:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a snapshot")
        return _CLASSES[module, name]


def _stamp(config: Config) -> bytes:
    return blake2b(_code() + config.digest.encode(), digest_size=_MAGIC).digest()


@cache
def _code() -> bytes:
    """Return a digest of the engine's source and the Python that runs it."""
    digest = blake2b(f"{sys.implementation.name} {sys.version_info[:3]}".encode(), digest_size=16)
    for source in sorted(_sources(files("scanner.engine")), key=lambda source: source.name):
        digest.update(source.read_bytes())
    return digest.digest()


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry
