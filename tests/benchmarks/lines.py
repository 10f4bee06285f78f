"""Repositories with a part of another one's history: the same trees, and nothing before them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.origins import REF, borrowed, git

_FIELDS = "%T%x00%cn <%ce> %cd%x00%s"


def cut(source: Path, revision: str, target: Path, commits: int) -> Path:
    """Make a bare repository whose main branch is the newest so many first parents of a revision, merges made plain.

    Trees and files are read from `source`, where they lie.
    """
    borrowed(source, revision, target)
    log = ("log", "--first-parent", "--reverse", f"-n{commits}", "--date=raw", f"--format={_FIELDS}", REF)
    stream = b"".join(_commits(git(target, *log).split("\n")))
    # safe.directory: what is borrowed from may be another user's.
    command = ["git", "-c", "safe.directory=*", "-C", str(target), "fast-import", "--quiet", "--force"]
    subprocess.run(command, input=stream, check=True)
    return target


def _commits(lines: list[str]) -> Iterator[bytes]:
    """Yield what makes each commit for `git fast-import`, oldest first; a tree takes the place of the one before."""
    for n, line in enumerate(lines, start=1):
        tree, who, subject = line.split("\0")
        text = subject.encode()
        yield f"commit {REF}\nmark :{n}\ncommitter {who}\ndata {len(text)}\n".encode() + text + b"\n"
        yield f"from :{n - 1}\n".encode() if n > 1 else f"from {'0' * 40}\n".encode()
        yield f'M 040000 {tree} ""\n'.encode()
