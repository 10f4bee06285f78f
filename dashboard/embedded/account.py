"""The user that servers run as when Truthline is started by root: PostgreSQL refuses to run as root."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.embedded.failure import CannotStart

STAND_INS = ("postgres", "nobody")
# Folders that every user can reach, for a checkout that only root can.
OUTSIDE = (Path("/var/lib/truthline"), Path("/var/tmp/truthline"))  # noqa: S108


@dataclass(frozen=True)
class Account:
    """Who runs the servers. For an ordinary user that is the user: `substitute` is False."""

    name: str
    uid: int
    gid: int
    substitute: bool

    @property
    def identity(self) -> dict[str, Any]:
        """Return the arguments with which `subprocess` starts a command as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.substitute else {}

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account and return its output as text."""
        try:
            return subprocess.run(
                command, cwd="/", capture_output=True, text=True, check=False, **self.identity, **options
            )
        except PermissionError as error:
            raise CannotStart(f"root may not run {command[0]} as {self.name} here: {error.strerror}") from None

    def reaches(self, path: Path) -> bool:
        """Tell whether the account may enter the folder (or run the file)."""
        return self.run(["test", "-x", str(path)]).returncode == 0

    def own(self, folder: Path) -> Path:
        """Make `folder` if it is not there, private to this account; somebody else's is refused."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {self.uid, os.geteuid()}:
            raise CannotStart(f"{folder} belongs to somebody else: remove it or set TRUTHLINE_DATA to another folder")
        if self.substitute:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)
        return folder


def current() -> Account:
    """Return who will run the servers that this process starts."""
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid(), substitute=False)
    for name in STAND_INS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, substitute=True)
    raise CannotStart(f"PostgreSQL does not run as root, and there is no user {' or '.join(STAND_INS)} to run it as")


def home(account: Account, data: Path) -> Path:
    """Return the folder for files that servers own: in the data folder where they can reach it, else outside.

    A checkout under root's home (mode 0700) is closed to the account that stands in for root.
    """
    if not account.substitute or account.reaches(data):
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    for parent in OUTSIDE:
        try:
            parent.mkdir(mode=0o711, exist_ok=True)
            if parent.lstat().st_uid != 0 or not stat.S_ISDIR(parent.lstat().st_mode):
                continue
            parent.chmod(0o711)
            folder = parent / name
            folder.mkdir(mode=0o711, exist_ok=True)
        except OSError:
            continue
        if account.reaches(folder):
            return folder
    raise CannotStart(f"{account.name} can reach neither {data} nor {OUTSIDE[0]}: set TRUTHLINE_DATA to such a folder")


def reachable_copy(account: Account, base: Path, folders: list[str], program: str, target: Path) -> Path:
    """Return `base`, or a copy of its `folders` at `target` when the account cannot run `base/program`.

    The folders keep their places beside one another: the programs of a wheel find their libraries by relative paths.
    """
    if account.reaches(base / program):
        return base
    if not account.reaches(target / program):
        draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"{target.name}."))
        for name in folders:
            shutil.copytree(base / name, draft / name, symlinks=True)
        for folder, _, files in os.walk(draft):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                path.chmod(path.stat().st_mode | (0o555 if path.parent.name == "bin" else 0o444))
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    return target
