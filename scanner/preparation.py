"""The first step of a scan: fetch, number the commits, choose the epoch, cut the wanted blobs into chunks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache, partial
from time import monotonic

from django.db import transaction

from . import chunks, epochs, history, messages, mirrors, scans
from .engine import git
from .engine.config import Config
from .leases import Lease
from .models import Epoch, Scan


def prepare(scan_id: int) -> list[messages.Step]:
    """Bring a queued scan to the point where blobs can be analysed; return the steps to ask for next."""
    return scans.work(scan_id, (Scan.State.QUEUED, Scan.State.FETCHING), _prepare) or []


def _prepare(scan: Scan, lease: Lease) -> list[messages.Step]:
    repository = scan.repository
    scans.note(scan.pk, f"reading {repository.source} at {repository.ref}")
    source = mirrors.fetch(repository, _Progress(lease))
    head = source.resolve(repository.ref)
    commits = source.history(head)
    tree = cache(partial(source.tree, head))
    if repository.current_epoch_id is None and not any(path.endswith(git.PYTHON) for path in tree()):
        raise scans.Refused(f"{repository.source} has no Python file at {repository.ref}.")
    written, own = epochs.written_config(repository, source, head)
    lease.check()
    with transaction.atomic():
        lease.guard()
        epoch = _record(scan, commits, written, own, lambda: [*tree(), *source.projects(head)])
        if epoch.state == Epoch.State.LIVE and epoch.replayed_seq == len(commits) and not epoch.rewound:
            epochs.finish(scan, lease, epoch)
            return []
        # What has been replayed was analysed: only what came since is not known.
        wanted = chunks.plan(scan, {} if epoch.replayed_seq else tree())
        lease.guard(
            state=Scan.State.EXTRACTING, epoch=epoch, head_sha=head, head_seq=len(commits), attempts=0, error="",
            # A repository that has numbers keeps them until the new ones are complete.
            previewed=repository.current_epoch_id is not None,
            blobs_total=wanted, blobs_done=0, commits_total=len(commits) - epoch.replayed_seq, commits_done=0,
        )  # fmt: skip
    scans.note(
        scan.pk, f"{len(commits) - epoch.replayed_seq} commits to replay, {wanted} files of the newest to analyse"
    )
    # All of the head may be known from another repository.
    head_known = not wanted and repository.current_epoch_id is None
    following: list[messages.Step] = ["preview"] if head_known else []
    following += ["extract"] * chunks.PARALLEL
    return following


class _Progress:
    """Tells the scan's row, once a second, how many objects git has fetched."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._told_at = 0.0

    def __call__(self, received: int, total: int) -> None:
        now = monotonic()
        if now - self._told_at > 1 or received == total:
            self._told_at = now
            self._lease.guard(objects_done=received, objects_total=total)


def _record(
    scan: Scan, commits: list[git.Commit], written: Config, own: bool, paths: Callable[[], Collection[str]]
) -> Epoch:
    repository = scan.repository
    fork = history.fork_point(repository, [commit.sha for commit in commits])
    dropped = history.record(repository, commits, fork)
    if dropped:
        scans.note(scan.pk, f"the branch was rewritten: {dropped} commits are gone, going on from commit {fork}")
    return epochs.target(repository, written, own, commits[-1].sha, paths)
