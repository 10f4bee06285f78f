"""One PostgreSQL cluster in a folder of ours: made once, started as a child, stopped with it."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from dashboard.embedded.account import Account
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.postgres_binaries import Binaries
from dashboard.embedded.processes import Program

USER = "truthline"
# Text is sorted by code point, the same on every machine; only upper and lower case know more than ASCII.
CTYPE = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"
PATIENCE = 60.0  # seconds; recovery after a crash takes some

# No socket files: their paths may have 107 bytes at most, and a checkout lies where it lies.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For tests: nobody misses the data after a power cut.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def version_of(data: Path) -> int | None:
    """Return the major version that made the data, None where there is no data yet."""
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


class Cluster:
    """The cluster in `data`, run by `account` with `binaries`. Its only user logs in with `password`."""

    def __init__(self, data: Path, account: Account, binaries: Binaries, password: str) -> None:
        self.data = data
        self.account = account
        self.binaries = binaries
        self.password = password
        self.port = free_port()

    def initialise(self) -> None:
        """Make the cluster if it is not there. A half-made one of an interrupted start is thrown away."""
        if version_of(self.data):
            return
        draft = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        self.account.own(draft)
        password_file = draft.with_name("initdb-password")
        password_file.unlink(missing_ok=True)
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.password)
        if self.account.substitute:
            os.chown(password_file, self.account.uid, self.account.gid)
        command = [self.binaries.program("initdb"), "--no-sync", "--encoding=UTF8", "--locale=C", f"--lc-ctype={CTYPE}"]
        command += ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password_file}", f"--pgdata={draft}"]
        try:
            made = self.account.run(command)
        finally:
            password_file.unlink()
        if made.returncode:
            raise CannotStart(f"initdb could not make a database in {self.data}: {made.stderr.strip()[-500:]}")
        draft.rename(self.data)

    def stop_leftover(self) -> None:
        """Stop the server that a killed `up` left behind, so that ours is a child whose end we see and log we read."""
        process = self._leftover()
        if process is None:
            return
        if not is_postgres(process):
            # The number was given to another program since, and PostgreSQL would take that for itself.
            (self.data / "postmaster.pid").unlink()
            return
        pg_ctl = [self.binaries.program("pg_ctl"), "stop", "--pgdata", str(self.data), "--mode=fast", "--wait"]
        stopped = self.account.run([*pg_ctl, f"--timeout={int(PATIENCE)}"])
        if stopped.returncode and self._leftover() is not None:
            raise CannotStart(f"an old PostgreSQL (process {process}) in {self.data} does not stop")

    def _leftover(self) -> int | None:
        status = self.account.run([self.binaries.program("pg_ctl"), "status", "--pgdata", str(self.data)])
        if status.returncode:
            return None
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def program(self, *, throwaway: bool = False) -> Program:
        """Return how to run the server on `self.port`."""
        command = [self.binaries.program("postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in (SETTINGS | (THROWAWAY if throwaway else {})).items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is PostgreSQL's fast shutdown: it breaks connections off instead of waiting for them.
        environment = {"LC_ALL": "C"}
        return Program("database", command, environment, Path("/"), "INT", orphaned="INT", account=self.account)

    def url(self, database: str = "truthline") -> str:
        return f"postgres://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def ready(self) -> bool:
        """Tell whether the server takes connections."""
        try:
            # Asked too early, it would log a refusal; this line is where it says that it is open.
            if (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[7].strip() != "ready":
                return False
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except (OSError, IndexError, psycopg.OperationalError):
            return False
        return True

    def create_database(self, name: str = "truthline") -> None:
        """Create the database if it is not there."""
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_postgres(process: int) -> bool:
    """Tell whether the process runs PostgreSQL's server; where the system does not say, it is taken for one."""
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[0]
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return False
    return os.path.basename(command) == b"postgres"
