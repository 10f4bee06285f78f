"""The folder where one Truthline keeps what is its own: secrets, servers' files, mirrors, and what runs right now."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

from dashboard.embedded.bootstrap import ROOT
from dashboard.embedded.failure import CannotStart


class Running(TypedDict):
    """What the holder of the lock tells other commands: who it is, where it listens, how to reach its servers."""

    process: int
    command: str
    url: str
    environment: dict[str, str]


def of_checkout() -> DataFolder:
    """Return the folder that holds this checkout's data, made if need be."""
    return DataFolder(Path(os.environ.get("TRUTHLINE_DATA") or ROOT / ".data").expanduser().absolute())


class InUse(CannotStart):
    """Somebody else holds the folder's lock. `running` is what they say about themselves, if anything yet."""

    def __init__(self, folder: Path, running: Running | None) -> None:
        self.running = running
        who = f"process {running['process']}: manage.py {running['command']}" if running else "another process"
        address = f" It answers at {running['url']}" if running and running["url"] else ""
        super().__init__(f"Truthline already runs with the data in {folder} ({who}).{address}")


class DataFolder:
    """`<checkout>/.data`, or what TRUTHLINE_DATA names. Private to its user; every file with a secret is 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Root's stand-in must get through to its own folder in here, though not see what lies beside it.
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise CannotStart(f"cannot keep data in {path}: {error.strerror}") from None
        if not os.access(path, os.W_OK):
            raise CannotStart(f"the folder {path} is not writable, and Truthline keeps its data there")
        self._state = path / "running.json"

    @contextmanager
    def locked(self, patience: float = 0.0) -> Iterator[None]:
        """Hold the folder alone; raise InUse when another process still does after `patience` seconds.

        It is raised at once when that process has announced itself: it is an `up`, and will not end soon.
        """
        deadline = time.monotonic() + patience
        # The descriptor is not inherited, so a child that outlives its parent cannot keep the lock.
        with (self.path / "lock").open("w") as file:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() >= deadline or self.running():
                    raise InUse(self.path, self.running())
                time.sleep(0.1)
            try:
                # Left by somebody who was killed.
                self._state.unlink(missing_ok=True)
                yield
            finally:
                self._state.unlink(missing_ok=True)

    def announce(self, command: str, url: str, environment: Mapping[str, str]) -> None:
        """Let other commands find the servers. Only the holder of the lock may call this."""
        state = Running(process=os.getpid(), command=command, url=url, environment=dict(environment))
        self._write(self._state, json.dumps(state))

    def running(self) -> Running | None:
        """Return what the holder of the lock announced."""
        try:
            state: Running = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return state

    def secret(self, name: str) -> str:
        """Return the secret of this name, made at random when first asked for."""
        path = self.path / name
        if not path.exists():
            self._write(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="utf-8")

    def _write(self, path: Path, text: str) -> None:
        draft = path.with_name(path.name + ".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
