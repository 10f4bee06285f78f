"""Work trees made for tests, a real repository with files on disk and an index."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

PASS, FAILED, REFUSED, INCONCLUSIVE = range(4)
GONE = "from shop.gone import thing\n"


class Checkout:
    """A repository with a work tree. Contents are texts or bytes by path; None deletes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "-q", "--initial-branch=main", ".")

    def git(self, *arguments: str) -> str:
        options = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always")
        done = subprocess.run(["git", *options, *arguments], cwd=self.path, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        for name, content in files.items():
            place = self.path / name
            if content is None:
                place.unlink(missing_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    def stage(self, files: Mapping[str, str | bytes | None]) -> None:
        self.write(files)
        self.git("add", "-A", "--", *files)

    def commit(self, files: Mapping[str, str | bytes | None] | None = None) -> str:
        self.stage(files or {})
        self.git("commit", "-q", "--allow-empty", "-m", "A commit")
        return self.git("rev-parse", "HEAD")

    def fingerprint(self) -> dict[str, tuple[int, bytes]]:
        """Everything below .git, to tell whether somebody wrote there.

        Objects are told without their times: git freshens some when it reads a sparse index.
        """
        inside = (path for path in (self.path / ".git").rglob("*") if path.is_file())
        return {
            str(path): (0 if "objects" in path.parts else path.stat().st_mtime_ns, path.read_bytes()) for path in inside
        }
