"""What can be scanned: the files of a commit, of the index as if committed, or of the work tree; and how two differ."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from scanner.engine import checkout
from scanner.engine.generated import Blobs
from scanner.engine.git import LINK, PYTHON, RENAMES, Change, Repository

Kind = Literal["commit", "index", "work tree"]


# Stands in place of a commit id before the first commit.
NO_COMMIT = "0" * 40


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one state of a repository: path → blob id, or LINK.

    `commit` is the commit, or the one that the index and the work tree stand on, NO_COMMIT before the first;
    `stands_on` is its tree. `day` is the commit's date in UTC, of the others the day of the scan. `read` returns a file
    of the tree, None where there is none; `blobs` the contents of blobs, None for one that is too large; `projects` the
    paths of project files, which are not among `files`.
    """

    kind: Kind
    repository: Repository
    commit: str
    day: date
    files: Mapping[str, str]
    blobs: Blobs
    read: Callable[[str], bytes | None]
    projects: Callable[[], Collection[str]] = tuple
    stands_on: Tree | None = None

    @property
    def name(self) -> str:
        """What tells the tree from all others: the commit's id, or a digest of paths and contents."""
        if self.kind == "commit":
            return self.commit
        text = "\0".join(f"{path}\0{blob}" for path, blob in sorted(self.files.items()))
        return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()

    @property
    def place(self) -> str:
        """Where a file of the tree is, in words: "at 0123456789ab", "in the index"."""
        return f"at {self.commit[:12]}" if self.kind == "commit" else f"in the {self.kind}"

    def versions_of(self, paths: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Blob ids that each of these paths had before, newest first, along first parents."""
        return {} if self.commit == NO_COMMIT else self.repository.path_versions(self.commit, paths)

    def paths(self) -> list[str]:
        """Return the paths that a configuration can be taken from: of files and of project files."""
        return [*self.files, *self.projects()]

    def additions(self) -> list[Change]:
        """Return the changes that make the tree out of nothing."""
        return [Change(path, None, blob) for path, blob in self.files.items()]


def committed(repository: Repository, commit: str) -> Tree:
    """Return the tree of a commit (a full id). Raises GitError."""
    [told] = repository.history(commit, limit=1)

    def read(path: str) -> bytes | None:
        return repository.read(commit, path)

    def projects() -> list[str]:
        return repository.projects(commit)

    return Tree("commit", repository, commit, told.day, repository.tree(commit), repository.blobs, read, projects)


def empty(repository: Repository, day: date) -> Tree:
    """Return the tree before the first commit."""
    return Tree("commit", repository, NO_COMMIT, day, {}, repository.blobs, lambda _: None)


def staged(repository: Repository, day: date) -> Tree:
    """Return the index as if committed. Raises GitError: for a bare repository, and while paths are unmerged."""
    head = repository.head()
    base = committed(repository, head) if head else empty(repository, day)
    files = dict(base.files)
    for change in checkout.staged_changes(repository, head):
        files.pop(change.path, None)
        if change.new is not None:
            files[change.path] = change.new

    def read(path: str) -> bytes | None:
        return checkout.read_staged(repository, path)

    def projects() -> list[str]:
        return checkout.staged_projects(repository)

    return Tree("index", repository, base.commit, day, files, repository.blobs, read, projects, base)


def worktree(repository: Repository, day: date) -> Tree:
    """Return the files on disk: those git tracks, and those it neither tracks nor ignores. Raises GitError."""
    head = repository.head()
    base = committed(repository, head) if head else empty(repository, day)
    found = checkout.WorkTree(repository)

    def projects() -> list[str]:
        return found.projects

    return Tree("work tree", repository, base.commit, day, found.files, found.blobs, found.read, projects, base)


def changes(before: Tree, after: Tree) -> list[Change]:
    """Return what leads from one tree to another, renames included as git sees them. Raises GitError."""
    old, new = before.files, after.files
    differing = [path for path in old.keys() | new.keys() if old.get(path) != new.get(path)]
    found = [Change(path, old.get(path), new.get(path)) for path in sorted(differing)]
    gone = [change for change in found if change.new is None and change.path.endswith(PYTHON)]
    come = [change for change in found if change.old is None and change.path.endswith(PYTHON)]
    if not gone or not come:
        return found
    renamed = _renames(before, after, gone, come)
    return [
        Change(change.path, change.old, change.new, renamed[change.path]) if change.path in renamed else change
        for change in found
    ]


def _renames(before: Tree, after: Tree, gone: list[Change], come: list[Change]) -> dict[str, str]:
    if before.kind == after.kind == "commit" and NO_COMMIT not in {before.commit, after.commit}:
        return after.repository.renames(before.commit, after.commit)
    if len(gone) * len(come) > RENAMES**2:
        return {}  # git would not compare so many either
    return checkout.renames(_contents(before, gone, "old"), _contents(after, come, "new"), RENAMES)


def _contents(tree: Tree, changed: list[Change], side: Literal["old", "new"]) -> dict[str, bytes]:
    """Return path → content of the files on one side of the changes, those that are too large left out."""
    by_blob: dict[str, list[str]] = {}
    for change in changed:
        blob = change.old if side == "old" else change.new
        if blob is not None and blob != LINK:
            by_blob.setdefault(blob, []).append(change.path)
    return {path: data for blob, data in tree.blobs(by_blob) if data is not None for path in by_blob[blob]}
