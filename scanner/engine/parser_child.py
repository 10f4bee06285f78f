"""The parser process: reads sources from its standard input, writes answers, and may die of any of them.

Both ways a message is its length (4 bytes, big-endian) and that many bytes. The first message out is empty: ready.
A message in begins with one byte for the kind of work (`parser_work`).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import struct
import sys
from typing import IO

from scanner.engine.parser_work import BY_CODE, WORK

LENGTH = struct.Struct(">I")
_COLLECT_EVERY = 200
_OPEN_FILES = 64
_PR_SET_PDEATHSIG = 1


def main(memory_bytes: int, cpu_seconds: int, parent: int) -> None:
    """Serve until the standard input ends."""
    sources, answers = _pipes()
    _die_with(parent)
    WORK["extract"].load()
    _limit(memory_bytes)
    _die_of_timer()
    gc.disable()
    gc.freeze()
    _send(answers, b"")
    served = 0
    while (source := _receive(sources)) is not None:
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        answer = _answer(source, fresh=served == 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(answers, answer)
        served += 1
        if served % _COLLECT_EVERY == 0:
            gc.collect()


def _answer(message: bytes, *, fresh: bool) -> bytes:
    """Do what is asked for. Out of memory in a used process proves nothing: it ends, and a fresh one tries."""
    work = BY_CODE[message[:1]]
    try:
        return work.load()(message[1:])
    except RecursionError:
        return work.failed("unparsable", "nested too deeply")
    except MemoryError:
        if not fresh:
            raise SystemExit from None
    return work.failed("unparsable", "too deep or too large for the parser's memory")


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes away from standard input and output, where a library may print."""
    sources = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b", buffering=0) as null:
        for standard in (0, 1, 2):
            os.dup2(null.fileno(), standard)
    return sources, answers


def _die_with(parent: int) -> None:
    """On Linux, end when the parent ends, even by SIGKILL in the middle of a file."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit


def _limit(memory_bytes: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for limit, value in limits.items():
        # Not every system knows every limit, and none may be raised above the one already there.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))


def _die_of_timer() -> None:
    """End when the timer of processor time runs out, in the middle of native code too, whatever was inherited.

    Set with each file, it gives a used process as long as a fresh one. A limit on the life of the process (RLIMIT_CPU)
    could not: it has whole seconds, and is counted in ticks, which run away from any clock that can be read.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})


def _receive(sources: IO[bytes]) -> bytes | None:
    head = sources.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    return sources.read(size)


def _send(answers: IO[bytes], message: bytes) -> None:
    answers.write(LENGTH.pack(len(message)) + message)
    answers.flush()
