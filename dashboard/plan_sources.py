"""Plans that a repository holds already: Markdown at the tracked head that has phases and boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.cache import cache

from dashboard.plan_markdown import MAX_BYTES, PlanError
from scanner import mirrors
from scanner.engine import git
from scanner.engine.path_history import all_paths
from scanner.models import Commit, Repository

MOST_FILES = 5_000
MOST_BYTES = 64 * 1024 * 1024
LONGEST = 512 * 1024  # of a file that is only looked at for this list
KEPT = 24 * 3600  # seconds

# A quick look, for the list alone: what is imported is read by the importer.
_BOX = re.compile(rb"^[ \t>]*(?:[-*+]|\d+[.)])[ \t]+\[[ xX]\]", re.MULTILINE)
_PHASE = re.compile(rb"^(?:#{1,6}[ \t]|[ \t]*\*\*)[^\n]{0,40}\bphase[ \t]*\d", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    path: str
    boxes: int
    phases: int


@dataclass(frozen=True, slots=True)
class Found:
    """`problem` says why nothing could be read; `cut`: there are more documents than were looked at."""

    candidates: list[Candidate]
    looked_at: int = 0
    cut: bool = False
    problem: str = ""


def candidates(repository: Repository) -> Found:
    """Return the documents that look like plans, those with the most boxes first; remembered per commit."""
    head = repository.commits.newest().first()
    if head is None:
        return Found([], problem="Nothing has been scanned yet.")
    key = f"plan-sources:{repository.pk}:{head.sha}"
    found: Found | None = cache.get(key)
    if found is None:
        try:
            found = _look(mirrors.open_at(repository, head.sha), head)
        except git.GitError as error:
            return Found([], problem=str(error))
        cache.set(key, found, KEPT)
    return found


def read(repository: Repository, path: str) -> bytes:
    """Return a document of the tracked head. Raises PlanError."""
    head = repository.commits.newest().first()
    if head is None:
        raise PlanError("Nothing has been scanned yet.")
    try:
        opened = mirrors.open_at(repository, head.sha)
        blob = all_paths(opened, head.sha).get(path)
        if blob is None:
            raise PlanError(f"There is no {path} at {head.short_sha}.")
        for _, data in opened.blobs([blob], max_bytes=MAX_BYTES):
            if data is not None:
                return data
    except git.GitError as error:
        raise PlanError(str(error)) from error
    raise PlanError(f"The file has more than {MAX_BYTES:,} bytes.")


def _look(opened: git.Repository, head: Commit) -> Found:
    documents = {
        path: blob for path, blob in all_paths(opened, head.sha).items() if path.lower().endswith((".md", ".markdown"))
    }
    chosen = dict(sorted(documents.items(), key=lambda item: (item[0].count("/"), item[0]))[:MOST_FILES])
    paths: dict[str, list[str]] = {}
    for path, blob in chosen.items():
        paths.setdefault(blob, []).append(path)
    found: list[Candidate] = []
    looked_at = read_bytes = 0
    for blob, data in opened.blobs(paths, max_bytes=LONGEST):
        looked_at += 1
        read_bytes += len(data or b"")
        found += _candidates(paths[blob], data or b"")
        if read_bytes > MOST_BYTES:
            break
    found.sort(key=lambda one: (-one.boxes, one.path))
    return Found(found, looked_at, cut=looked_at < len(paths) or len(chosen) < len(documents))


def _candidates(paths: list[str], data: bytes) -> Iterator[Candidate]:
    boxes, phases = len(_BOX.findall(data)), len(_PHASE.findall(data))
    if boxes and phases:
        for path in paths:
            yield Candidate(path, boxes, phases)
