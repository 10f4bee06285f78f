"""What a parser process can be asked for: each kind of work by its name, and how its failure is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from scanner.engine.codec import encode
from scanner.engine.extract import extract
from scanner.engine.facts import Facts, Outcome
from scanner.engine.fixes.rewriting import answer as rewrite
from scanner.engine.fixes.rewriting import failed as not_rewritten

Kind = Literal["extract", "rewrite"]


class Work(NamedTuple):
    """`do` may end the process; `failed` makes the answer of one that did not come to an end. Neither raises more
    than RecursionError and MemoryError."""

    code: bytes
    do: Callable[[bytes], bytes]
    failed: Callable[[Outcome, str], bytes]


def _facts(source: bytes) -> bytes:
    return encode(extract(source))


def _no_facts(outcome: Outcome, detail: str) -> bytes:
    return encode(Facts(outcome, detail=detail))


WORK: dict[Kind, Work] = {
    "extract": Work(b"x", _facts, _no_facts),
    "rewrite": Work(b"r", rewrite, not_rewritten),
}
BY_CODE = {work.code: work for work in WORK.values()}
