"""What a parser process can be asked for: each kind of work by its name, and how its failure is told."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Literal, NamedTuple, cast

from scanner.engine.codec import encode
from scanner.engine.facts import Facts, Outcome
from scanner.engine.fixes.messages import failed as not_rewritten

Kind = Literal["extract", "rewrite"]


class Work(NamedTuple):
    """The function `answer` of a module, which may end the process; `failed` makes the answer of one that did not come
    to an end. Neither raises more than RecursionError and MemoryError.

    The module is loaded where the work is done: who only asks for it need not wait for LibCST to load.
    """

    code: bytes
    module: str
    failed: Callable[[Outcome, str], bytes]

    def load(self) -> Callable[[bytes], bytes]:
        """Return the function that does the work."""
        return cast(Callable[[bytes], bytes], import_module(self.module).answer)


def _no_facts(outcome: Outcome, detail: str) -> bytes:
    return encode(Facts(outcome, detail=detail))


WORK: dict[Kind, Work] = {
    "extract": Work(b"x", "scanner.engine.extract", _no_facts),
    "rewrite": Work(b"r", "scanner.engine.fixes.rewriting", not_rewritten),
}
BY_CODE = {work.code: work for work in WORK.values()}
