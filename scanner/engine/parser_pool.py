"""Parse untrusted Python in child processes that may be killed by any file; the next file is still right."""

from __future__ import annotations

import os
import select
import selectors
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

from scanner.engine.parser_child import LENGTH
from scanner.engine.parser_process import USUAL, Limits, processor_seconds, spawn
from scanner.engine.parser_work import WORK, Work

_CHUNK = 1 << 16
_START_SECONDS = 60
_MOST_KILLS = 2  # of processes with the same file, before it is said to be the file
_OUT_OF_TIME = -signal.SIGPROF  # how a parser ends that used up its processor time
_ANSWER_BYTES = 64 << 20  # facts take up to 16 MiB, a rewritten file with its patch little more


class ParserPoolError(Exception):
    """A parser process cannot even start; `str()` is one sentence with its reason."""


class ParserPool:
    """`jobs` parser processes, started with the first file and ended with the `with` block.

    For one thread: the kernel ends the children with the thread that started them.
    """

    def __init__(self, jobs: int = 1, limits: Limits = USUAL) -> None:
        if jobs < 1:
            raise ValueError("a parser pool needs at least one process")
        self._jobs = jobs
        self._limits = limits
        self._children: list[_Child] = []

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        while self._children:
            self._children.pop().kill()

    def extract(self, blobs: Iterable[tuple[str, bytes | None]]) -> Iterator[tuple[str, bytes]]:
        """Yield (blob id, encoded Facts) for every blob, in any order; None stands for one that is too large.

        At most one file per process is under way, and `blobs` is asked for no more than that.
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
                # Left in the middle of a file: its answer must not be taken for the next one's.
                for child in [child for child in self._children if child.sha is not None]:
                    self._children.remove(child)
                    child.kill()

    def _serve(
        self, work: Work, sources: Iterator[tuple[str, bytes | None]], selector: selectors.BaseSelector
    ) -> Iterator[tuple[str, bytes]]:
        """Keep every process busy, and hand out an answer only after its process has the next file."""
        idle = list(self._children)
        busy: list[_Child] = []
        answers: list[tuple[str, bytes]] = []
        more = True
        while more or busy or answers:
            while more and len(busy) < self._jobs:
                sha, source = next(sources, ("", b""))
                if not sha:
                    more = False
                elif source is None or len(source) > self._limits.file_bytes:
                    answers.append((sha, work.failed("too-large", f"larger than {self._limits.file_bytes:,} bytes")))
                    break
                else:
                    child = idle.pop() if idle else self._start()
                    child.give(sha, work, source, selector)
                    busy.append(child)
            yield from answers
            answers.clear()
            for child, answer in self._wait(busy, selector):
                busy.remove(child)
                answers.append((child.take(selector), answer))
                if child.alive:
                    idle.append(child)
                else:
                    self._children.remove(child)

    def _start(self) -> _Child:
        child = _Child(self._limits)
        self._children.append(child)
        return child

    def _wait(self, busy: list[_Child], selector: selectors.BaseSelector) -> list[tuple[_Child, bytes]]:
        """Move bytes until a file is finished, one way or another."""
        if not busy:
            return []
        patience = min(child.deadline for child in busy) - time.monotonic()
        for key, _ in selector.select(max(0.0, patience)):
            child, is_input = key.data
            if is_input:
                child.feed(selector)
            else:
                child.read(selector)
        return [(child, answer) for child in busy if (answer := child.answer()) is not None]


class _Child:
    """One parser process and the file it works on."""

    def __init__(self, limits: Limits) -> None:
        self.sha: str | None = None
        self.alive = False
        self.deadline = 0.0
        self._spent: float | None = None  # processor seconds when the deadline was set
        self._limits = limits
        self._work = WORK["extract"]
        self._source = b""
        self._killed = 0
        self._to_write = memoryview(b"")
        self._received = bytearray()
        self._verdict: bytes | None = None
        self._launch()

    def _launch(self, kills: int = 0) -> None:
        with tempfile.TemporaryFile() as stderr:
            self._process = spawn(self._limits, stderr)
            self.alive = True
            self._served = 0
            self._stdin, self._stdout = (pipe.fileno() for pipe in (self._process.stdin, self._process.stdout) if pipe)
            ready, _, _ = select.select([self._stdout], [], [], _START_SECONDS)
            if not ready or os.read(self._stdout, LENGTH.size) != LENGTH.pack(0):
                self.kill()
                # As in `read`; one that is not ready in time was killed here.
                if ready and self._process.returncode == -signal.SIGKILL and kills < _MOST_KILLS:
                    self._launch(kills + 1)
                    return
                stderr.seek(0)
                lines = stderr.read(_CHUNK).decode("utf-8", "replace").split("\n")
                reason = next((line for line in reversed(lines) if line), "no reason given")
                raise ParserPoolError(f"A parser process could not start: {reason}")
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)

    def give(self, sha: str, work: Work, source: bytes, selector: selectors.BaseSelector) -> None:
        """Start on a file."""
        self.sha, self._work, self._source, self._killed = sha, work, source, 0
        self._give(selector)

    def _give(self, selector: selectors.BaseSelector) -> None:
        self._extend()
        self._to_write = memoryview(LENGTH.pack(1 + len(self._source)) + self._work.code + self._source)
        self._received.clear()
        self._verdict = None
        selector.register(self._stdout, selectors.EVENT_READ, (self, False))
        selector.register(self._stdin, selectors.EVENT_WRITE, (self, True))
        self.feed(selector)

    def feed(self, selector: selectors.BaseSelector) -> None:
        """Write what the pipe takes now."""
        if not self._to_write:
            return
        try:
            written = os.write(self._stdin, self._to_write[:_CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:  # the end shows on the other pipe
            written = len(self._to_write)
        self._to_write = self._to_write[written:]
        if not self._to_write:
            selector.unregister(self._stdin)

    def read(self, selector: selectors.BaseSelector) -> None:
        """Read what has come. A process that died of this file, or of those before it, gets a successor."""
        chunk = os.read(self._stdout, _CHUNK)
        self._received += chunk
        if chunk:
            return
        served = self._served
        self._leave(selector)
        self.kill()
        # No file sends this signal: the kernel does when memory runs out, or an operator.
        from_outside = self._process.returncode == -signal.SIGKILL and self._killed < _MOST_KILLS
        self._killed += from_outside
        if from_outside or (served and self._process.returncode != _OUT_OF_TIME):
            # Only a fresh process tells what this file does: the same bytes must have the same outcome. Time is counted
            # from the file's start, so there a used one tells as much.
            self._launch()
            self._give(selector)
        else:
            self._verdict = self._epitaph()

    def _epitaph(self) -> bytes:
        code = self._process.returncode
        if code == _OUT_OF_TIME:
            return self._work.failed("timeout", f"not parsed within {self._limits.cpu_seconds} s of processor time")
        reason = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        return self._work.failed("crash", f"the parser died: {reason}")

    def answer(self) -> bytes | None:
        """Return the encoded facts of the file once they are known; a dead or late process is one of its outcomes."""
        if self._verdict is None and len(self._received) >= LENGTH.size:
            size = LENGTH.unpack_from(self._received)[0]
            if size > _ANSWER_BYTES:
                self.kill()
                self._verdict = self._work.failed("crash", "the parser gave an answer larger than any")
            elif len(self._received) >= LENGTH.size + size:
                self._verdict = bytes(self._received[LENGTH.size : LENGTH.size + size])
        if self._verdict is None and time.monotonic() >= self.deadline and not self._extend():
            self.kill()
            self._verdict = self._work.failed("timeout", f"not parsed within {self._limits.wall_seconds:g} s")
        return self._verdict

    def _extend(self) -> bool:
        """Move the deadline ahead, and return whether the process did anything since that was done last."""
        self.deadline = time.monotonic() + self._limits.wall_seconds
        before, self._spent = self._spent, processor_seconds(self._process.pid)
        return before is not None and self._spent is not None and self._spent > before

    def take(self, selector: selectors.BaseSelector) -> str:
        """Let go of the finished file and return its id."""
        self._leave(selector)
        self._served += 1
        sha, self.sha, self._source = self.sha or "", None, b""
        return sha

    def _leave(self, selector: selectors.BaseSelector) -> None:
        for pipe in (self._stdin, self._stdout):
            if pipe in selector.get_map():
                selector.unregister(pipe)

    def kill(self) -> None:
        """End the process at once."""
        self.alive = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
