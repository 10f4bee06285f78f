"""Where a connected repository is read: in place on this machine, or in a bare mirror that is fetched into."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from .engine import git
from .engine.git_command import complete, run
from .models import Repository
from .remote_urls import check_url
from .remotes import Remote

_PINS = "refs/truthline/scans/"
# A scheme, a host of ssh (git@host:path) or a drive: nothing that is a path here.
_URL = re.compile(r"(?!\.)[^/]*:")


class PathRefused(git.GitError):
    """The path is not one that may be read; `str()` is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """A repository that can be connected: either `url` or `path` is set, `ref` is a branch or tag by its full name.

    `other_ref` is set when a branch and a tag have the name that was asked for.
    """

    url: str
    path: str
    ref: str
    head: str
    other_ref: str = ""


def inspect(source: str, ref: str = "") -> Found:
    """Look at a path or https URL without keeping anything; an empty `ref` is the default branch. Raises GitError."""
    if not source:
        raise PathRefused("Name a path on this machine or an https URL.")
    if ref and not git.check_ref_name(ref):
        raise git.UnknownRevision(f"{ref[:100]!r} cannot be the name of a branch or tag.")
    if not _is_url(source):
        return _inspect_path(source, ref)
    remote = _remote(source)
    listed = remote.refs()
    if not ref and listed.default is None:
        raise git.UnknownRevision(f"{source} has no default branch: name a branch or tag.")
    chosen, other = _choose(listed.refs, ref or listed.default or "", source)
    return Found(remote.url, "", chosen, listed.refs[chosen], other)


def fetch(repository: Repository, progress: Callable[[int, int], None] | None = None) -> git.Repository:
    """Bring the tracked ref up to date and return where to read it. `progress(received, total)` counts objects.

    Raises GitError.
    """
    if repository.path:
        return _local(repository.path)
    if not repository.ref.startswith(("refs/heads/", "refs/tags/")) or not git.check_ref_name(repository.ref):
        raise git.UnknownRevision(f"{repository.ref[:100]!r} is no full name of a branch or tag.")
    remote = _remote(repository.url)
    mirror = _mirror(repository.url)
    with _locked(mirror):
        if not (mirror / "HEAD").exists():
            _initialise(mirror)
        remote.fetch(mirror, repository.ref, progress)
        opened = git.Repository(mirror)
        _refuse_shallow(opened, repository.url)
        _pin(opened, opened.resolve(repository.ref))
    return opened


def held(repository: Repository) -> git.Repository:
    """Return where the repository can be read on this machine right now, without fetching. Raises GitError."""
    if repository.path:
        return _local(repository.path)
    mirror = _mirror(repository.url)
    if not (mirror / "HEAD").exists():
        raise git.NotARepository(f"{repository.url} has not been fetched to this machine yet.")
    return git.Repository(mirror)


def open_at(repository: Repository, sha: str) -> git.Repository:
    """Return the repository holding commit `sha`, fetched if this machine lacks it. Raises GitError."""
    with contextlib.suppress(git.UnknownRevision, git.NotARepository):
        opened = held(repository)
        opened.resolve(sha)
        return opened
    opened = fetch(repository)
    opened.resolve(sha)
    return opened


def _inspect_path(source: str, ref: str) -> Found:
    opened = _local(source)
    refs = dict(opened.refs())
    if not refs:
        opened.resolve("HEAD")  # says it has no commits, unless HEAD is detached
        raise git.UnknownRevision(f"{opened.path} has commits but no branch or tag.")
    if not ref and opened.head_ref is None:
        raise git.UnknownRevision(f"HEAD of {opened.path} is detached: name a branch or tag.")
    if not ref:
        opened.resolve("HEAD")
    chosen, other = _choose(refs, ref or opened.head_ref or "", str(opened.path))
    return Found("", str(opened.path), chosen, refs[chosen], other)


def _choose(refs: Mapping[str, str], name: str, source: str) -> tuple[str, str]:
    """Return the full name meant, a branch before a tag, and the other one of the same short name."""
    candidates = [ref for ref in (name, f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}") if ref in refs]
    if not candidates:
        raise git.UnknownRevision(f"{source} has no branch or tag {name!r}.")
    return candidates[0], candidates[1] if len(candidates) > 1 else ""


def _is_url(source: str) -> bool:
    if source.startswith("-"):
        raise PathRefused(f"{source[:100]!r} starts with a hyphen: it is neither a path nor a URL.")
    return _URL.match(source) is not None


def _local(source: str) -> git.Repository:
    if not source.isprintable():
        raise PathRefused("The path holds characters that cannot be shown.")
    try:
        path = Path(source).resolve()
        roots = [Path(root).resolve() for root in settings.TRUTHLINE_LOCAL_PATHS]
    except (OSError, RuntimeError) as error:
        raise PathRefused(f"{source[:200]} cannot be followed: it leads in circles or nowhere.") from error
    _refuse_outside(path, roots)
    opened = git.Repository(path)
    _refuse_outside(opened.git_dir.resolve(), roots)
    if opened.object_format != "sha1":
        raise git.UnsupportedFormat(f"{path} names its objects with {opened.object_format}: not supported yet.")
    _refuse_shallow(opened, str(path))
    return opened


def _refuse_outside(path: Path, roots: list[Path]) -> None:
    if not roots:
        raise PathRefused("Paths of this machine are not open here (TRUTHLINE_LOCAL_PATHS): give an https URL.")
    if not any(path.is_relative_to(root) for root in roots):
        raise PathRefused(f"{path} is outside the folders that are open here (TRUTHLINE_LOCAL_PATHS).")


def _refuse_shallow(opened: git.Repository, source: str) -> None:
    if opened.is_shallow:
        raise git.ShallowClone(
            f"{source} is a shallow clone: its history is cut off. Run `git fetch --unshallow` there."
        )


def _remote(url: str) -> Remote:
    address = check_url(url, settings.TRUTHLINE_ALLOWED_NETWORKS)
    return Remote(address, ca_file=settings.TRUTHLINE_GIT_CA)


def _mirror(url: str) -> Path:
    """One mirror for all refs of a URL."""
    name = hashlib.sha256(url.encode()).hexdigest()[:32]
    return Path(settings.TRUTHLINE_DATA) / "mirrors" / f"{name}.git"


@contextlib.contextmanager
def _locked(mirror: Path) -> Iterator[None]:
    """Let one process of this machine at a time fetch into a mirror."""
    mirror.parent.mkdir(parents=True, exist_ok=True)
    with open(mirror.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _initialise(mirror: Path) -> None:
    arguments = ("init", "--quiet", "--bare", "--object-format=sha1", "--", os.fspath(mirror))
    if complete(*arguments, what=str(mirror)).returncode:
        raise git.GitError(f"The mirror {mirror} cannot be made: is the disk full or not writable?")


def _pin(opened: git.Repository, tip: str) -> None:
    """Keep a scanned tip when its branch is rewritten; one that the new tip leads to needs no pin of its own."""
    listed = run(opened.git_dir, "for-each-ref", "--format=%(objectname)", _PINS.rstrip("/"))
    for sha in listed.stdout.decode().split():
        if sha != tip and opened.is_ancestor(sha, tip):
            run(opened.git_dir, "update-ref", "-d", f"{_PINS}{sha}")
    run(opened.git_dir, "update-ref", f"{_PINS}{tip}", tip)
