"""A real Celery worker for tests, on the database and the broker of the test process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from dashboard.celery import app
from dashboard.embedded.processes import Program, launch

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds; only a failing test waits that long, also on a busy machine


class LiveWorker:
    """`celery -A dashboard worker` as a child process. What it prints stands in `log`."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "worker.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.data: Path | None = None
        self._asked_to_stop = False

    def start(self, *, concurrency: int = 2) -> None:
        """Start the worker and wait until it takes tasks; nothing happens when it runs already on the same data."""
        if self.running and self.data == settings.TRUTHLINE_DATA:
            self._tell(app.control.add_consumer)
            return
        self.stop()
        self._asked_to_stop = False
        self.data = settings.TRUTHLINE_DATA
        environment = {"DATABASE_URL": _database_url(), "TRUTHLINE_DATA": str(self.data)}
        command = [sys.executable, "-m", "celery", "-A", "dashboard", "worker", "--loglevel=INFO"]
        command += [f"--concurrency={concurrency}", "--without-gossip", "--without-mingle", "--hostname=test@%h"]
        self.log.unlink(missing_ok=True)
        # A test run that is killed takes its worker along, whatever that is doing.
        self.process = launch(Program("worker", command, environment, ROOT), self.log)
        deadline = time.monotonic() + PATIENCE
        while b" ready." not in self.log.read_bytes():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the worker did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send TERM, as `stop` does, and return as soon as it was heard."""
        assert self.process is not None
        self._asked_to_stop = True
        self.process.terminate()
        deadline = time.monotonic() + PATIENCE
        while b"Warm shutdown" not in self.log.read_bytes():
            assert self.running, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        """Let the worker finish its tasks and end."""
        if self.process is not None and self.running:
            if not self._asked_to_stop:
                self.process.terminate()
            self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Kill the worker and its children on the spot, as the kernel would when memory runs out."""
        if self.process is not None and self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def settle(self) -> None:
        """Wait for the tasks that run and empty the queue: the next test must not meet them.

        The worker takes no more until `start` is called again: what a task asks for in its last moment would else be
        begun after all seemed quiet, and be in the way of whoever clears the tables.
        """
        self._tell(app.control.cancel_consumer)
        ask = app.control.inspect(timeout=1, limit=1)
        deadline = time.monotonic() + PATIENCE
        while self.running and not (_none(ask.active()) and _none(ask.reserved())):
            if time.monotonic() > deadline:
                self.kill()
        if self.running and not _none(ask.scheduled()):
            self.stop()  # what waits for its next attempt goes back to the queue
        app.control.purge()

    def _tell(self, command: Callable[..., list[object] | None]) -> None:
        """Let the worker begin or cease to take tasks."""
        deadline = time.monotonic() + PATIENCE
        while self.running and not command(app.conf.task_default_queue, reply=True, timeout=1, limit=1):
            assert time.monotonic() < deadline, self.log.read_text()


def _none(tasks: dict[str, list[object]] | None) -> bool:
    """Whether the worker answered, and that there are none."""
    return tasks is not None and not any(tasks.values())


def _database_url() -> str:
    """Return the address of the test database, which differs from DATABASE_URL in the name."""
    parts = connection.settings_dict
    user = quote(parts["USER"]) + (f":{quote(parts['PASSWORD'])}" if parts["PASSWORD"] else "")
    return f"postgres://{user}@{parts['HOST']}:{parts['PORT']}/{quote(parts['NAME'])}"
