"""The blobs a scan wants, cut into chunks: planned, claimed, finished, and what follows the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef
from django.db.models.functions import Greatest, Now

from . import messages
from .engine import git
from .engine.facts import EXTRACTOR_VERSION
from .models import Blob, Chunk, Scan
from .models.scans import ScanQuerySet

# About a second of work: a worker that dies loses little, and scans of several repositories take turns. Claiming a
# chunk, opening the repository and counting it as done cost some 25 ms.
CHUNK_BLOBS = 160
# Messages of one scan under way at once, each of which takes one chunk and asks for the next.
PARALLEL = 4


def plan(scan: Scan, tree: dict[str, str]) -> int:
    """Make the chunks of the head's tree, and one that stands for the whole history; return the blobs wanted.

    Listing the history takes a while, so it is a chunk itself, the first after the head's. To be called in a
    transaction.
    """
    wanted = Blob.objects.missing(EXTRACTOR_VERSION, python_blobs(tree.items()))
    Chunk.objects.filter(scan=scan).delete()
    _create(scan, wanted, start=0, head=True)
    Chunk.objects.create(scan=scan, n=len(wanted), head=False, shas=[])
    return len(wanted)


def add_history(chunk: Chunk, blobs: Iterable[str]) -> None:
    """Make chunks of the history's blobs and finish the one that stood for them."""
    # Those of the head may be under way at this moment.
    planned = {sha for shas in Chunk.objects.filter(scan=chunk.scan_id).values_list("shas", flat=True) for sha in shas}
    wanted = Blob.objects.missing(EXTRACTOR_VERSION, (sha for sha in blobs if sha not in planned))
    with transaction.atomic():
        _lock_scan(chunk)
        if not Chunk.objects.filter(pk=chunk.pk, done=False).update(done=True):
            return
        last = Chunk.objects.filter(scan=chunk.scan_id).aggregate(last=Max("n"))["last"]
        _create(chunk.scan, wanted, start=last + 1, head=False)
        _extracting(chunk.scan_id).update(
            blobs_total=F("blobs_total") + len(wanted), attempts=0, error="", heartbeat_at=Now()
        )
    # The messages that found nothing to do while the history was listed are gone.
    for _ in range(PARALLEL - 1):
        messages.send("extract", chunk.scan_id)


def claim(scan_id: int) -> Chunk | None:
    """Take the next chunk that nobody works on."""
    with transaction.atomic():
        free = Chunk.objects.claimable().filter(scan=scan_id, scan__state=Scan.State.EXTRACTING)
        chunk = free.select_for_update(of=("self",), skip_locked=True).select_related("scan__repository").first()
        if chunk is not None:
            chunk.attempts += 1
            Chunk.objects.filter(pk=chunk.pk).update(attempts=chunk.attempts, heartbeat_at=Now())
    return chunk


def heartbeat(chunk: Chunk) -> None:
    """Say that somebody works on it."""
    Chunk.objects.filter(pk=chunk.pk).update(heartbeat_at=Now())
    _extracting(chunk.scan_id).update(heartbeat_at=Now())


def give_back(chunk: Chunk, *, counts: bool) -> None:
    """Let another take it; the attempt that broke off `counts` unless nobody is to blame."""
    attempts = F("attempts") if counts else Greatest(F("attempts") - 1, 0)
    Chunk.objects.filter(pk=chunk.pk).update(attempts=attempts, heartbeat_at=None)


def finish(chunk: Chunk) -> None:
    """Count its blobs as done, once."""
    with transaction.atomic():
        _lock_scan(chunk)
        if Chunk.objects.filter(pk=chunk.pk, done=False).update(done=True):
            _extracting(chunk.scan_id).update(
                blobs_done=F("blobs_done") + len(chunk.shas), attempts=0, error="", heartbeat_at=Now()
            )


def next_step(chunk: Chunk) -> messages.Step | None:
    """Return what follows a finished chunk; of several callers one alone is told "preview" or "replay".

    Asked after the commit of `finish`: of two that finish at once, at least the later one sees that both are done.
    """
    chunks = Chunk.objects.filter(scan=chunk.scan_id).unfinished()
    if not chunks.exists():
        return after_all(chunk.scan_id)
    head_done = chunk.head and not chunks.filter(head=True).exists()
    if head_done and _extracting(chunk.scan_id).filter(previewed=False).update(previewed=True):
        return "preview"
    return "extract"


def after_all(scan_id: int) -> messages.Step | None:
    """Return "replay", to one caller alone, if no chunk is left: who finished the last may not have lived to ask."""
    unfinished = Chunk.objects.unfinished().filter(scan=OuterRef("pk"))
    done = _extracting(scan_id).exclude(Exists(unfinished))
    last = done.update(state=Scan.State.REPLAYING, attempts=0, heartbeat_at=Now())
    return "replay" if last else None


def python_blobs(files: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Return the blobs of Python files among (path, blob), once each, in their order."""
    return dict.fromkeys(sha for path, sha in files if path.endswith(git.PYTHON) and sha != git.LINK)


def _lock_scan(chunk: Chunk) -> None:
    """Before the chunk, as scans.end does: in the other order, a cancel and a chunk's end would wait for each other."""
    Scan.objects.select_for_update(no_key=True).filter(pk=chunk.scan_id).values("pk").first()


def _extracting(scan_id: int) -> ScanQuerySet:
    return Scan.objects.filter(pk=scan_id, state=Scan.State.EXTRACTING)


def _create(scan: Scan, blobs: Sequence[str], *, start: int, head: bool) -> None:
    pieces = [blobs[at : at + CHUNK_BLOBS] for at in range(0, len(blobs), CHUNK_BLOBS)]
    rows = (Chunk(scan=scan, n=n, head=head, shas=piece) for n, piece in enumerate(pieces, start))
    Chunk.objects.bulk_create(rows, batch_size=500)
