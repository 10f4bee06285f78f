"""Read what is not committed: the index, and the work tree. Never a write, and never through a link.

The work tree's files are named by their content, as git would name them, without a filter in between: the facts of a
file are the same wherever it is found.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from scanner.engine import git_objects
from scanner.engine.generated import MOST_BYTES
from scanner.engine.git import LINK, MAX_FILE_BYTES, PROJECT, PYTHON, Change, FileTooLarge, GitError, Repository
from scanner.engine.git_command import CHANGE_BYTES, complete, stream
from scanner.engine.git_objects import decode_path, encode_path

# What a git without any file calls its tree, by the length of ids.
_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_UNREAD = "0" * 40
_CHUNK = 1 << 20
# No longer file is looked into, not even for the remark that it is generated.
_KEPT_BYTES = MOST_BYTES
_SHOWN = 3


class NoWorkTree(GitError):
    """The repository has no work tree, so no index either that anybody works with."""


class Unmerged(GitError):
    """The index holds the two sides of a conflict: it could not be committed."""


def work_folder(repository: Repository) -> Path:
    """Return the folder of the work tree. Raises NoWorkTree."""
    if repository.git_dir == repository.path.absolute():
        raise NoWorkTree(f"{repository.path} is a bare repository: it has no index and no work tree.")
    return repository.path.absolute()


def index_of(repository: Repository) -> dict[str, str]:
    """Return what tells git which index to read: in a hook of `git commit -a` it is not the usual one.

    An index of another repository, from the hook of which this one is looked at, does not count; one that lies apart
    from any counts for the repository that git has at hand.
    """
    named = os.environ.get("GIT_INDEX_FILE", "")
    place = Path(named).absolute()
    with suppress(OSError):
        own = place.parent.resolve() == repository.git_dir.resolve()
        apart = not (place.parent / "HEAD").exists() and _is_at_hand(repository)
        if named and (own or apart) and place.is_file():
            return {"GIT_INDEX_FILE": str(place)}
    return {}


def _is_at_hand(repository: Repository) -> bool:
    """Whether git, called by the same parent in the same folder, would work on this repository."""
    named = os.environ.get("GIT_DIR", "")
    if named:
        return Path(named).resolve() == repository.git_dir.resolve()
    here = Path.cwd()
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    return top is not None and top.resolve() == repository.path.resolve()


def staged_changes(repository: Repository, head: str | None) -> list[Change]:
    """Return what the index changes against a commit, or against nothing. Raises GitError.

    Paths that are only meant to be added are not in it, as they would not be in the commit.
    """
    work_folder(repository)
    what = str(repository.path)
    index = index_of(repository)
    with stream(repository.git_dir, "ls-files", "--unmerged", "-z", what=what, extra=index) as output:
        unmerged = sorted({path for _, _, path in git_objects.listing(output)})
    if unmerged:
        shown = ", ".join(unmerged[:_SHOWN]) + (f" and {len(unmerged) - _SHOWN} more" if unmerged[_SHOWN:] else "")
        raise Unmerged(f"The index of {what} has unmerged paths ({shown}): resolve them first.")
    against = head or _EMPTY_TREES[repository.object_format]
    options = ("--cached", "--raw", "-r", "-z", "--no-abbrev", "--no-renames", "--ita-invisible-in-index")
    arguments = ("diff-index", *options, against, "--")
    with stream(repository.git_dir, *arguments, what=what, extra=index, own_bytes=CHANGE_BYTES) as output:
        return git_objects.differences(output)


def staged_projects(repository: Repository) -> list[str]:
    """Return the paths of the project files that are in the index."""
    arguments = ("ls-files", "-z", "--", f"*{PROJECT}")
    with stream(repository.git_dir, *arguments, what=str(repository.path), extra=index_of(repository)) as output:
        return git_objects.projects(output)


def read_staged(repository: Repository, path: str) -> bytes | None:
    """Return a file of the index; None when the path is no file there. Raises FileTooLarge."""
    arguments = ("--literal-pathspecs", "ls-files", "-s", "-z", "--", os.fsdecode(encode_path(path)))
    with stream(repository.git_dir, *arguments, what=str(repository.path), extra=index_of(repository)) as output:
        blobs = [blob for _, blob, found in git_objects.listing(output) if found == path]
    if not blobs or blobs[0] == LINK:
        return None
    content = repository.blob(blobs[0])
    if content is None:
        raise FileTooLarge(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB.")
    return content


class WorkTree:
    """The files on disk that git tracks, or neither tracks nor ignores. `files` maps path → blob id, or LINK.

    `projects` are the paths of project files, which are not among them.

    Files that sparse checkouts leave out are as in the index. Contents that git does not have are kept in a file of no
    name, so that a file may change or vanish while the scan runs.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._folder = work_folder(repository)
        self._real: dict[bytes, bool] = {b"": True}
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the object
        self._places: dict[str, tuple[int, int] | None] = {}
        self.files: dict[str, str] = {}
        self.projects: list[str] = []
        tracked = self._tracked()
        known = set(tracked.values())
        for raw in sorted({*tracked, *self._untracked()}):
            blob = tracked.get(raw, "") if self._left_out(raw) else self._look(raw, known, tracked.get(raw))
            if blob and git_objects.matters(raw, blob):
                self.files[decode_path(raw)] = blob
            elif raw.rpartition(b"/")[2] == PROJECT.encode() and (self._left_out(raw) or self._is_file(raw)):
                self.projects.append(decode_path(raw))

    def blobs(self, shas: Iterable[str], /, *, max_bytes: int = MAX_FILE_BYTES) -> Iterator[tuple[str, bytes | None]]:
        """Yield blob id and content, None for one over `max_bytes`. Raises MissingObject."""
        wanted = list(shas)
        yield from self._repository.blobs([sha for sha in wanted if sha not in self._places], max_bytes=max_bytes)
        for sha in wanted:
            if sha in self._places:
                place = self._places[sha]
                fits = place is not None and place[1] <= max_bytes
                yield sha, os.pread(self._kept.fileno(), place[1], place[0]) if place and fits else None

    def read(self, path: str) -> bytes | None:
        """Return one file, whether git ignores it or not; None when there is none. Raises FileTooLarge, GitError."""
        raw = encode_path(path)
        file = self._open(raw)
        if file is None:
            return None
        with os.fdopen(file, "rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise FileTooLarge(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB.")
        return content

    def _tracked(self) -> dict[bytes, str]:
        """Return path → blob of the index; of an unmerged path some side of it."""
        self._skipped: set[bytes] = set()
        found: dict[bytes, str] = {}
        arguments = ("ls-files", "-t", "-s", "-z")
        with stream(self._repository.git_dir, *arguments, what=str(self._repository.path)) as output:
            for tag, blob, path in git_objects.listing(output):
                raw = encode_path(path)
                found[raw] = blob
                if tag == "S":
                    self._skipped.add(raw)
        return found

    def _untracked(self) -> Iterator[bytes]:
        """Yield the paths git would take for new; a repository inside this one ends with a slash."""
        arguments = (f"--work-tree={self._folder}", "ls-files", "-o", "--exclude-standard", "-z")
        what = str(self._repository.path)
        with stream(self._repository.git_dir, *arguments, what=what, cwd=str(self._folder)) as output:
            yield from (encode_path(path.rstrip("/")) for path in git_objects.paths(output))

    def _left_out(self, raw: bytes) -> bool:
        """Whether a sparse checkout leaves the file out."""
        return raw in self._skipped and not os.path.lexists(self._place(raw))

    def _look(self, raw: bytes, known: set[str], indexed: str | None) -> str:
        """Return the blob id of what stands at a path, LINK, or "" when nothing that could be read does."""
        if not git_objects.matters(raw, LINK):
            return ""
        try:
            mode = os.lstat(self._place(raw)).st_mode if self._is_real(os.path.dirname(raw)) else 0
        except OSError:
            return ""
        if stat.S_ISLNK(mode):
            return LINK
        if stat.S_ISDIR(mode):
            # A repository of its own; an ordinary folder in the place of a file is only what lies in it.
            return LINK if indexed in (None, LINK) else ""
        if not raw.endswith(PYTHON.encode()):
            # What stands in for a module is asked for its name alone.
            return (indexed or _UNREAD) if stat.S_ISREG(mode) else ""
        file = self._open(raw) if stat.S_ISREG(mode) else None
        return self._keep(file, known) if file is not None else ""

    def _keep(self, file: int, known: set[str]) -> str:
        """Name an open file by its content, and keep what git does not have."""
        with os.fdopen(file, "rb") as opened:
            content = opened.read(_KEPT_BYTES + 1)
            size = len(content) if len(content) <= _KEPT_BYTES else os.fstat(opened.fileno()).st_size
            digest = hashlib.new(self._repository.object_format, b"blob %d\0" % size)
            digest.update(content)
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
        blob = digest.hexdigest()
        if blob not in known and blob not in self._places:
            self._places[blob] = None
            if len(content) <= _KEPT_BYTES:
                self._places[blob] = (self._kept.seek(0, os.SEEK_END), len(content))
                self._kept.write(content)
                self._kept.flush()
        return blob

    def _open(self, raw: bytes) -> int | None:
        """Open a regular file below real folders; None when there is none. Raises GitError for one that is closed."""
        if not self._is_real(os.path.dirname(raw)):
            return None
        try:
            file = os.open(self._place(raw), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except PermissionError as error:
            raise GitError(f"cannot read {decode_path(raw)}: {error.strerror}") from None
        except OSError:
            return None
        if stat.S_ISREG(os.fstat(file).st_mode):
            return file
        os.close(file)
        return None

    def _is_file(self, raw: bytes) -> bool:
        """Whether a regular file stands at a path."""
        with suppress(OSError):
            return self._is_real(os.path.dirname(raw)) and stat.S_ISREG(os.lstat(self._place(raw)).st_mode)
        return False

    def _is_real(self, folder: bytes) -> bool:
        """Whether a folder and all those around it are folders, none of them a link."""
        if folder not in self._real:
            above = self._is_real(os.path.dirname(folder))
            try:
                self._real[folder] = above and stat.S_ISDIR(os.lstat(self._place(folder)).st_mode)
            except OSError:
                self._real[folder] = False
        return self._real[folder]

    def _place(self, raw: bytes) -> bytes:
        return os.path.join(os.fsencode(self._folder), raw)


def renames(gone: Mapping[str, bytes], come: Mapping[str, bytes], limit: int) -> dict[str, str]:
    """Return new path → old path of files that are alike, as git finds them: it compares two folders of copies."""
    with tempfile.TemporaryDirectory() as folder:
        for side, files in (("old", gone), ("new", come)):
            for number, (path, content) in enumerate(files.items()):
                place = Path(folder, side, str(number))
                place.mkdir(parents=True)
                (place / os.fsdecode(encode_path(path).rpartition(b"/")[2])).write_bytes(content)
        options = ("--raw", "-z", "--find-renames=50%", f"-l{limit}", "--diff-filter=R", "--no-abbrev")
        done = complete("diff", "--no-index", *options, "old", "new", what="two trees", cwd=folder)
    if not gone or not come or done.returncode > 1:
        return {}
    before, after = list(gone), list(come)
    fields = done.stdout.split(b"\0")
    pairs = zip(fields[1::3], fields[2::3], strict=False)
    return {after[_number(new)]: before[_number(old)] for old, new in pairs}


def _number(raw: bytes) -> int:
    return int(raw.split(b"/")[1])
