"""One way to start git: no configuration but ours, no network, no prompt, no replaced objects, bounded memory."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO

from scanner.engine.git_errors import GitError, Stalled, explain

CHUNK = 1 << 16
MEMORY_BYTES = 4 << 30
# What git may take beside the files it maps, where it holds the whole of a change before it says a word of it, so that
# no count of what it says could stop it. The largest change that is not refused takes 200 MB, and the comparison of
# files for renames some more.
CHANGE_BYTES = 1 << 30
# Seconds that git may stay silent: what takes longer waits for something that never comes, or goes round in circles.
# The longest honest silence is a walk of the whole history for a path it never had: 0.4 s for 11,000 commits.
PATIENCE = 300.0
_DEATH_SECONDS = 5.0


# Lazy fetching of a partial clone would go to the network: GIT_ALLOW_PROTOCOL forbids it to every git,
# GIT_NO_LAZY_FETCH says it plainly to those that know it.
ENVIRONMENT: Mapping[str, str] = {
    "HOME": os.devnull,
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_SSH_COMMAND": "/bin/false",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_TEMPLATE_DIR": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "30",
}

# A commit-graph file could tell another history than the commits do. Small pack windows and caches keep a large
# repository under the memory limit: with git's own, reading a tree of 157 MB took 196 MB, and a sixth less processor
# time, which is a hundredth of its scan. Blobs above the threshold are streamed instead of loaded.
SETTINGS: Sequence[str] = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.commitGraph=false",
    "core.attributesFile=/dev/null",
    "core.packedGitWindowSize=4m",
    "core.packedGitLimit=64m",
    "core.deltaBaseCacheLimit=16m",
    "core.bigFileThreshold=4m",
    "credential.helper=",
    "protocol.allow=never",
    "http.followRedirects=false",
    "submodule.recurse=false",
    "pack.threads=1",
    "gc.auto=0",
    "safe.bareRepository=explicit",
)


def command(*arguments: str, settings: Sequence[str] = SETTINGS) -> list[str]:
    """Return the argument list of a git call with every setting of ours in front. Raises GitError without a git."""
    git = shutil.which("git")
    if git is None:
        raise GitError("Truthline needs git, and there is none on the PATH.")
    options = [part for setting in settings for part in ("-c", setting)]
    return [git, "--no-pager", *options, *arguments]


def limited(
    arguments: Sequence[str], memory_bytes: int, file_bytes: int | None = None, own_bytes: int | None = None
) -> list[str]:
    """Return a command that runs another under limits, where the system knows them.

    A shell sets them: from here it could only be done after the start, when git may have started helpers already.
    """
    limits = [f"ulimit -{letter} {value}" for letter, value in (("c", 0), ("v", memory_bytes >> 10))]
    if file_bytes is not None:
        limits.append(f"ulimit -f {file_bytes >> 9}")
    if own_bytes is not None:
        limits.append(f"ulimit -d {own_bytes >> 10}")
    script = "".join(f"{limit} 2>/dev/null || :; " for limit in limits) + 'exec "$@"'
    return ["/bin/sh", "-c", script, "sh", *arguments]


def environment(**extra: str) -> dict[str, str]:
    """Return the whole environment of a git process: nothing of ours but PATH."""
    return {"PATH": os.environ.get("PATH", os.defpath), **ENVIRONMENT, **extra}


def _stalled(what: str) -> Stalled:
    return Stalled(f"git did not answer within {PATIENCE:g} s about {what}: is its disk there, and is it in order?")


class Output:
    """The running output of one git process: reads of exact sizes, or records up to a separator.

    Where the output ends the process has ended too: GitError is raised there when it failed, so half an answer
    is never taken for a whole one. Stalled is raised when git says nothing for PATIENCE seconds while it is waited for,
    however long all of it takes, and however long the reader is busy in between.
    """

    def __init__(self, process: subprocess.Popen[bytes], stderr: IO[bytes], what: str) -> None:
        assert process.stdout is not None  # noqa: S101 (asked for as a pipe)
        self._process = process
        self._pipe = process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        self._stderr = stderr
        self._what = what
        self._buffer = bytearray()

    def _fill(self) -> bool:
        if not self._poll.poll(1_000 * PATIENCE):
            raise _stalled(self._what)
        chunk = os.read(self._pipe, CHUNK)
        self._buffer += chunk
        if not chunk and self._exit_code():
            self._stderr.seek(0)
            raise explain(self._stderr.read(CHUNK), self._what)
        return bool(chunk)

    def _exit_code(self) -> int:
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise _stalled(self._what) from None

    def record(self, separator: bytes, cap: int) -> tuple[bytes, bool] | None:
        """Return the next record without its separator, and whether it was cut at `cap` bytes; None at the end."""
        kept = bytearray()
        cut = False
        while (at := self._buffer.find(separator)) < 0:
            cut = self._keep(kept, len(self._buffer), cap) or cut
            if not self._fill():
                return (bytes(kept), cut) if kept else None
        cut = self._keep(kept, at, cap) or cut
        del self._buffer[: len(separator)]
        return bytes(kept), cut

    def records(self, separator: bytes, cap: int) -> Iterator[tuple[bytes, bool]]:
        """Yield all records, as `record` returns them one by one; many short ones come faster this way."""
        while True:
            if len(self._buffer) < cap and not self._fill():
                break
            *whole, rest = bytes(self._buffer).split(separator)
            self._buffer[:] = rest
            yield from ((part[:cap], len(part) > cap) for part in whole)
            if len(rest) >= cap and (long := self.record(separator, cap)):
                yield long
        if self._buffer and (last := self.record(separator, cap)):
            yield last

    def _keep(self, kept: bytearray, size: int, cap: int) -> bool:
        room = cap - len(kept)
        kept += self._buffer[: min(size, room)]
        del self._buffer[:size]
        return size > room

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes; fewer only at the end of the output."""
        while len(self._buffer) < size and self._fill():
            pass
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def skip(self, size: int) -> None:
        """Read and drop `size` bytes without holding them."""
        while size > 0:
            if not self._buffer and not self._fill():
                return
            step = min(size, len(self._buffer))
            del self._buffer[:step]
            size -= step


@contextlib.contextmanager
def stream(
    git_dir: Path,
    *arguments: str,
    lines: Iterable[str] = (),
    what: str,
    cwd: str = "/",
    extra: Mapping[str, str] = MappingProxyType({}),
    own_bytes: int | None = None,
) -> Iterator[Output]:
    """Run a git command and read its output while it runs; leaving early ends the process.

    `lines` go to its standard input, one each, by way of a file: a pipe could block both sides. `cwd` matters to the
    few commands that look at a work tree; `extra` goes into the environment; `own_bytes` limits
    what git takes beside the files it maps.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
        stdin.writelines(f"{line}\n".encode() for line in lines)
        stdin.seek(0)
        process = subprocess.Popen(
            limited(command(f"--git-dir={git_dir}", *arguments), MEMORY_BYTES, own_bytes=own_bytes),
            env=environment(**extra),
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        try:
            yield Output(process, stderr, what)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and leave one that cannot die, because its disk does not answer, to the system."""
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_DEATH_SECONDS)


def run(git_dir: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a short git command about a repository to its end; the caller judges the exit code. Raises Stalled."""
    return complete(f"--git-dir={git_dir}", *arguments, what=str(git_dir))


def complete(*arguments: str, what: str, cwd: str = "/") -> subprocess.CompletedProcess[bytes]:
    """Run a short git command to its end; the caller judges the exit code. Raises Stalled when there is no end."""
    process = subprocess.Popen(
        command(*arguments),
        env=environment(),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise _stalled(what) from None
    finally:
        _end(process)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
