"""The first step of a scan: fetch, number the commits, choose the epoch, cut the wanted blobs into chunks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from django.db import transaction

from . import epochs, extraction, history, messages, mirrors, scans
from .engine import git
from .engine.config import Config
from .engine.facts import EXTRACTOR_VERSION
from .leases import Lease
from .models import Blob, Epoch, Scan


def prepare(scan_id: int) -> list[messages.Step]:
    """Bring a queued scan to the point where blobs can be analysed; return the steps to ask for next."""
    return scans.work(scan_id, (Scan.State.QUEUED, Scan.State.FETCHING), _prepare) or []


def _prepare(scan: Scan, lease: Lease) -> list[messages.Step]:
    repository = scan.repository
    scans.note(scan.pk, f"reading {repository.source} at {repository.ref}")
    source = mirrors.fetch(repository)
    head = source.resolve(repository.ref)
    commits = source.history(head)
    tree = source.tree(head)
    if repository.current_epoch_id is None and not any(path.endswith(git.PYTHON) for path in tree):
        raise scans.Refused(f"{repository.source} has no Python file at {repository.ref}.")
    written, own = epochs.written_config(repository, source, head, tree)
    lease.check()
    with transaction.atomic():
        lease.guard()
        epoch = _record(scan, commits, written, own, tree)
        if epoch.state == Epoch.State.LIVE and epoch.replayed_seq == len(commits) and not epoch.rewound:
            epochs.finish(scan, lease, epoch)
            return []
        new = [commit.sha for commit in commits[epoch.replayed_seq :]]
    on_head = Blob.objects.missing(EXTRACTOR_VERSION, _python(tree.items()))
    seen = set(on_head)
    earlier = [
        sha for sha in Blob.objects.missing(EXTRACTOR_VERSION, _python(_changed(source, new))) if sha not in seen
    ]
    with transaction.atomic():
        extraction.plan(scan, on_head, earlier)
        lease.guard(
            state=Scan.State.EXTRACTING, epoch=epoch, head_sha=head, head_seq=len(commits), attempts=0, error="",
            # A repository that has numbers keeps them until the new ones are complete.
            previewed=repository.current_epoch_id is not None,
            blobs_total=len(on_head) + len(earlier), blobs_done=0, commits_total=len(new), commits_done=0,
        )  # fmt: skip
    scans.note(scan.pk, f"{len(new)} commits to replay, {len(on_head) + len(earlier)} files to analyse")
    following = extraction.next_step(scan.pk)
    if following != "extract":
        return [following] if following else []
    # All of the head may be known from another repository.
    preview: list[messages.Step] = ["preview"] if not on_head and repository.current_epoch_id is None else []
    return preview + ["extract"] * extraction.PARALLEL


def _record(scan: Scan, commits: list[git.Commit], written: Config, own: bool, paths: Collection[str]) -> Epoch:
    repository = scan.repository
    fork = history.fork_point(repository, [commit.sha for commit in commits])
    dropped = history.record(repository, commits, fork)
    if dropped:
        scans.note(scan.pk, f"the branch was rewritten: {dropped} commits are gone, going on from commit {fork}")
    return epochs.target(repository, written, own, commits[-1].sha, paths)


def _changed(source: git.Repository, commits: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (path, blob) of what came with these commits."""
    for changes in source.changes(commits):
        yield from ((change.path, change.new) for change in changes if change.new)


def _python(files: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Return the blobs of Python files, once each, in their order."""
    return dict.fromkeys(sha for path, sha in files if path.endswith(git.PYTHON) and sha != git.LINK)
