"""The first parents of the tracked ref, numbered from the root; and back to the fork when the branch was rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection, transaction

from .engine import git
from .models import Epoch, Repository, Standing, Tally, Violation
from .recording import copy

COLUMNS = ("repository_id", "seq", "sha", "parent", "author", "email", "committed_at", "subject", "merge")


def fork_point(repository: Repository, shas: Sequence[str]) -> int:
    """Return the seq of the newest recorded commit that is still in the history; 0 when none is.

    `shas` are all first parents, oldest first: commit `seq` is at `seq - 1`.
    """
    recorded = repository.commits.order_by("-seq").values_list("seq", "sha")
    return next((seq for seq, sha in recorded.iterator() if seq <= len(shas) and shas[seq - 1] == sha), 0)


def record(repository: Repository, commits: Sequence[git.Commit], fork: int) -> int:
    """Make the recorded history that of `commits` (all of them, oldest first), which agrees up to `fork`.

    Return how many recorded commits were dropped. To be called in a transaction.
    """
    dropped = repository.commits.filter(seq__gt=fork).count()
    if dropped:
        rewind(repository, fork)
    rows = (_row(repository, seq, commit) for seq, commit in enumerate(commits[fork:], start=fork + 1))
    copy("scanner_commit", COLUMNS, rows)
    return dropped


def rewind(repository: Repository, seq: int) -> None:
    """Forget everything after commit `seq`: what began later goes, what ended later is open again."""
    epochs = repository.epochs.all()
    for preview in epochs.filter(state=Epoch.State.PREVIEW, replayed_seq__gt=seq):
        drop(preview)  # it knows nothing older than its head
    _delete_violations([epoch.pk for epoch in epochs], after=seq)
    Violation.objects.filter(epoch__in=epochs, fixed__gt=seq).update(fixed=None, moved=False)
    Tally.objects.filter(epoch__in=epochs, seq__gt=seq).delete()
    Standing.objects.filter(epoch__in=epochs, seq__gt=seq).delete()
    # Places and messages are the latest ones, so those of the forgotten commits: replaying.restore_places.
    epochs.filter(replayed_seq__gt=seq).update(replayed_seq=seq, rewound=True)
    repository.commits.filter(seq__gt=seq).delete()


def drop(epoch: Epoch, *, keep_line: bool = False) -> None:
    """Delete an epoch, or with `keep_line` retire it: the standings and tallies stay for the chart."""
    with transaction.atomic():
        # Before what hangs on it, as Walk.keep does.
        Epoch.objects.select_for_update(no_key=True).filter(pk=epoch.pk).values("pk").first()
        _delete_violations([epoch.pk], after=0)
        if keep_line:
            Epoch.objects.filter(pk=epoch.pk).update(state=Epoch.State.RETIRED)
        else:
            epoch.delete()


def stored(repository: Repository, after: int, until: int) -> list[git.Commit]:
    """Return the recorded commits after one seq up to another, as the engine knows them."""
    rows = repository.commits.filter(seq__gt=after, seq__lte=until).order_by("seq")
    return [
        git.Commit(
            sha=row.sha,
            parent=row.parent or None,
            merge=row.merge,
            author=row.author,
            email=row.email,
            committed_at=int(row.committed_at.timestamp()),
            subject=row.subject,
        )
        for row in rows
    ]


def _row(repository: Repository, seq: int, commit: git.Commit) -> tuple[object, ...]:
    when = datetime.fromtimestamp(commit.committed_at, UTC)
    return (
        repository.pk, seq, commit.sha, commit.parent or "", commit.author, commit.email, when, commit.subject,
        commit.merge,
    )  # fmt: skip


def _delete_violations(epochs: Sequence[int], after: int) -> None:
    # Plain SQL: Django would first look for the rows that continue each of these, and those began later still.
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM scanner_violation WHERE epoch_id = ANY(%s) AND introduced > %s", [list(epochs), after]
        )
