"""One parser process from outside: it is given files ahead of its answers, and may die of any of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import tempfile
import time
from collections import deque
from typing import NamedTuple

from scanner.engine.facts import Outcome
from scanner.engine.parser_child import LENGTH
from scanner.engine.parser_process import Limits, processor_seconds, spawn
from scanner.engine.parser_work import Work

# A process that waits for each file to be brought loses what its core had cached (docs/decisions/0008). So many are
# some milliseconds' work, and fit a pipe as large as this asks for.
_FILES_AHEAD = 8
_BYTES_AHEAD = 1 << 17
_PIPE_BYTES = 1 << 18
_CHUNK = 1 << 16
_START_SECONDS = 60
_MOST_KILLS = 2  # of processes with the same file, before it is said to be the file
_OUT_OF_TIME = -signal.SIGPROF  # how a parser ends that used up its processor time
_ANSWER_BYTES = 64 << 20  # facts take up to 16 MiB, a rewritten file with its patch little more


class ParserPoolError(Exception):
    """A parser process cannot even start; `str()` is one sentence with its reason."""


class _File(NamedTuple):
    """A file that a process was given: its id, what to do with it, and how the process is told."""

    sha: str
    work: Work
    message: bytes


class Parser:
    """A parser process, and the files it was given and has not answered: the first of them is under way.

    `deadline` is when it must have done something, by `time.monotonic()`.
    """

    def __init__(self, limits: Limits) -> None:
        self.deadline = 0.0
        self.files: deque[_File] = deque()
        self._limits = limits
        self._spent: float | None = None  # processor seconds when the deadline was set
        self._starts = 0  # since one was ready
        self._killed = 0
        self._to_write: deque[memoryview] = deque()
        self._received = bytearray()
        self._answers: list[tuple[str, bytes]] = []
        self._launch()

    @property
    def has_room(self) -> bool:
        """Whether it takes another file now."""
        if len(self.files) >= _FILES_AHEAD:
            return False
        return len(self.files) < 2 or sum(len(file.message) for file in self.files) < _BYTES_AHEAD

    def _launch(self) -> None:
        """Start a process. It can be given files at once, and says when it is ready to read them."""
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (until the process is ready, or ends)
        self._process = spawn(self._limits, self._stderr)
        self.alive, self._is_ready, self._served = True, False, 0
        self._starts += 1
        self._stdin, self._stdout = (pipe.fileno() for pipe in (self._process.stdin, self._process.stdout) if pipe)
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # what a user's pipes may hold in all is limited
                fcntl.fcntl(self._stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def give(self, sha: str, work: Work, source: bytes, selector: selectors.BaseSelector) -> None:
        """Hand over a file."""
        message = LENGTH.pack(1 + len(source)) + work.code + source
        self.files.append(_File(sha, work, message))
        self._to_write.append(memoryview(message))
        if len(self.files) == 1:
            self._extend()
            selector.register(self._stdout, selectors.EVENT_READ, (self, False))
        self.feed(selector)

    def feed(self, selector: selectors.BaseSelector) -> None:
        """Write what the pipe takes now."""
        while self._to_write:
            try:
                written = os.write(self._stdin, self._to_write[0])
            except BlockingIOError:
                break
            except BrokenPipeError:  # the end shows on the other pipe
                self._to_write.clear()
                break
            if written < len(self._to_write[0]):
                self._to_write[0] = self._to_write[0][written:]
                break
            self._to_write.popleft()
        is_waiting = self._stdin in selector.get_map()
        if self._to_write and not is_waiting:
            selector.register(self._stdin, selectors.EVENT_WRITE, (self, True))
        elif is_waiting and not self._to_write:
            selector.unregister(self._stdin)

    def read(self, selector: selectors.BaseSelector) -> None:
        """Read what has come."""
        chunk = os.read(self._stdout, _CHUNK)
        self._received += chunk
        if not self._is_ready:
            self._start(selector, ended=not chunk)
        elif not chunk:
            self._bury(selector)
        while self._is_ready and self.files and len(self._received) >= LENGTH.size:
            size = LENGTH.unpack_from(self._received)[0]
            if size > _ANSWER_BYTES:
                self._give_up(selector, "crash", "the parser gave an answer larger than any")
            elif len(self._received) >= LENGTH.size + size:
                self._served += 1
                self._answer(bytes(self._received[LENGTH.size : LENGTH.size + size]))
                del self._received[: LENGTH.size + size]
                self._extend()
            else:
                break
        if self.alive and not self.files:
            selector.unregister(self._stdout)

    def _start(self, selector: selectors.BaseSelector, *, ended: bool) -> None:
        """See whether the process is ready. One that is killed while it starts gets a successor, as in `_bury`."""
        if self._received[: LENGTH.size] == LENGTH.pack(0):
            del self._received[: LENGTH.size]
            self._is_ready, self._starts = True, 0
            self._stderr.close()
            self._extend()
        elif ended or len(self._received) >= LENGTH.size:
            reason = self._reason()
            self._leave(selector)
            if self._process.returncode != -signal.SIGKILL or not ended or self._starts > _MOST_KILLS:
                raise ParserPoolError(f"A parser process could not start: {reason}")
            self._resume(selector)

    def _reason(self) -> str:
        """Return the last line that the process wrote before it ended."""
        self._stderr.seek(0)
        lines = self._stderr.read(_CHUNK).decode("utf-8", "replace").split("\n")
        return next((line for line in reversed(lines) if line), "no reason given")

    def check(self, selector: selectors.BaseSelector) -> None:
        """End a process that did nothing at all for as long as a file may take."""
        if not self.files or time.monotonic() < self.deadline or self._extend():
            return
        if not self._is_ready:
            self._leave(selector)
            raise ParserPoolError(f"A parser process could not start within {_START_SECONDS} s.")
        self._give_up(selector, "timeout", f"not parsed within {self._limits.wall_seconds:g} s")

    def answers(self) -> list[tuple[str, bytes]]:
        """Return what has become of files since this was asked last: ids with encoded facts."""
        answers, self._answers = self._answers, []
        return answers

    def _answer(self, data: bytes) -> None:
        """Let go of the file that was under way."""
        self._answers.append((self.files.popleft().sha, data))
        self._killed = 0

    def _bury(self, selector: selectors.BaseSelector) -> None:
        """After a process died of the file under way, or of those before it, go on in a fresh one."""
        served = self._served
        self._leave(selector)
        # No file sends this signal: the kernel does when memory runs out, or an operator.
        from_outside = self._process.returncode == -signal.SIGKILL and self._killed < _MOST_KILLS
        self._killed += from_outside
        # Only a fresh process tells what a file does: the same bytes must have the same outcome. Time is counted
        # from the file's start, so there a used one tells as much.
        if not from_outside and (not served or self._process.returncode == _OUT_OF_TIME):
            self._answer(self._epitaph())
        self._resume(selector)

    def _give_up(self, selector: selectors.BaseSelector, outcome: Outcome, detail: str) -> None:
        """End the process because of the file under way."""
        self._leave(selector)
        self._answer(self.files[0].work.failed(outcome, detail))
        self._resume(selector)

    def _epitaph(self) -> bytes:
        work, code = self.files[0].work, self._process.returncode
        if code == _OUT_OF_TIME:
            return work.failed("timeout", f"not parsed within {self._limits.cpu_seconds} s of processor time")
        reason = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        return work.failed("crash", f"the parser died: {reason}")

    def _resume(self, selector: selectors.BaseSelector) -> None:
        """Hand the files that are left to a new process."""
        if self.files:
            self._launch()
            self._extend()
            self._to_write.extend(memoryview(file.message) for file in self.files)
            selector.register(self._stdout, selectors.EVENT_READ, (self, False))
            self.feed(selector)

    def _extend(self) -> bool:
        """Move the deadline ahead, and return whether the process did anything since that was done last."""
        self.deadline = time.monotonic() + (self._limits.wall_seconds if self._is_ready else _START_SECONDS)
        before, self._spent = self._spent, processor_seconds(self._process.pid)
        return before is not None and self._spent is not None and self._spent > before

    def _leave(self, selector: selectors.BaseSelector) -> None:
        """End the process, and drop what is on its way to and from it."""
        for pipe in (self._stdin, self._stdout):
            if pipe in selector.get_map():
                selector.unregister(pipe)
        self._to_write.clear()
        self._received.clear()
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.alive = False
        self._stderr.close()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
