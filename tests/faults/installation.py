"""A throwaway Truthline, the processes of `up` one by one: to be killed here and started again."""

from __future__ import annotations

import io
import os
import signal
import time
from contextlib import closing, suppress

import psutil
import psycopg
import redis

from dashboard.embedded import servers, up
from dashboard.embedded.data_folder import DataFolder
from dashboard.embedded.postgres import free_port
from dashboard.embedded.processes import Child, Console, Supervisor, launch

PATIENCE = 60.0  # seconds


class Installation:
    """PostgreSQL with the product's own settings, a broker, a worker, beat and the pages on `port`."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.port = free_port()
        self.supervisor = Supervisor(Console(io.StringIO()), log=folder.path / "faults.log")

    def start(self) -> None:
        """Start everything on an empty database, and name it in the environment."""
        up.set_defaults(self.folder)
        found = servers.start(self.folder, self.supervisor)
        os.environ |= found.environment
        with closing(psycopg.connect(_maintenance(), autocommit=True)) as connection:
            connection.execute("DROP DATABASE truthline WITH (FORCE)")
            connection.execute("CREATE DATABASE truthline")
        self.supervisor.run(up._prepare(demo=False))
        for program in (up._web(self.port), up._worker(), up._beat(self.folder)):
            self.supervisor.start(program)
        self._until(lambda: up._answers(self.port))

    def stop(self) -> None:
        self.supervisor.stop()

    def child(self, name: str) -> Child:
        return next(child for child in self.supervisor.children if child.program.name == name)

    def kill(self, name: str, how: str = "KILL") -> None:
        """Send a signal to one of the processes and wait for its end; what it started is killed then, as `up` does."""
        child = self.child(name)
        child.signal(how)
        child.process.wait(PATIENCE)
        child.kill_all()

    def restart(self, name: str) -> None:
        """Start a process that was killed, again and again until it lives."""
        child = self.child(name)
        deadline = time.monotonic() + PATIENCE
        while True:
            child.process = launch(child.program, self.supervisor.log)
            while child.process.poll() is None:
                if name not in {"database", "broker"} or self._open(name):
                    return
                time.sleep(0.05)
            # The dead server's children still hold its shared memory.
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} does not start again: see {self.supervisor.log}")
            time.sleep(0.2)

    def forget_messages(self) -> None:
        """Lose every message, those of tasks under way included."""
        _broker().flushall()

    def prefork(self) -> list[psutil.Process]:
        """Return the worker's child processes, which carry out the tasks."""
        with suppress(psutil.Error):
            return psutil.Process(self.child("worker").process.pid).children()
        return []

    def parsers(self) -> list[psutil.Process]:
        """Return the parser processes below them."""
        found = []
        for process in self.prefork():
            with suppress(psutil.Error):
                found += [child for child in process.children() if "parser_child" in " ".join(child.cmdline())]
        return found

    def _open(self, name: str) -> bool:
        try:
            if name == "broker":
                return bool(_broker().ping())
            psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
        except (psycopg.OperationalError, redis.RedisError):
            return False
        return True

    def _until(self, true) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise AssertionError(f"it does not start: see {self.supervisor.log}")
            time.sleep(0.1)


def strike(process: psutil.Process) -> bool:
    """kill -9; False when it was gone already."""
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.Error:
        return False
    return True


def _broker() -> redis.Redis:
    return redis.Redis.from_url(os.environ["BROKER_URL"], socket_timeout=5)


def _maintenance() -> str:
    return os.environ["DATABASE_URL"].removesuffix("truthline") + "postgres"
