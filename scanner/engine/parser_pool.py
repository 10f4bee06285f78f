"""Parse untrusted Python in child processes that may be killed by any file; the next file is still right."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

from scanner.engine.parser import Parser
from scanner.engine.parser_process import USUAL, Limits
from scanner.engine.parser_work import WORK, Work


class ParserPool:
    """`jobs` parser processes, started with the first file and ended with the `with` block.

    For one thread: the kernel ends the children with the thread that started them.
    """

    def __init__(self, jobs: int = 1, limits: Limits = USUAL) -> None:
        if jobs < 1:
            raise ValueError("a parser pool needs at least one process")
        self._jobs = jobs
        self._limits = limits
        self._parsers: list[Parser] = []

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        while self._parsers:
            self._parsers.pop().kill()

    def extract(self, blobs: Iterable[tuple[str, bytes | None]]) -> Iterator[tuple[str, bytes]]:
        """Yield (blob id, encoded Facts) for every blob, in any order; None stands for one that is too large.

        `blobs` is asked for no more than the processes take ahead: a few files each.
        Raises ParserPoolError.
        """
        return self._run(WORK["extract"], blobs)

    def rewrite(self, requests: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield (name, answer) for every named request (`scanner.engine.fixes.messages`), in any order.

        Raises ParserPoolError.
        """
        return self._run(WORK["rewrite"], requests)

    def _run(self, work: Work, blobs: Iterable[tuple[str, bytes | None]]) -> Iterator[tuple[str, bytes]]:
        with selectors.DefaultSelector() as selector:
            try:
                yield from self._serve(work, iter(blobs), selector)
            finally:
                # Left in the middle of files: their answers must not be taken for those of the next ones.
                for parser in [parser for parser in self._parsers if parser.files]:
                    self._parsers.remove(parser)
                    parser.kill()

    def _serve(
        self, work: Work, sources: Iterator[tuple[str, bytes | None]], selector: selectors.BaseSelector
    ) -> Iterator[tuple[str, bytes]]:
        """Keep every process busy, and hand out answers only after there are files for all."""
        answers: list[tuple[str, bytes]] = []
        more = True
        while more or answers or any(parser.files for parser in self._parsers):
            while more and self._has_room():
                sha, source = next(sources, ("", b""))
                if not sha:
                    more = False
                elif source is None or len(source) > self._limits.file_bytes:
                    answers.append((sha, work.failed("too-large", f"larger than {self._limits.file_bytes:,} bytes")))
                    break
                else:
                    self._idlest().give(sha, work, source, selector)
            yield from answers
            answers = self._wait(selector)

    def _has_room(self) -> bool:
        return len(self._parsers) < self._jobs or any(parser.has_room for parser in self._parsers)

    def _idlest(self) -> Parser:
        """Return the process to give a file to, a new one while all of them have something to do."""
        parsers = [parser for parser in self._parsers if parser.has_room]
        parser = min(parsers, key=lambda parser: len(parser.files), default=None)
        if parser is None or (parser.files and len(self._parsers) < self._jobs):
            parser = Parser(self._limits)
            self._parsers.append(parser)
        return parser

    def _wait(self, selector: selectors.BaseSelector) -> list[tuple[str, bytes]]:
        """Move bytes until something has become of a file; return what."""
        busy = [parser for parser in self._parsers if parser.files]
        if not busy:
            return []
        patience = min(parser.deadline for parser in busy) - time.monotonic()
        for key, _ in selector.select(max(0.0, patience)):
            parser, is_input = key.data
            if is_input:
                parser.feed(selector)
            else:
                parser.read(selector)
        answers: list[tuple[str, bytes]] = []
        for parser in busy:
            parser.check(selector)
            answers += parser.answers()
            if not parser.alive:
                self._parsers.remove(parser)
        return answers
