"""Workers that die: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from scanner import chunks, extraction, preparation, replaying, scans, schedule
from scanner.connections import connect
from scanner.engine.parser_pool import ParserPool
from scanner.models import Blob, Chunk, Commit, Epoch, Repository, Scan, Standing
from tests.scanner.origin import SMALL, busy_history
from tests.scanner.scanning import finished, held, numbers, wait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AT_ONCE = timedelta(0)
# Inside one transaction no message is ever sent, so no worker meddles.
UNSENT = pytest.mark.django_db(transaction=False)


@pytest.mark.parametrize("state", ["extracting", "replaying"])
def test_kill_in_the_middle(state, live_worker, origin, tmp_path):
    origin.commit_all(busy_history(1500)[1:])
    undisturbed = connect(str(origin.clone(tmp_path / "clone").path))
    finished(undisturbed)
    Blob.objects.all().delete()
    disturbed = connect(str(origin.path))
    done = {"extracting": "blobs_done__gt", "replaying": "commits_done__gt"}[state]
    with held(disturbed, state=state, **{done: 0}):
        live_worker.kill()
    live_worker.start()
    schedule.resend_stale(AT_ONCE)
    assert "no sign of life" in finished(disturbed).log
    assert numbers(disturbed) == numbers(undisturbed)


def test_a_chunk_that_kills_its_worker_ends_after_three_attempts(live_worker, origin):
    live_worker.stop()
    repository = connect(str(origin.path))
    scan = repository.scans.get()
    preparation.prepare(scan.pk)
    for _ in range(scans.MOST_ATTEMPTS):
        # What a killed worker leaves behind: a chunk that was taken and not brought back.
        assert chunks.claim(scan.pk) is not None
        schedule.resend_stale(AT_ONCE)
    live_worker.start()
    scan = finished(repository, "failed")
    assert "Gave up after 3 attempts" in scan.error
    assert repository.current_epoch is None


class Killed(BaseException):
    """No handler catches it, as none runs when a process is killed."""


class MortalPool(ParserPool):
    """Parses for real, and dies before it gives the answer for `victim`, or after one answer when that is empty."""

    victim = ""

    def extract(self, blobs):
        for number, (sha, facts) in enumerate(super().extract(blobs)):
            if sha == self.victim or (number and not self.victim):
                raise Killed
            yield sha, facts


def attempts_at(scan: Scan, pool: ParserPool, most: int) -> Iterator[int]:
    """Analyse until there is nothing to do; yield after each death, as when the reaper has taken the chunk away."""
    for number in range(most):
        try:
            while extraction.extract_next(scan.pk, pool):
                pass
        except Killed:
            schedule.resend_stale(AT_ONCE)
            yield number
        else:
            return


@UNSENT
def test_a_chunk_that_dies_often_but_gets_further_goes_on(origin):
    origin.commit({f"shop/part{n}.py": f"x = {n}\n" for n in range(10)})
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    with MortalPool() as pool:
        deaths = [*attempts_at(scan, pool, 40)]
    scan.refresh_from_db()
    assert scan.state == "replaying", scan.error
    assert len(deaths) > 2 * scans.MOST_ATTEMPTS
    assert scan.blobs_done == scan.blobs_total


@UNSENT
def test_a_file_that_kills_its_worker_is_named(origin):
    origin.commit({f"shop/part{n}.py": f"x = {n}\n" for n in range(10)})
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    with MortalPool() as pool:
        pool.victim = origin.git("rev-parse", "main:shop/part4.py")
        deaths = [*attempts_at(scan, pool, 40)]
    scan.refresh_from_db()
    assert (scan.state, len(deaths)) == ("failed", 1 + scans.MOST_ATTEMPTS)
    assert "the first of them shop/part4.py. A worker died each time." in scan.error


@UNSENT
def test_a_commit_that_kills_its_worker_is_named(origin, monkeypatch):
    """The deaths before it do not count, though they came in the same minute."""
    origin.commit_all(busy_history(30)[1:])
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    write, deaths = replaying.Batch.write, 0

    def mortal(batch, lease, **progress):
        if batch.epoch.state == Epoch.State.BUILDING and batch.replayed_seq >= 20:
            raise Killed
        write(batch, lease, **progress)

    with ParserPool() as pool:
        [*attempts_at(scan, pool, 1)]
        monkeypatch.setattr(replaying, "BATCH_STEPS", 8)
        monkeypatch.setattr(replaying.Batch, "write", mortal)
        # The first time the whole batch is lost, then the commits before it are written one by one.
        for _ in range(60):
            scan.refresh_from_db()
            if not scan.is_active:
                break
            try:
                replaying.replay_next(scan.pk, pool)
            except Killed:
                deaths += 1
                schedule.resend_stale(AT_ONCE)
    assert (scan.state, scan.epoch.replayed_seq) == ("failed", 19)
    assert f"without getting further (replaying, at commit 20 of {scan.head_seq})" in scan.error
    assert deaths >= scans.MOST_ATTEMPTS


@UNSENT
def test_a_worker_that_died_between_the_last_chunk_and_the_next_step(origin):
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    while (chunk := chunks.claim(scan.pk)) is not None:
        with ParserPool() as pool:
            extraction._work(chunk, pool)
    scan.refresh_from_db()
    assert (scan.state, scan.blobs_done) == ("extracting", scan.blobs_total)
    with ParserPool() as pool:
        assert extraction.extract_next(scan.pk, pool) == "replay"
        assert extraction.extract_next(scan.pk, pool) is None, "one alone asks for it"
    scan.refresh_from_db()
    assert scan.state == "replaying"


@UNSENT
def test_a_step_that_comes_to_its_end_is_no_attempt(origin):
    """A message that is delivered again and again finds little to do; that is no reason to give up."""
    origin.commit_all(busy_history(30)[1:])
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    with ParserPool() as pool:
        [*attempts_at(scan, pool, 1)]
        for _ in range(2 * scans.MOST_ATTEMPTS):
            replaying.preview(scan.pk, pool)
        replaying.replay_next(scan.pk, pool)
    scan.refresh_from_db()
    assert scan.state == "done", scan.error


@pytest.mark.parametrize("signal", ["terminate", "kill"])
def test_a_worker_that_is_stopped_hands_over(live_worker, origin, tmp_path, signal):
    """TERM is heard in the middle of a replay: what is written stays, and the next worker starts there at once."""
    origin.commit_all(busy_history(1500)[1:])
    repository = connect(str(origin.path))
    with held(repository, commits_done__gt=0):
        began = time.monotonic()
        if signal == "terminate":
            live_worker.ask_to_stop()
        else:
            live_worker.kill()
    live_worker.stop()
    scan = repository.scans.get()
    assert scan.state == "replaying"
    if signal == "terminate":
        assert time.monotonic() - began < replaying.SLICE_SECONDS / 2
        assert (scan.lease, scan.attempts, scan.error) == (None, 0, "")
        assert f"replayed {scan.commits_done} of {scan.commits_total} commits" in scan.log
    live_worker.start()
    if signal == "kill":
        schedule.resend_stale(AT_ONCE)
    done = finished(repository)
    assert (done.pk, done.commits_done) == (scan.pk, 1500)


def test_a_force_push_in_the_middle(live_worker, origin, tmp_path):
    """The scan ends with the commits it began with, and the next one rewinds."""
    steps = busy_history(400)
    origin.commit_all(steps[1:200])
    fork = origin.git("rev-parse", "main")
    origin.commit_all(steps[200:])
    repository = connect(str(origin.path))
    wait(lambda: repository.scans.exclude(head_sha="").exists())
    origin.commit_all([{"shop/cart.py": f"# moved down\n{SMALL['shop/cart.py']}"}], base=fork)
    first = finished(repository)
    assert (first.head_seq, repository.commits.count()) == (400, 400)
    scans.request(repository, Scan.Reason.ASKED)
    assert "the branch was rewritten: 200 commits are gone" in finished(repository).log
    fresh = connect(str(origin.clone(tmp_path / "clone").path))
    finished(fresh)
    for part in ("commits", "lifetimes", "tallies"):
        assert numbers(repository)[part] == numbers(fresh)[part], part


@pytest.mark.parametrize("state", ["extracting", "replaying"])
def test_a_repository_deleted_in_the_middle(live_worker, origin, tmp_path, state):
    """Nothing of it stays, and the worker goes on with others."""
    origin.commit_all(busy_history(1500)[1:])
    repository = connect(str(origin.path))
    done = {"extracting": "blobs_done__gt", "replaying": "commits_done__gt"}[state]
    # Who deletes rows by hand has to hold these two: else a worker writes between what Django lists and deletes.
    with held(repository, state=state, **{done: 0}):
        Repository.objects.select_for_update().get(pk=repository.pk)
        repository.delete()
    other = connect(str(origin.clone(tmp_path / "clone").path))
    finished(other)
    for model in (Scan, Chunk, Epoch, Commit):
        mine = {"scan__repository": other} if model is Chunk else {"repository": other}
        assert model.objects.count() == model.objects.filter(**mine).count(), model
    assert Standing.objects.count() == 1500
    assert "died" not in Scan.objects.get().log


@pytest.mark.parametrize("state", ["extracting", "replaying"])
def test_a_scan_cancelled_in_the_middle_is_gone_on_with(live_worker, origin, tmp_path, state):
    origin.commit_all(busy_history(1500)[1:])
    repository = connect(str(origin.path))
    done = {"extracting": "blobs_done__gt", "replaying": "commits_done__gt"}[state]
    with held(repository, state=state, **{done: 0}) as scan:
        assert scans.cancel(scan)
    written = repository.epochs.get(state="building").replayed_seq
    scans.request(repository, Scan.Reason.ASKED)
    scan = finished(repository)
    assert scan.commits_total == 1500 - written
    fresh = connect(str(origin.clone(tmp_path / "clone").path))
    finished(fresh)
    assert numbers(repository) == numbers(fresh)


@UNSENT
def test_a_step_that_kills_its_worker_ends_after_three_attempts(origin):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    for _ in range(scans.MOST_ATTEMPTS):
        assert scans.claim(scan.pk, (Scan.State.QUEUED, Scan.State.FETCHING)) is not None
        assert scans.claim(scan.pk, (Scan.State.FETCHING,)) is None, "somebody works on it"
        schedule.resend_stale(AT_ONCE)
    assert scans.claim(scan.pk, (Scan.State.FETCHING,)) is None
    scan.refresh_from_db()
    assert (scan.state, scan.attempts) == ("failed", 3)
    assert "A worker died each time" in scan.error


@UNSENT
def test_a_worker_that_lost_its_lease_writes_nothing(origin):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    _, lease = scans.claim(scan.pk, (Scan.State.QUEUED,))
    schedule.resend_stale(AT_ONCE)
    _, second = scans.claim(scan.pk, (Scan.State.FETCHING,))
    with pytest.raises(scans.LeaseLost):
        lease.guard(head_sha="a" * 40)
    lease.release()
    scan.refresh_from_db()
    assert (scan.lease, scan.head_sha) == (second.token, "")
    second.guard(head_sha="b" * 40)


@UNSENT
def test_an_update_in_the_middle_ends_the_scan(origin, monkeypatch):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    preparation.prepare(scan.pk)
    with ParserPool() as pool:
        while Scan.objects.get(pk=scan.pk).state == Scan.State.EXTRACTING:
            extraction.extract_next(scan.pk, pool)
        monkeypatch.setattr(replaying, "EXTRACTOR_VERSION", 0)
        replaying.replay_next(scan.pk, pool)
    scan.refresh_from_db()
    assert scan.state == Scan.State.FAILED
    assert "Truthline was updated while this scan ran" in scan.error
    assert not repository.epochs.filter(replayed_seq__gt=0).exists()
