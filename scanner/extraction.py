"""Facts of the blobs a scan wants: chunks that any worker may take, in any order, twice if it must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from . import messages, mirrors, scans
from .engine.facts import EXTRACTOR_VERSION, decode
from .engine.git import GitError
from .engine.parser_pool import ParserPool
from .leases import kept_alive
from .models import Blob, Chunk, Scan

# About a second of work: a worker that dies loses little, and scans of several repositories take turns.
CHUNK_BLOBS = 128
# Messages of one scan under way at once, each of which takes one chunk and asks for the next.
PARALLEL = 4
STORE_SECONDS = 5.0


def plan(scan: Scan, head: Sequence[str], history: Sequence[str]) -> None:
    """Cut the wanted blobs into chunks, those of the head's tree first. To be called in a transaction."""
    pieces = [(True, piece) for piece in _pieces(head)] + [(False, piece) for piece in _pieces(history)]
    Chunk.objects.filter(scan=scan).delete()
    Chunk.objects.bulk_create(
        [Chunk(scan=scan, n=n, head=is_head, shas=piece) for n, (is_head, piece) in enumerate(pieces)], batch_size=500
    )


def extract_next(scan_id: int, pool: ParserPool) -> messages.Step | None:
    """Analyse the blobs of one chunk; return the step to ask for next, None when others see to it."""
    chunk = _claim(scan_id)
    if chunk is None:
        return None
    if chunk.attempts > scans.MOST_ATTEMPTS:
        files = f"{len(chunk.shas)} files ({chunk.shas[0]} to {chunk.shas[-1]})"
        last = f" The last error was: {chunk.scan.error}" if chunk.scan.error else " A worker died each time."
        reason = f"Gave up after {scans.MOST_ATTEMPTS} attempts to analyse {files}.{last}"
        scans.end(chunk.scan, Scan.State.FAILED, reason)
        return None
    try:
        with kept_alive(lambda: _heartbeat(chunk)):
            _analyse(chunk, pool)
    except GitError as error:  # the repository itself cannot be read: another attempt would not help
        scans.end(chunk.scan, Scan.State.FAILED, str(error))
        return None
    except Exception as error:
        scans.keep_error(scan_id, error)
        Chunk.objects.filter(pk=chunk.pk).update(heartbeat_at=None)
        raise
    return _finish(chunk)


def _claim(scan_id: int) -> Chunk | None:
    with transaction.atomic():
        free = Chunk.objects.claimable().filter(scan=scan_id, scan__state=Scan.State.EXTRACTING)
        chunk = free.select_for_update(of=("self",), skip_locked=True).select_related("scan__repository").first()
        if chunk is not None:
            chunk.attempts += 1
            Chunk.objects.filter(pk=chunk.pk).update(attempts=chunk.attempts, heartbeat_at=Now())
    return chunk


def _analyse(chunk: Chunk, pool: ParserPool) -> None:
    missing = Blob.objects.missing(EXTRACTOR_VERSION, chunk.shas)
    if not missing:
        return
    repository = mirrors.open_at(chunk.scan.repository, chunk.scan.head_sha)
    held: list[Blob] = []
    stored_at = monotonic()
    for sha, facts in pool.extract(repository.blobs(missing)):
        held.append(Blob(sha=sha, extractor=EXTRACTOR_VERSION, outcome=decode(facts).outcome, facts=facts))
        if monotonic() - stored_at > STORE_SECONDS:
            store(held)
            held = []
            stored_at = monotonic()
            # What is stored is progress: the next attempt starts after it.
            Chunk.objects.filter(pk=chunk.pk).update(attempts=1)
    store(held)


def _heartbeat(chunk: Chunk) -> None:
    Chunk.objects.filter(pk=chunk.pk).update(heartbeat_at=Now())
    Scan.objects.filter(pk=chunk.scan_id, state=Scan.State.EXTRACTING).update(heartbeat_at=Now())


def store(blobs: Iterable[Blob]) -> None:
    """Store facts; those that another worker stored meanwhile are the same."""
    # Sorted, so that two workers with the same blobs wait for each other instead of locking each other out.
    Blob.objects.bulk_create(sorted(blobs, key=lambda blob: blob.sha), ignore_conflicts=True)


def _finish(chunk: Chunk) -> messages.Step | None:
    scan = Scan.objects.filter(pk=chunk.scan_id, state=Scan.State.EXTRACTING)
    with transaction.atomic():
        if Chunk.objects.filter(pk=chunk.pk, done=False).update(done=True):
            scan.update(blobs_done=F("blobs_done") + len(chunk.shas), attempts=0, error="", heartbeat_at=Now())
    # Asked after the commit: of two that finish at once, at least the later one sees that both are done.
    return next_step(chunk.scan_id, head=chunk.head)


def next_step(scan_id: int, *, head: bool = False) -> messages.Step | None:
    """Return what follows, deciding it for one caller alone: `head` asks whether the head's blobs are through."""
    chunks = Chunk.objects.filter(scan=scan_id)
    scan = Scan.objects.filter(pk=scan_id, state=Scan.State.EXTRACTING)
    if not chunks.unfinished().exists():
        replaying = scan.update(state=Scan.State.REPLAYING, attempts=0, heartbeat_at=Now())
        return "replay" if replaying else None
    if (
        head
        and not chunks.unfinished().filter(head=True).exists()
        and scan.filter(previewed=False).update(previewed=True)
    ):
        messages.send("preview", scan_id)
    return "extract"


def _pieces(shas: Sequence[str]) -> Iterator[Sequence[str]]:
    return (shas[start : start + CHUNK_BLOBS] for start in range(0, len(shas), CHUNK_BLOBS))
