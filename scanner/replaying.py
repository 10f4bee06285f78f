"""The last step of a scan: the head's numbers at once, then all commits from the oldest on, a minute at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from time import monotonic

from django.db import transaction
from django.db.models import F

from . import epochs, history, messages, mirrors, scans, stopping
from .engine import baseline, git, rule
from .engine.config import Config
from .engine.config_file import parse
from .engine.facts import EXTRACTOR_VERSION
from .engine.frozen import Unusable, freeze, thaw
from .engine.parser_pool import ParserPool
from .engine.ranking import Ranking
from .engine.replay import Step, replay, snapshot_at
from .engine.score import TallyRow, key_of
from .engine.snapshot import Snapshot
from .engine.violation import Violation
from .extraction import facts_of
from .leases import Lease
from .models import Baseline, Epoch, Repository, ResolvedTree, Scan
from .recording import Batch, Inconsistent, relocate
from .signals import head_shown, scan_recorded
from .standings import Reckoner

SLICE_SECONDS = 60.0
BATCH_STEPS = 100
BATCH_SECONDS = 5.0


def preview(scan_id: int, pool: ParserPool) -> messages.Step | None:
    """Show the head's violations before any history is known; return "replay" when that may follow."""
    states = (Scan.State.EXTRACTING, Scan.State.REPLAYING)
    scans.work(scan_id, states, lambda scan, lease: Walk(scan, lease, pool).measure())
    # A replay that was asked for meanwhile found the lease taken.
    return "replay" if Scan.objects.filter(pk=scan_id, state=Scan.State.REPLAYING).exists() else None


def replay_next(scan_id: int, pool: ParserPool) -> messages.Step | None:
    """Replay for a minute at most, or until the worker is asked to stop; return "replay" when commits are left."""
    return scans.work(scan_id, (Scan.State.REPLAYING,), lambda scan, lease: _replay(Walk(scan, lease, pool)))


def _replay(walk: Walk) -> messages.Step | None:
    walk.measure()
    walk.restore_places()
    try:
        done = walk.replay(until=monotonic() + SLICE_SECONDS)
    except Inconsistent as error:
        epochs.distrust(walk.epoch)
        raise scans.Refused(f"{error}. The next scan builds the numbers anew.") from error
    if done:
        walk.finish()
    # The numbers first: this is for whoever goes on from here.
    walk.keep()
    return None if done else "replay"


class Walk:
    """One worker's walk along the commits of a scan, under its lease."""

    def __init__(self, scan: Scan, lease: Lease, pool: ParserPool) -> None:
        self.scan = scan
        self.lease = lease
        self.epoch = Epoch.objects.get(scans=scan)
        if (self.epoch.extractor, self.epoch.ruleset) != (EXTRACTOR_VERSION, rule.ruleset()):
            raise scans.Refused("Truthline was updated while this scan ran. The next scan builds the numbers anew.")
        self.head_seq = scan.head_seq or 0
        self.config: Config = parse(self.epoch.config_toml)
        self.source: git.Repository = mirrors.open_at(scan.repository, scan.head_sha)
        self.facts_of = partial(facts_of, self.source, pool)
        self._reached: tuple[str, Snapshot] | None = None  # the commit the replay stands at, once it has begun

    def measure(self) -> None:
        """Pin the denominators at the baseline; where no numbers are shown yet, show the head's as a preview."""
        if self.epoch.pinned is not None:
            return
        seq = self.scan.repository.commits.get(sha=self.epoch.baseline_sha).seq
        snapshot = snapshot_at(self.source, self.epoch.baseline_sha, self.config, self.facts_of)
        pinned = baseline.pin(snapshot.obligations)
        self.epoch.pinned = pinned.to_json()
        with transaction.atomic():
            self.lease.guard(attempts=0, error="", previewed=True)
            self.epoch.save(update_fields=["pinned"])
            Baseline.objects.update_or_create(epoch=self.epoch, defaults={"ranking": snapshot.ranking.to_json()})
            if self.scan.repository.current_epoch_id is None:
                shown = self._preview_epoch()
                batch = Batch(shown)
                [commit] = history.stored(self.scan.repository, seq - 1, seq)
                step = _all_at_once(commit, snapshot)
                batch.add(seq, step, Reckoner(shown, pinned).row(seq, step))
                batch.write(self.lease)
                Repository.objects.filter(pk=self.scan.repository_id).update(current_epoch=shown)
        scans.note(self.scan.pk, f"commit {seq} has {len(snapshot.violations)} open violations")
        if self.scan.repository.current_epoch_id is None:
            head_shown.send_robust(Scan, scan=self.scan, sha=self.epoch.baseline_sha, snapshot=snapshot)

    def restore_places(self) -> None:
        """After a rewind, give open violations the place they had at the fork."""
        if not self.epoch.rewound:
            return
        places: Mapping[str, Violation] = {}
        if fork := self.epoch.replayed_seq:
            sha = self.scan.repository.commits.get(seq=fork).sha
            # Before the transaction: it takes seconds, and whoever cancels the scan would wait for them.
            places = snapshot_at(self.source, sha, self.config, self.facts_of, self._ranking()).violations
        with transaction.atomic():
            self.lease.guard()
            relocate(self.epoch, places)
            self.epoch.rewound = False
            self.epoch.save(update_fields=["rewound"])

    def replay(self, until: float) -> bool:
        """Write commits in batches until that moment; return whether all are written."""
        commits = history.stored(self.scan.repository, self.epoch.replayed_seq, self.head_seq)
        if not commits:
            return True
        reckoner = Reckoner(self.epoch, baseline.Pinned.from_json(self.epoch.pinned or {}))
        snapshot = self._start(commits[0])
        batch = Batch(self.epoch)
        # After a death the first commit is written by itself, so that three deaths in a row are those of one commit.
        most = 1 if self.scan.attempts > 1 else BATCH_STEPS
        written_at = monotonic()
        for step in replay(self.source, commits, snapshot):
            self.lease.check()
            self._reached = step.commit.sha, snapshot
            seq = batch.replayed_seq + 1
            batch.add(seq, step, reckoner.row(seq, step))
            now = monotonic()
            if batch.steps >= most or now - written_at > BATCH_SECONDS or now > until:
                self._write(batch)
                batch, written_at, most = Batch(self.epoch), monotonic(), BATCH_STEPS
                if written_at > until or stopping.asked():
                    break
        if batch.steps:
            self._write(batch)
        scans.note(self.scan.pk, f"replayed {self.epoch.replayed_seq} of {self.head_seq} commits")
        return self.epoch.replayed_seq == self.head_seq

    def finish(self) -> None:
        """Show the epoch and end the scan."""
        with transaction.atomic():
            epochs.finish(self.scan, self.lease, self.epoch)
        scan_recorded.send_robust(Scan, scan=self.scan)

    def keep(self) -> None:
        """Store the tree that was reached, for whoever goes on from there."""
        if self._reached is None:
            return
        sha, snapshot = self._reached
        frozen = BytesIO()
        freeze(snapshot, frozen)
        kept = {"sha": sha, "frozen": frozen.getvalue()}
        with transaction.atomic():
            # The lease may be gone by now: another scan may have gone on, or dropped the epoch.
            same = {"pk": self.epoch.pk, "replayed_seq": self.epoch.replayed_seq}
            still = Epoch.objects.select_for_update(no_key=True).filter(**same).first()
            if still is not None:
                ResolvedTree.objects.update_or_create(epoch=still, defaults=kept)

    def _start(self, first: git.Commit) -> Snapshot:
        """Return the state before a commit: the one that was kept, else its parent's tree resolved anew."""
        if not self.epoch.replayed_seq or first.parent is None:
            return Snapshot(self.config, self.facts_of, self._ranking())
        kept = ResolvedTree.objects.filter(epoch=self.epoch, sha=first.parent).first()
        if kept is not None:
            try:
                thawed = thaw(bytes(kept.frozen), self.config, self.facts_of)
            except Unusable as why:
                scans.note(self.scan.pk, f"the kept tree of {first.parent[:9]} is of no use, resolving it anew: {why}")
            else:
                scans.note(self.scan.pk, f"going on from the kept tree of {first.parent[:9]}")
                return thawed
        return snapshot_at(self.source, first.parent, self.config, self.facts_of, self._ranking())

    def _write(self, batch: Batch) -> None:
        batch.write(self.lease, attempts=0, error="", commits_done=F("commits_done") + batch.steps)

    def _preview_epoch(self) -> Epoch:
        shown = Epoch.objects.get(pk=self.epoch.pk)
        shown.pk = None
        shown.n = 0
        shown.state = Epoch.State.PREVIEW
        shown.pinned = self.epoch.pinned
        shown.replayed_seq = 0
        shown.save(force_insert=True)
        return shown

    def _ranking(self) -> Ranking:
        return Ranking.from_json(Baseline.objects.get(epoch=self.epoch).ranking)


def _all_at_once(commit: git.Commit, snapshot: Snapshot) -> Step:
    """Return a step that introduces everything that is open."""
    found = [snapshot.violations[fingerprint] for fingerprint in sorted(snapshot.violations)]
    return Step(
        commit=commit,
        introduced=tuple(found),
        fixed=(),
        moved=(),
        relocated=(),
        open=len(found),
        tally={key: TallyRow(n, n, 0) for key, n in Counter(map(key_of, found)).items()},
        obligations=snapshot.obligations,
        coverage=snapshot.coverage,
    )
