"""What a parser process is asked to rewrite in one file, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import msgpack  # type: ignore[import-untyped]

from scanner.engine.codec import decode, encode
from scanner.engine.facts import Facts, Outcome


class Check(NamedTuple):
    """What a moved name means from now on: its bound name, and the definition that tells what its callers must give.

    `source` is an index into Request.sources, -1 when the definition cannot be read. `before` is the dotted name of
    the other definition that the name meant so far, "" when it was the same one.
    """

    bound: str
    name: str
    source: int
    before: str


class Move(NamedTuple):
    """One import of one file and where it is to lead.

    `line`, `level` and `module` are those of the statement. `name` is the name there that moves; "" stands for the
    module of an `import`, or for all names of a `from … import`, which keep their names. The new place is written
    with `to_level` dots; `to_name` is "" where `name` is, and `to_module` is "" when `to_name` is itself a module.
    `is_module` says that a module is what moves. `watched` are dotted names that, in a string of the file, would
    still mean the old place.
    """

    key: str
    line: int
    level: int
    module: str
    name: str
    to_level: int
    to_module: str
    to_name: str
    is_module: bool
    deferred: bool
    watched: tuple[str, ...]
    checks: tuple[Check, ...]


class Note(NamedTuple):
    """A sentence about a line, for the move of that key."""

    key: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """Rewrite `source` by `moves`; `sources` are the files that the checks speak of."""

    path: str
    source: bytes
    moves: tuple[Move, ...]
    sources: tuple[bytes, ...]

    def encode(self) -> bytes:
        return cast(bytes, msgpack.packb([self.path, self.source, self.moves, self.sources], unicode_errors=_ESCAPE))


@dataclass(frozen=True, slots=True)
class Answer:
    """A rewritten file, `diff` as `git apply` takes it and `facts` those of the result; or `failure`, a sentence.

    Moves named in `refused` are not in the result. `attributes` are (key, name, line) of what the file takes from a
    module that moved.
    """

    failure: str = ""
    source: bytes = b""
    diff: bytes = b""
    facts: Facts | None = None
    refused: tuple[Note, ...] = ()
    warned: tuple[Note, ...] = ()
    attributes: tuple[Note, ...] = ()

    def encode(self) -> bytes:
        facts = encode(self.facts) if self.facts else b""
        notes = (self.refused, self.warned, self.attributes)
        told = [self.failure, self.source, self.diff, facts, *notes]
        return cast(bytes, msgpack.packb(told, unicode_errors=_ESCAPE))


_ESCAPE = "surrogateescape"


def read_request(data: bytes) -> Request:
    """Return what `Request.encode` wrote."""
    path, source, moves, sources = _unpack(data)
    return Request(path, source, tuple(map(_move, moves)), sources)


def read_answer(data: bytes) -> Answer:
    """Return what `Answer.encode` wrote."""
    failure, source, diff, facts, *notes = _unpack(data)
    refused, warned, attributes = (tuple(map(Note._make, rows)) for rows in notes)
    return Answer(failure, source, diff, decode(facts) if facts else None, refused, warned, attributes)


def failed(outcome: Outcome, detail: str) -> bytes:
    """Return the answer of a process that did not come to an end."""
    return Answer(f"the file cannot be rewritten here ({outcome}: {detail})").encode()


def _unpack(data: bytes) -> Any:
    return msgpack.unpackb(data, use_list=False, unicode_errors=_ESCAPE)


def _move(row: tuple[Any, ...]) -> Move:
    *rest, checks = row
    return Move._make([*rest, tuple(map(Check._make, checks))])
