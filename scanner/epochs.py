"""Which epoch a scan writes, and the swap that makes a replayed one the live one."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db.models import Max
from django.db.models.functions import Now

from . import scans
from .engine import config, git, rule, suggestion
from .engine.config_file import parse
from .engine.facts import EXTRACTOR_VERSION
from .history import drop
from .leases import Lease
from .models import Epoch, Repository, Scan
from .scans import Refused


def written_config(repository: Repository, source: git.Repository, head: str) -> tuple[config.Config, bool]:
    """Return the configuration for a scan of `head`, and whether it is the repository's own file, which wins.

    What may stay until a phase that is finished may stay until its day. Where nobody has written a configuration it is
    suggested from the tree and stored, so that the next tree has the same.
    """
    own = source.read(head, config.FILE_NAME)
    if own is None and not repository.config_toml:
        suggested = config.to_toml(suggestion.suggest_at(source, head))
        # A person may have saved one since the scan was claimed: fetching may take long.
        Repository.objects.filter(pk=repository.pk, config_toml="").update(config_toml=suggested)
        repository.refresh_from_db(fields=["config_toml"])
    try:
        written = parse(repository.config_toml if own is None else own)
        return config.with_finished(written, repository.finished_phases), own is not None
    except config.ConfigError as error:
        where = "the settings" if own is None else f"{config.FILE_NAME} at commit {head[:9]}"
        raise Refused(f"In {where}: {str(error).rstrip('.')}. The numbers of the last good scan are kept.") from error


def target(
    repository: Repository, written: config.Config, own: bool, head: str, paths: Callable[[], Collection[str]]
) -> Epoch:
    """Return the live epoch when nothing that shapes its numbers changed, else one to build beside it.

    A half-built one is gone on with while its baseline is still in the history. `paths` are those of the head's tree
    and of its project files, asked for when a new one needs them. To be called in a transaction.
    """
    same = {"config_digest": written.digest, "ruleset": rule.ruleset(), "extractor": EXTRACTOR_VERSION}
    live = repository.epochs.filter(state=Epoch.State.LIVE, **same).first()
    building = repository.epochs.filter(state=Epoch.State.BUILDING).first()
    if building is not None:
        kept = repository.commits.filter(sha=building.baseline_sha).exists()
        if live is None and kept and all(getattr(building, name) == value for name, value in same.items()):
            return building
        drop(building)
    if live is not None:
        Epoch.objects.filter(pk=live.pk).update(config_in_repository=own)
        return live
    last = repository.epochs.aggregate(last=Max("n"))["last"] or 0
    return Epoch.objects.create(
        repository=repository,
        n=last + 1,
        # One configuration for all commits of the epoch: roots that nobody named are those of the baseline's tree.
        config_toml=config.to_toml(suggestion.complete(written, paths)),
        config_in_repository=own,
        baseline_sha=head,
        **same,
    )


def distrust(epoch: Epoch) -> None:
    """Let the next scan build this epoch's numbers anew; a live one is shown until then."""
    if epoch.state == Epoch.State.BUILDING:
        drop(epoch)
    else:
        Epoch.objects.filter(pk=epoch.pk).update(config_digest="")


def finish(scan: Scan, lease: Lease, epoch: Epoch) -> None:
    """Show the replayed epoch in place of what was shown, and end the scan. To be called in a transaction."""
    lease.guard()
    repository = scan.repository
    if epoch.state == Epoch.State.BUILDING:
        for old in repository.epochs.filter(state=Epoch.State.LIVE):
            drop(old, keep_line=True)
        Epoch.objects.filter(pk=epoch.pk).update(state=Epoch.State.LIVE)
        Repository.objects.filter(pk=repository.pk).update(current_epoch=epoch)
        for preview in repository.epochs.filter(state=Epoch.State.PREVIEW):
            drop(preview)
    Repository.objects.filter(pk=repository.pk).update(last_scanned_at=Now())
    scans.end(scan, Scan.State.DONE)
