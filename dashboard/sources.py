"""What the pages read from the repository itself: code excerpts and the files of a commit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from dashboard.words import visible
from scanner import mirrors
from scanner.engine.git import GitError
from scanner.models import Repository

CONTEXT = 6  # lines around the finding
MOST_LINES = 60
MOST_FILES = 200
LONGEST_LINE = 400  # characters


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one file at one commit; `problem` says in a sentence why there are none."""

    lines: tuple[Line, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    word: str
    path: str
    before: str | None


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """The Python files a commit touched, the first MOST_FILES of `count`."""

    rows: tuple[ChangedFile, ...] = ()
    count: int = 0
    problem: str = ""


def excerpt(repository: Repository, commit: str, path: str, line: int, end_line: int) -> Excerpt:
    """Read the lines around a finding at a commit."""
    try:
        data = mirrors.held(repository).read(commit, path)
    except GitError as error:
        return Excerpt(problem=f"The code cannot be read here now: {error}")
    if data is None:
        return Excerpt(problem=f"{path} is not in commit {commit[:9]}.")
    lines = data.decode("utf-8", "replace").splitlines()
    if line > len(lines):
        return Excerpt(
            problem=f"{path} has {len(lines)} lines at commit {commit[:9]}, and the finding was on line {line}."
        )
    first = max(line - CONTEXT, 1)
    last = min(max(end_line, line) + CONTEXT, len(lines), first + MOST_LINES - 1)
    return Excerpt(
        tuple(
            Line(number, visible(lines[number - 1][:LONGEST_LINE].replace("\t", "    ")), line <= number <= end_line)
            for number in range(first, last + 1)
        )
    )


def changed_files(repository: Repository, commit: str) -> ChangedFiles:
    """Return the Python files that a commit touched, against its first parent."""
    try:
        changes = next(iter(mirrors.held(repository).changes([commit])), [])
    except GitError as error:
        return ChangedFiles(problem=f"The repository cannot be read here now: {error}")
    python = [change for change in changes if change.path.endswith(".py")]
    words = {(True, False): "added", (False, True): "deleted", (False, False): "changed"}
    rows = (
        ChangedFile(
            "renamed" if change.renamed_from else words[change.old is None, change.new is None],
            change.path,
            change.renamed_from,
        )
        for change in python
    )
    return ChangedFiles(tuple(islice(rows, MOST_FILES)), len(python))
