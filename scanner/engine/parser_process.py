"""Start a parser process, and say what it has used.

With `subprocess`, because the workers of a task queue may not use multiprocessing, and in a session of its own, so that
Ctrl-C reaches the caller alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scanner.engine.git import MAX_FILE_BYTES

_ROOT = Path(__file__).resolve().parents[2]
# The very package this process runs is the one the child runs, wherever it lies, without putting its folder
# before the standard library.
_CHILD = (
    "import sys; sys.path.insert(0, sys.argv[1]); import scanner; del sys.path[0]; "
    "from scanner.engine.parser_child import main; main(*map(int, sys.argv[2:]))"
)

# What an interpreter may need to start; no password in an environment reaches a parser.
_ENVIRONMENT = frozenset(
    {"PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "TMPDIR"}
)
# With its usual settings the C library gives memory back to the system after each file, to ask for it again with the
# next: a twentieth of the processor time, and four fifths of the page faults.
_KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(4 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. Processor time is the real bound, on a busy machine too; the wall clock is for a process
    that did nothing at all in that time."""

    file_bytes: int = MAX_FILE_BYTES
    memory_bytes: int = 1 << 30
    cpu_seconds: int = 5
    wall_seconds: float = 120.0


USUAL = Limits()


def processor_seconds(pid: int) -> float | None:
    """Return what a child has used, None where the system does not tell (clock_getcpuclockid(3), as Linux has it)."""
    try:
        return time.clock_gettime(~pid << 3 | 2) if sys.platform == "linux" else None
    except OSError:
        return None


def spawn(limits: Limits, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a parser process with those limits, which says what goes wrong on `stderr`."""
    numbers = (limits.memory_bytes, limits.cpu_seconds, os.getpid())
    return subprocess.Popen(
        [sys.executable, "-P", "-B", "-W", "ignore", "-c", _CHILD, str(_ROOT), *map(str, numbers)],
        env={name: value for name, value in os.environ.items() if name in _ENVIRONMENT} | _KEEPS_MEMORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        bufsize=0,
        start_new_session=True,
    )
