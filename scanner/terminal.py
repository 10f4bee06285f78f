"""What the command line needs around it: where output goes, and a line of progress for somebody who watches."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from scanner.engine.printable import visible

_BAR = 24  # columns, so that the line fits into 80


class OutputError(Exception):
    """The output cannot be written; `str()` is one sentence."""


def open_streams() -> None:
    """Put something in the place of standard streams that the caller closed, so that no other file gets their numbers.

    Such an input is empty, such an output cannot be written, and what is said on such a standard error is dropped.
    """
    if _is_closed(0):
        os.open(os.devnull, os.O_RDONLY)
    if _is_closed(1):
        os.open(os.devnull, os.O_RDONLY)
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if _is_closed(2):
        os.open(os.devnull, os.O_WRONLY)
        sys.stderr = os.fdopen(2, "w", closefd=False)


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def tell(sentence: str) -> None:
    """Say something on one line of standard error, whatever names stand in it; where nobody can read it, go on."""
    try:
        sys.stderr.write(f"{visible(sentence)}\n")
    except OSError:
        silence(sys.stderr)


@contextmanager
def destination(path: Path | None) -> Iterator[BinaryIO]:
    """Give the binary file for a command's output: standard output, or a file that appears complete or not at all.

    Whether the file can be written is known at once, before any work. Raises OutputError.
    """
    try:
        if path is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _replacing(path) if path.is_file() or not path.exists() else path.open("wb") as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        if path is None:
            silence(sys.stdout)
        raise OutputError(f"cannot write {path or 'standard output'}: {error.strerror}") from None


def silence(stream: TextIO) -> None:
    """Drop what is buffered for a standard stream: Python would try once more when it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=".truthline-")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        partial.chmod(_mode(path))
        partial.replace(path.resolve())
    finally:
        partial.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """Return who may read and write a file that is replaced, or one that is new."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


class Progress:
    """One line that is rewritten in place on a terminal; nothing anywhere else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._shown_at = 0.0
        self._dirty = False

    def __call__(self, done: int, wanted: int) -> None:
        """Show how many files are parsed, at most ten times a second; all of them done, the line is gone."""
        if self._stream is None:
            return
        now = time.monotonic()
        if done >= wanted:
            self.clear()
        elif now >= self._shown_at + 0.1:
            self._shown_at, self._dirty = now, True
            full = _BAR * done // wanted
            bar = "#" * full + "." * (_BAR - full)
            self._stream.write(f"\r\x1b[K[{bar}] parsing {done:,} of {wanted:,} files ({100 * done // wanted} %)")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._stream and self._dirty:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._dirty = False
