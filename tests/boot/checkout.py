"""A bare checkout in a folder of its own, and the commands that a person would type in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dashboard.embedded.account import Account
from dashboard.embedded.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = (
    "manage.py",
    "requirements.txt",
    "pyproject.toml",
    "dashboard",
    "scanner",
    "templates",
    "tests/requirements.txt",
)
PATIENCE = 120.0  # seconds; only a failing test waits that long

# A checkout must not meet what this test run itself was started with.
FORGET = ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "DEBUG", "PYTHONPATH")


@contextmanager
def bare_checkout(user: Account | None = None) -> Iterator[Checkout]:
    """Yield a checkout that every user can reach, owned by `user`; nothing of it or of its servers stays behind."""
    base = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="truthline-checkout-"))
    base.chmod(0o755)
    folder = base / "truthline"
    folder.mkdir()
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    if user:
        for path in (base, folder, *folder.rglob("*")):
            os.chown(path, user.uid, user.gid)
    checkout = Checkout(folder, user)
    try:
        yield checkout
    finally:
        for up in checkout.started:
            up.kill()
        shutil.rmtree(base)


@dataclass
class Checkout:
    """One checkout. `user` runs its commands; None is whoever runs the tests."""

    folder: Path
    user: Account | None = None
    python: str = sys.executable
    started: list[Up] = field(default_factory=list)

    def share_packages(self) -> None:
        """Use the packages of this test run instead of installing them once more."""
        (self.folder / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in FORGET}
        kept = {name: value for name, value in kept.items() if not name.startswith(("TRUTHLINE_", "PYTEST_", "COV_"))}
        return kept | {"HOME": str(self.folder.parent), "TRUTHLINE_LOCAL_PATHS": "/", **changes}

    def manage(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run `python3 manage.py …` to its end, with these changes to the environment."""
        return self.python_runs(str(self.folder / "manage.py"), *arguments, **changes)

    def python_runs(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env=self.environment(changes),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **(self.user.identity if self.user else {}),
        )

    @contextmanager
    def up(self, *arguments: str, port: int | None = None, **changes: str) -> Iterator[Up]:
        """Yield a running `manage.py up` that has said it is ready."""
        port = port or free_port()
        log = self.folder.parent / f"up-{len(self.started)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.python, str(self.folder / "manage.py"), "up", "--port", str(port), *arguments],
                cwd=self.folder,
                env=self.environment(changes),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                **(self.user.identity if self.user else {}),
            )
        up = Up(process, port, log)
        self.started.append(up)
        try:
            up.wait_for("Truthline is ready: ")
            yield up
        finally:
            up.stop()


@dataclass
class Up:
    """A running `manage.py up`."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, words: str, count: int = 1) -> None:
        """Wait until the log holds `words` so many times."""
        self.wait_until(lambda: self.text.count(words) >= count, f"the log says {words!r}")

    def wait_until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something is true while `up` runs."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"waited in vain until {what}:\n{self.text}")
            time.sleep(0.05)

    def health(self) -> dict[str, str]:
        """Return what /healthz says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as answer:
            return dict(json.load(answer))

    def password(self) -> str | None:
        """Return the first login's password, if it was shown."""
        found = re.search(r"First login: admin with the password (\S+)", self.text)
        return found[1] if found else None

    def children(self) -> dict[str, int]:
        """Return the direct child processes: what kind of server, and its process id."""
        kinds = {"postgres": "database", "-server": "broker", "gunicorn": "web", " worker ": "worker", " beat ": "beat"}
        found = {}
        for child in psutil.Process(self.process.pid).children():
            # One that has just ended, or is about to become its program, is none of them yet.
            with suppress(psutil.Error, StopIteration):
                command = f"{child.name()} {' '.join(child.cmdline())} "
                found[next(kind for sign, kind in kinds.items() if sign in command)] = child.pid
        return found

    def family(self) -> list[int]:
        """Return `up` and every process below it."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [self.process.pid, *(process.pid for process in below)]

    def stop(self, name: str = "TERM") -> int:
        """Send the signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.Signals[f"SIG{name}"])
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """kill -9 of everything, all at once."""
        family = self.family() if self.process.poll() is None else []
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


def alive(process: int) -> bool:
    """Tell whether a process runs; a dead one that nobody has waited for does not count."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
