"""What git can fail with: every error is one clear sentence for a person."""

from __future__ import annotations

import re

_MISSING = re.compile(
    r"unable to read|missing (blob|tree|commit|object)|bad (object|tree|blob)|[Cc]ould not (read|parse|fetch|get)|"
    r"[Ff]ailed to traverse|not a valid object|unable to find|promisor",
)


class GitError(Exception):
    """git could not do what was asked; `str(error)` is one clear sentence for a person."""


class NotARepository(GitError):
    """The path holds no git repository."""


class UnknownRevision(GitError):
    """The revision names no commit of the repository."""


class EmptyRepository(GitError):
    """The repository has no commit yet."""


class MissingObject(GitError):
    """An object that is needed is not in the repository: a partial, shallow or damaged clone."""


class ShallowClone(GitError):
    """The history is cut off, so lifetimes cannot be told."""


class UnsupportedFormat(GitError):
    """The repository names its objects with sha256."""


class TreeTooLarge(GitError):
    """A commit's tree or change has more, longer or deeper paths than any honest repository."""


class Stalled(GitError):
    """git neither answers nor ends: its disk does not, or the repository keeps it busy for ever."""


class FileTooLarge(GitError):
    """A file is larger than what is read into memory."""


def explain(stderr: bytes, what: str) -> GitError:
    """Turn what git said into one error for a person; `what` names the repository."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if not line.startswith("warning:")]
    text = re.sub(r"^(fatal|error): ", "", lines[-1] if lines else "it ended without a word")
    text = "".join(char if char.isprintable() else "?" for char in text)[:300]
    if re.search(r"[Oo]ut of memory", text):
        return TreeTooLarge(f"git ran out of memory while reading {what}.")
    if any(_MISSING.search(line) for line in lines):
        return MissingObject(f"{what} lacks objects that are needed ({text}): is it a partial or damaged clone?")
    return GitError(f"git could not read {what}: {text}.")
