"""Where the git folder of a work tree, a linked work tree, a submodule or a bare repository is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from scanner.engine.git_errors import NotARepository

_LONGEST_PATH = 4_096
_GIT_DIR = b"gitdir: "


def git_folder(path: Path) -> Path:
    """Find a repository's git folder without asking git, whose discovery would walk up and judge owners.

    Raises NotARepository.
    """
    try:
        path = path.absolute()
        if not path.is_dir():
            raise NotARepository(f"{path} is not a folder." if path.exists() else f"There is no folder {path}.")
        inner = path / ".git"
        if inner.is_dir():
            return inner
        if inner.is_file():
            return path / _named_folder(path, inner.open("rb"))
        if (path / "HEAD").exists() and (path / "objects").is_dir():
            return path
        above = next((parent for parent in path.parents if (parent / ".git").exists()), None)
    except OSError as error:
        raise NotARepository(f"{path} cannot be read: {error.strerror}.") from error
    hint = f" It lies inside {above}: name that folder." if above else ""
    raise NotARepository(f"{path} is not a git repository.{hint}")


def _named_folder(path: Path, link: IO[bytes]) -> str:
    """Return the folder that the file `.git` of a linked work tree or a submodule names, as git reads it."""
    with link:
        word, space, folder = link.read(len(_GIT_DIR) + _LONGEST_PATH).partition(_GIT_DIR)
    if word or not space or b"\0" in folder:
        raise NotARepository(f"{path} is not a git repository: its file .git names no folder.")
    return os.fsdecode(folder.rstrip(b"\r\n"))
