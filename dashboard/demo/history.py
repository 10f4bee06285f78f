"""The demo's repository, made by git from the streams in `history/`: the same commit ids on every machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from scanner.engine.git import GitError
from scanner.engine.git_command import command, environment

CHAPTERS = Path(__file__).parent / "history"
NAME = "chat-service.git"


def make(folder: Path) -> Path:
    """Return the path of the repository in `folder`, made if it is not there. Raises GitError, OSError."""
    target = folder / NAME
    if not (target / "HEAD").exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder, prefix=f"{NAME}."))
        try:
            _write(draft)
            try:
                draft.rename(target)
            except OSError:  # EEXIST or ENOTEMPTY, as the file system likes: another worker was faster, with the same
                if not (target / "HEAD").exists():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target


def stream() -> bytes:
    """Return all chapters as `git fast-import` reads them."""
    return b"".join(chapter.read_bytes() for chapter in sorted(CHAPTERS.glob("*.fast-import")))


def _write(folder: Path) -> None:
    _git(folder, "init", "--quiet", "--bare", "--object-format=sha1", "--initial-branch=main")
    _git(folder, "fast-import", "--quiet", "--date-format=rfc2822", stdin=stream())


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> None:
    done = subprocess.run(
        command(f"--git-dir={folder}", *arguments),
        env=environment(),
        cwd="/",
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(f"git could not write {folder}: {said[0] if said else 'it ended without a word'}.")
