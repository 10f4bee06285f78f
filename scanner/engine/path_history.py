"""When files came, went and moved along the first parents, whatever their kind; and which files hold a word."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from scanner.engine import globs
from scanner.engine.git import GitError, MissingObject, Repository, TreeTooLarge, UnknownRevision
from scanner.engine.git_command import run, stream
from scanner.engine.git_objects import decode_path, encode_path

_DIFF = (
    "diff-tree", "--stdin", "--raw", "-r", "-z", "--root", "--no-abbrev", "--no-renames", "--diff-merges=first-parent",
)  # fmt: skip
_RENAMES = (
    "diff-tree", "--stdin", "--raw", "-r", "-z", "--no-abbrev", "--diff-merges=first-parent", "--diff-filter=R",
    "-l1000",
)  # fmt: skip
MAX_TOUCHES = 200_000
MAX_MOVES = 50  # of one file
_ENTRY_BYTES = 8_192
_MAGIC = re.compile(r"[*?\[]")
_SHA = re.compile(r"[0-9a-f]{40}")
_SUFFIX = re.compile(r"(?<=[^/])\.\w{1,20}\Z")


class Touch(NamedTuple):
    """A commit that added (`old` None), changed or deleted (`new` None) a path. `old` and `new` are object ids."""

    commit: str
    path: str
    old: str | None
    new: str | None


class Move(NamedTuple):
    """A commit in which a file left the path `old` for the path `new`, changed or not."""

    commit: str
    old: str
    new: str


class Trail(NamedTuple):
    """Where a file went, oldest move first: it ends at `path` with the content `blob`, None where it is deleted."""

    moves: tuple[Move, ...]
    path: str
    blob: str | None


def touches(repository: Repository, tip: str, paths: Collection[str]) -> list[Touch]:
    """Return what the first parents of `tip` did to these paths or globs, oldest first.

    Raises GitError, TreeTooLarge when a glob matches more than MAX_TOUCHES changes.
    """
    if not paths:
        return []
    specs = ["--", *sorted(_pathspec(path) for path in set(paths))]
    listed = ("rev-list", "--first-parent", "--reverse", _known(tip), *specs)
    with stream(repository.git_dir, *listed, what=str(repository.path)) as output:
        commits = []
        while (record := output.record(b"\n", _ENTRY_BYTES)) is not None:
            commits.append(record[0].decode("ascii"))
    found: list[Touch] = []
    commit = ""
    arguments = (*_DIFF, *specs)
    with stream(repository.git_dir, *arguments, lines=commits, what=str(repository.path)) as output:
        while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
            if not record[0].startswith(b":"):
                commit = record[0].decode("ascii")
                continue
            path = output.record(b"\0", _ENTRY_BYTES)
            if path is None:
                raise GitError("git broke off in the middle of a change.")
            _, _, old, new, _ = record[0].decode("ascii").split()
            found.append(Touch(commit, decode_path(path[0]), _object(old), _object(new)))
            if len(found) > MAX_TOUCHES:
                raise TreeTooLarge(f"More than {MAX_TOUCHES:,} changes match {', '.join(sorted(paths))[:200]}.")
    return found


def literal(path: str) -> str:
    """Return the glob that means this path alone, whatever signs its name holds."""
    if not _MAGIC.search(path):
        return path
    return re.sub(r"[*?\[]", r"[\g<0>]", path).replace(r"\x5c", r"\x5c\x5c")  # as decode_path writes a backslash


def trail(repository: Repository, tip: str, path: str) -> Trail | None:
    """Follow a file along the first parents of `tip` from where it was last at `path`; None when it never was there.

    It moved where the commit that deleted it added a file with the same content, or one that git's rename detection
    pairs with it (half of the content is the same). Raises GitError.
    """
    moves: list[Move] = []
    blob: str | None = None
    while True:
        story = [touch for touch in touches(repository, tip, [literal(path)]) if touch.path == path]
        if not story:
            return Trail(tuple(moves), path, blob) if moves else None
        blob = story[-1].new
        goal = _renamed_to(repository, story[-1].commit, path) if blob is None and len(moves) < MAX_MOVES else None
        if goal is None:
            return Trail(tuple(moves), path, blob)
        moves.append(Move(story[-1].commit, path, goal))
        path = goal


def _renamed_to(repository: Repository, commit: str, path: str) -> str | None:
    """Return the path that a commit renamed `path` to.

    The same content is looked for everywhere; a changed one only among files with the same ending, because comparing
    all that a large commit moved takes long.
    """
    suffix = _SUFFIX.search(path)
    alike = ("--find-renames=50%", "--", f":(top,glob)**/*{suffix[0]}" if suffix else ":(top)")
    for options in (("--find-renames=100%", "--"), alike):
        with contextlib.suppress(MissingObject):  # a partial clone lacks what would be compared
            arguments = (*_RENAMES, *options)
            with stream(repository.git_dir, *arguments, lines=[commit], what=str(repository.path)) as output:
                while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
                    if not record[0].startswith(b":"):
                        continue
                    old, new = output.record(b"\0", _ENTRY_BYTES), output.record(b"\0", _ENTRY_BYTES)
                    if old and new and decode_path(old[0]) == path:
                        return decode_path(new[0])
    return None


def first_added(repository: Repository, tip: str, blob: str) -> str | None:
    """Return the first commit along the first parents of `tip` that has a file with this content; None without one."""
    with stream(
        repository.git_dir, "rev-list", "--first-parent", "--reverse", _known(tip), "--", what=str(repository.path)
    ) as output:
        commits = []
        while (record := output.record(b"\n", _ENTRY_BYTES)) is not None:
            commits.append(record[0].decode("ascii"))
    told = (*_DIFF, f"--find-object={_known(blob)}")
    with stream(repository.git_dir, *told, lines=commits, what=str(repository.path)) as output:
        commit = ""
        while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
            if not record[0].startswith(b":"):
                commit = record[0].decode("ascii")
            else:
                output.record(b"\0", _ENTRY_BYTES)
                if record[0].split()[3].decode("ascii") == blob:
                    return commit
    return None


def matching(path: str, pattern: str) -> bool:
    """Whether a path is meant by a path or glob."""
    if not _MAGIC.search(pattern) and not pattern.endswith("/"):
        return path == pattern
    return re.fullmatch(globs.translate(pattern), path, re.DOTALL) is not None


def all_paths(repository: Repository, commit: str) -> dict[str, str]:
    """Return every path of a commit's tree with its object id, whatever its kind."""
    found: dict[str, str] = {}
    with stream(
        repository.git_dir, "ls-tree", "-r", "-z", "--full-tree", _known(commit), what=str(repository.path)
    ) as output:
        while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
            meta, _, raw = record[0].partition(b"\t")
            found[decode_path(raw)] = meta.decode("ascii").split()[2]
            if len(found) > MAX_TOUCHES:
                raise TreeTooLarge(f"The repository has a commit with more than {MAX_TOUCHES:,} paths.")
    return found


def files_holding(repository: Repository, commit: str, words: Iterable[str]) -> set[str]:
    """Return the Python files of a commit that hold one of these identifiers as a whole word."""
    wanted = [part for word in words if word.isidentifier() for part in ("-e", word)]
    if not wanted:
        return set()
    done = run(
        repository.git_dir, "grep", "-l", "-z", "-w", "-F", "--no-textconv", *wanted, _known(commit), "--", "*.py"
    )
    if done.returncode not in {0, 1}:
        raise GitError(f"git could not search {repository.path}.")
    return {decode_path(raw.partition(b":")[2]) for raw in done.stdout.split(b"\0") if raw}


def _pathspec(path: str) -> str:
    raw = encode_path(path).decode("utf-8", "surrogateescape")
    if path.endswith("/"):
        return f":(glob,top){raw}**"
    return f":({'glob' if _MAGIC.search(path) else 'literal'},top){raw}"


def _known(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise UnknownRevision(f"{sha[:60]!r} is no commit id.")
    return sha


def _object(sha: str) -> str | None:
    return sha if sha.strip("0") else None
