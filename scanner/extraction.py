"""Facts of the blobs a scan wants: chunks that any worker may take, in any order, twice if it must be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from time import monotonic

from . import chunks, history, messages, mirrors, outages, scans
from .engine.codec import decode
from .engine.facts import EXTRACTOR_VERSION, Facts
from .engine.git import GitError, Repository
from .engine.parser_pool import ParserPool
from .leases import kept_alive
from .models import Blob, Chunk, Scan

STORE_SECONDS = 5.0
# Rows deleted in one statement, which keeps its locks short, and in one call, which keeps its worker busy for some
# seconds: the next call goes on.
_DELETED_AT_ONCE = 2_000
_DELETED_IN_A_CALL = 200_000


def extract_next(scan_id: int, pool: ParserPool) -> messages.Step | None:
    """Analyse the blobs of one chunk; return the step to ask for next, None when others see to it."""
    chunk = chunks.claim(scan_id)
    if chunk is None:
        return chunks.after_all(scan_id)
    try:
        if chunk.attempts > scans.MOST_ATTEMPTS:
            scans.end(chunk.scan, Scan.State.FAILED, _gave_up(chunk))
            return None
        return _finished(chunk, pool)
    except Exception as error:
        counts = not outages.is_outage(error)
        try:
            if counts:
                scans.keep_error(scan_id, error)
        finally:
            outages.once_back(lambda: chunks.give_back(chunk, counts=counts))
        raise


def _finished(chunk: Chunk, pool: ParserPool) -> messages.Step | None:
    try:
        with kept_alive(lambda: chunks.heartbeat(chunk)):
            _work(chunk, pool)
    except GitError as error:  # the repository itself cannot be read: another attempt would not help
        scans.end(chunk.scan, Scan.State.FAILED, str(error))
        return None
    return chunks.next_step(chunk)


def _work(chunk: Chunk, pool: ParserPool) -> None:
    source = mirrors.open_at(chunk.scan.repository, chunk.scan.head_sha)
    if chunk.stands_for_history:
        chunks.add_history(chunk, chunks.python_blobs(_changed(chunk.scan, source)))
    else:
        _analyse(chunk, source, pool)
        chunks.finish(chunk)


def _analyse(chunk: Chunk, source: Repository, pool: ParserPool) -> None:
    # After a death each file is stored by itself, so that three deaths in a row are those of one file.
    every = 0.0 if chunk.attempts > 1 else STORE_SECONDS
    for _ in extract(source, Blob.objects.missing(EXTRACTOR_VERSION, chunk.shas), pool, every):
        if chunk.attempts > 1:  # what is stored is progress: the next attempt starts after it
            chunk.attempts = 1
            Chunk.objects.filter(pk=chunk.pk).update(attempts=1)


def extract(source: Repository, shas: Sequence[str], pool: ParserPool, every: float = STORE_SECONDS) -> Iterator[Blob]:
    """Parse blobs and store their facts `every` so many seconds; yield each when it is stored."""
    held: list[Blob] = []
    stored_at = monotonic()
    for sha, facts in pool.extract(source.blobs(shas)):
        held.append(Blob(sha=sha, extractor=EXTRACTOR_VERSION, outcome=decode(facts).outcome, facts=facts))
        if monotonic() - stored_at > every:
            yield from _stored(held)
            held, stored_at = [], monotonic()
    yield from _stored(held)


def facts_of(source: Repository, pool: ParserPool, shas: Collection[str]) -> Iterator[tuple[str, Facts]]:
    """Yield the facts of these blobs: stored ones, and where some are missing yet, new ones.

    They are missing when a preview asks for the earlier versions of a file that cannot be read.
    """
    missing = set(shas)
    for sha, data in Blob.objects.facts(EXTRACTOR_VERSION, shas):
        missing.discard(sha)
        yield sha, decode(data)
    if missing:
        yield from ((blob.sha, decode(bytes(blob.facts))) for blob in extract(source, sorted(missing), pool))


def forget_outdated() -> int:
    """Delete facts of earlier extractor versions, which nothing reads after an update; return how many.

    Not while a scan of such a version is under way: a worker that was not updated yet would have to find them anew.
    """
    if Scan.objects.active().filter(epoch__extractor__lt=EXTRACTOR_VERSION).exists():
        return 0
    outdated = Blob.objects.outdated(EXTRACTOR_VERSION)
    forgotten, last = 0, ""
    while forgotten < _DELETED_IN_A_CALL:
        # Onwards along the primary key: from the start it would go over all those just deleted, again and again.
        found = outdated.filter(sha__gt=last).order_by("sha").values_list("sha", flat=True)[:_DELETED_AT_ONCE]
        shas = list(found)
        if not shas:
            break
        last = shas[-1]
        forgotten += outdated.filter(sha__in=shas).delete()[0]
    return forgotten


def _stored(blobs: list[Blob]) -> list[Blob]:
    # Sorted, so that two workers with the same blobs wait for each other instead of locking each other out.
    # What another worker stored meanwhile is the same.
    return Blob.objects.bulk_create(sorted(blobs, key=lambda blob: blob.sha), ignore_conflicts=True)


def _changed(scan: Scan, source: Repository) -> Iterator[tuple[str, str]]:
    """Yield (path, blob) of what came with the commits that are to be replayed."""
    replayed = scan.epoch.replayed_seq if scan.epoch else 0
    commits = [commit.sha for commit in history.stored(scan.repository, replayed, scan.head_seq or 0)]
    for changes in source.changes(commits):
        yield from ((change.path, change.new) for change in changes if change.new)


def _path(chunk: Chunk, sha: str) -> str:
    """Return where the blob lies in the newest tree; blobs of the history alone have only their id."""
    with suppress(GitError):
        tree = mirrors.open_at(chunk.scan.repository, chunk.scan.head_sha).tree(chunk.scan.head_sha)
        return next((path for path, blob in tree.items() if blob == sha), f"blob {sha}")
    return f"blob {sha}"


def _gave_up(chunk: Chunk) -> str:
    what = "list the files of the history"
    if not chunk.stands_for_history:
        left = Blob.objects.missing(EXTRACTOR_VERSION, chunk.shas) or chunk.shas
        what = f"analyse {len(left)} files, the first of them {_path(chunk, left[0])}"
    last = f" The last error was: {chunk.scan.error}" if chunk.scan.error else " A worker died each time."
    return f"Gave up after {scans.MOST_ATTEMPTS} attempts to {what}.{last}"
