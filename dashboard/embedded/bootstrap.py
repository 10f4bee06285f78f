"""Makes `.venv` with the standard library alone, and goes on inside it. Imported before any package is installed."""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dashboard.embedded.failure import CannotStart

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("requirements.txt", "dashboard/embedded/requirements.txt")
TEST_PACKAGES = ("tests/requirements.txt",)

# How pip says that no index answered.
UNREACHABLE = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Max retries exceeded",
)


def run(arguments: Sequence[str]) -> int:
    """Carry out one `manage.py` command and return its exit code."""
    try:
        check_git()
        # The standard output of other commands may be read by a program.
        environment = Environment(ROOT, sys.stdout if arguments[:1] in (["up"], ["test"]) else sys.stderr)
        environment.ensure([*PACKAGES, *(TEST_PACKAGES if arguments[:1] == ["test"] else ())])
        if not environment.entered():
            # So that a redirected log keeps the order of what was said.
            sys.stdout.flush()
            os.execv(environment.python, [str(environment.python), str(ROOT / "manage.py"), *arguments])
        # Imported late: it needs the packages that were just installed.
        commands = importlib.import_module("dashboard.embedded.commands")
        return int(commands.run(list(arguments)))
    except CannotStart as error:
        print(f"manage.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def check_git() -> None:
    """Refuse to go on without git, which every scan calls."""
    if shutil.which("git") is None:
        install = "xcode-select --install" if sys.platform == "darwin" else "sudo apt-get install git"
        raise CannotStart(f"git is not on the PATH, and Truthline reads repositories with it. Install it: {install}")


def check_venv_modules() -> None:
    """Refuse to go on where Debian left `venv` or `ensurepip` out of Python."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    raise CannotStart(f"this Python cannot make virtual environments. Install: sudo apt-get install {package}")


class Environment:
    """The virtual environment of one checkout: `<root>/.venv`.

    A stamp in it holds the digest of every requirements file that was installed to the end, so that an interrupted
    first start is made good by the next one, and a changed requirement is installed. `news` hears of what takes long.
    """

    def __init__(self, root: Path, news: TextIO) -> None:
        self.root = root
        self.news = news
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / "truthline-requirements.json"

    def entered(self) -> bool:
        """Tell whether this very process runs inside."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def ensure(self, files: Sequence[str]) -> None:
        """Make or repair the environment until the packages of `files` are in it."""
        if self._has(files):
            return
        if not os.access(self.root, os.W_OK):
            raise CannotStart(f"the folder {self.root} is not writable, and .venv and .data are kept there")
        with self._alone():
            if self._has(files):
                return
            if not self._has_pip():
                self._make()
            # What an earlier call installed stays installed, in the versions its file asks for now.
            known = [name for name in self._installed() if name not in files and (self.root / name).is_file()]
            self._install([*known, *files])

    def _has(self, files: Sequence[str]) -> bool:
        installed = self._installed()
        return os.access(self.python, os.X_OK) and all(installed.get(name) == self._digest(name) for name in files)

    def _installed(self) -> dict[str, str]:
        try:
            stamp = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _digest(self, name: str) -> str:
        return hashlib.sha256((self.root / name).read_bytes()).hexdigest()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # manage.py itself is the lock: it is always there, and locking it leaves nothing behind.
        with (self.root / "manage.py").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _has_pip(self) -> bool:
        if not os.access(self.python, os.X_OK):
            return False
        answer = subprocess.run([self.python, "-m", "pip", "--version"], capture_output=True, check=False)
        return answer.returncode == 0

    def _make(self) -> None:
        check_venv_modules()
        print(f"Making {self.folder} …", file=self.news, flush=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", self.folder], capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise CannotStart(f"could not make {self.folder}: {last_line(made.stdout + made.stderr)}")

    def _install(self, files: Sequence[str]) -> None:
        print(f"Installing {', '.join(files)} …", file=self.news, flush=True)
        command = [str(self.python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
        command += ["--progress-bar", "off", "--retries", "2"]
        for name in files:
            command += ["--requirement", str(self.root / name)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise CannotStart(why_pip_failed(done.stderr))
        stamp = {name: self._digest(name) for name in files}
        draft = self.stamp.with_suffix(".new")
        draft.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        draft.replace(self.stamp)


def why_pip_failed(stderr: str) -> str:
    """Put what pip wrote into one sentence."""
    if any(sign in stderr for sign in UNREACHABLE):
        return "no package index answers, so nothing could be installed. Connect to the network and start again."
    if "CERTIFICATE_VERIFY_FAILED" in stderr:
        return "the package index shows a certificate that this machine does not trust. Name the right one in PIP_CERT."
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    return f"pip could not install the packages: {errors[-1] if errors else last_line(stderr)}"


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
