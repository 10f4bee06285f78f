"""Many want the same scan at once: one runs, one may wait for it, and everybody is told."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scanner import chunks, epochs, extraction, history, mirrors, preparation, replaying, scans, schedule, tasks
from scanner.connections import connect
from scanner.engine.parser_pool import ParserPool
from scanner.models import Chunk, Commit, Epoch, Repository, ResolvedTree, Scan
from tests.scanner.origin import SMALL, busy_history
from tests.scanner.scanning import beside, finished, wait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MANY = 24


def at_once(act: Callable[[], Any]) -> list[Any]:
    """Call it in many threads that all start in the same moment; return what each got."""
    barrier, found = Barrier(MANY), []

    def run() -> None:
        try:
            barrier.wait()
            found.append(act())
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == MANY, "one of them broke"
    return found


def elsewhere(act: Callable[[], None]) -> None:
    """Do it on a connection of its own."""
    with beside() as begin:
        begin(act)


def test_many_buttons_make_one_scan(no_worker, origin, client: Client, django_user_model, live_server):
    repository = connect(str(origin.path), scan=False)
    client.force_login(django_user_model.objects.create_superuser("lead", password="long enough to guess"))
    client.get("/")
    # The test server listens with a queue of ten; beyond it the kernel answers with SYN cookies, and
    # one that comes back late is refused with a reset.
    live_server.thread.httpd.socket.listen(4 * MANY)
    address = live_server.url.removeprefix("http://")
    session = client.cookies["truthline_session"].value

    def press() -> tuple[int, str]:
        browser = http.client.HTTPConnection(address, timeout=60)
        token = "a" * 32
        headers = {
            "Cookie": f"truthline_session={session}; truthline_csrf={token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = f"csrfmiddlewaretoken={token}"
        browser.request("POST", f"/repositories/{repository.slug}/scans/start/", form, headers)
        answer = browser.getresponse()
        return answer.status, answer.headers["Location"]

    answers = Counter(at_once(press))
    scan = repository.scans.get()
    assert answers == {(302, f"/repositories/{repository.slug}/scans/{scan.pk}/"): MANY}
    assert scan.state == "queued"
    assert "no second one was made" in client.post(f"/repositories/{repository.slug}/scans/start/", follow=True).text
    scans.claim(scan.pk, (Scan.State.QUEUED,))
    told = client.post(f"/repositories/{repository.slug}/scans/start/", follow=True).text
    assert f"It starts when scan {scan.pk}, which runs now, has ended." in told
    told = client.post(f"/repositories/{repository.slug}/scans/start/", follow=True).text
    assert "no second one was made" in told
    assert sorted(repository.scans.values_list("state", flat=True)) == ["fetching", "queued"]


def test_many_requests_while_one_runs_make_one_that_waits(no_worker, origin):
    repository = connect(str(origin.path))
    running = repository.scans.get()
    _, lease = scans.claim(running.pk, (Scan.State.QUEUED,))
    asked = at_once(lambda: scans.request(repository, Scan.Reason.SCHEDULED))
    assert len({scan.pk for scan in asked}) == 1
    assert Counter(scan.joined for scan in asked) == {True: MANY - 1, False: 1}
    # The one that waits does not start beside the one that runs, however often it is asked to.
    assert at_once(lambda: scans.claim(asked[0].pk, (Scan.State.QUEUED,))) == [None] * MANY
    with CaptureQueriesContext(connection) as looked:
        scans.claim(asked[0].pk, (Scan.State.QUEUED,))
    # It is asked to every few seconds: nothing is tried that the database would log as an error.
    assert not [query for query in looked.captured_queries if query["sql"].startswith("UPDATE")]
    lease.guard()


def test_a_message_delivered_many_times_is_carried_out_once(no_worker, origin):
    scan = connect(str(origin.path)).scans.get()
    claimed = at_once(lambda: scans.claim(scan.pk, (Scan.State.QUEUED, Scan.State.FETCHING)))
    assert len([one for one in claimed if one]) == 1
    scan.refresh_from_db()
    assert scan.attempts == 1


def test_many_workers_take_a_chunk_each(no_worker, origin):
    origin.commit({f"shop/many{n}.py": f"x = {n}\n" for n in range(64 * 2)})
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    taken = [chunk.n for chunk in at_once(lambda: chunks.claim(scan.pk)) if chunk]
    assert sorted(taken) == sorted(Chunk.objects.values_list("n", flat=True))


def test_a_scan_that_is_cancelled_while_a_chunk_ends(no_worker, origin):
    """They lock the same rows: whichever comes first, neither waits for the other for ever."""
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    chunk = chunks.claim(scan.pk)
    with beside() as begin, transaction.atomic():
        Scan.objects.select_for_update().get(pk=scan.pk)
        begin(partial(scans.cancel, scan))
        begin(partial(chunks.finish, chunk))
    scan.refresh_from_db()
    assert (scan.state, scan.blobs_done) == ("cancelled", 0)
    assert not Chunk.objects.exists()


def test_a_button_while_beat_asks(no_worker, origin):
    """Whoever adds a row asks for what it points at as late as at the commit, when it holds all the rest."""
    repository = connect(str(origin.path), scan=False)
    type(repository).objects.update(next_scan_at=repository.created_at)
    with beside() as begin, transaction.atomic():
        scan = scans.request(repository, Scan.Reason.ASKED)
        begin(tasks.enqueue_due_scans)
    assert repository.scans.get() == scan


def test_a_tree_that_is_kept_while_its_epoch_is_dropped(no_worker, origin):
    """As when a scan is cancelled and the next has another configuration: the worker of the first still keeps."""
    origin.commit_all(busy_history(4)[1:])
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    with ParserPool() as pool:
        while extraction.extract_next(scan.pk, pool) != "replay":
            pass
        walk = replaying.Walk(*scans.claim(scan.pk, (Scan.State.REPLAYING,)), pool)
        walk.measure()
        walk.replay(until=0.0)
        walk.keep()
    with beside() as begin, transaction.atomic():
        ResolvedTree.objects.select_for_update().get(epoch=walk.epoch)
        begin(partial(history.drop, walk.epoch))
        begin(walk.keep)
    assert not ResolvedTree.objects.exists()


def test_a_rewritten_branch_s_places_are_found_before_anything_is_locked(no_worker, origin):
    """It may take seconds, for which a page that cancels the scan would wait."""
    fork = origin.git("rev-parse", "main")
    origin.commit({"shop/cart.py": f"# moved down\n{SMALL['shop/cart.py']}"})
    repository = connect(str(origin.path))
    free: list[bool] = []

    def is_free() -> None:
        with transaction.atomic():
            free.append(Scan.objects.select_for_update(skip_locked=True).filter(pk=scan.pk).exists())

    with ParserPool() as pool:
        for _ in range(2):
            scan = repository.scans.active().get()
            preparation.prepare(scan.pk)
            while extraction.extract_next(scan.pk, pool) != "replay":
                pass
            walk = replaying.Walk(*scans.claim(scan.pk, (Scan.State.REPLAYING,)), pool)
            if walk.epoch.rewound:
                break
            walk.measure()
            walk.replay(until=float("inf"))
            walk.finish()
            origin.commit_all([{"shop/late.py": "x = 1\n"}], base=fork)
            scans.request(repository, Scan.Reason.ASKED)
        facts_of = walk.facts_of

        def looked(shas):
            elsewhere(is_free)
            return facts_of(shas)

        walk.facts_of = looked
        walk.restore_places()
    assert free
    assert all(free)
    assert not Epoch.objects.get(pk=walk.epoch.pk).rewound


def test_a_configuration_that_is_saved_while_the_first_scan_fetches(no_worker, origin):
    """A suggestion does not replace what a person wrote."""
    repository = connect(str(origin.path), scan=False)
    Repository.objects.update(config_toml="")
    scan, _ = scans.claim(scans.request(repository, Scan.Reason.ASKED).pk, (Scan.State.QUEUED,))
    Repository.objects.update(config_toml='services = ["ours"]\n')
    source = mirrors.fetch(scan.repository)
    written, own = epochs.written_config(scan.repository, source, source.resolve(repository.ref))
    assert (written.services, own) == (("ours",), False)
    assert Repository.objects.get().config_toml == 'services = ["ours"]\n'


def test_two_repositories_of_one_name_are_connected_at_once(no_worker, origin, tmp_path):
    other = origin.clone(tmp_path / "elsewhere" / "shop")
    with beside() as begin, transaction.atomic():
        connect(str(origin.path), name="Shop", scan=False)
        begin(lambda: connect(str(other.path), name="Shop", scan=False))
    assert dict(Repository.objects.values_list("slug", "path")) == {
        "shop": str(origin.path),
        "shop-2": str(other.path),
    }


def test_many_beats_ask_for_one_scan(no_worker, origin):
    repository = connect(str(origin.path), scan=False)
    type(repository).objects.update(next_scan_at=repository.created_at)
    at_once(tasks.enqueue_due_scans)
    assert repository.scans.count() == 1


def test_a_real_worker_is_not_confused_by_many_messages(live_worker, origin):
    """Every step is asked for many times over while a worker works on it."""
    origin.commit_all([{f"shop/part{n}.py": f"import shop.gone{n}\n"} for n in range(60)])
    repository = connect(str(origin.path))
    scan = repository.scans.get()

    def again() -> bool:
        for task in (tasks.prepare, tasks.extract, tasks.preview, tasks.replay):
            task.delay(scan.pk)
        return repository.active_scan() is None

    wait(again)
    assert finished(repository).pk == scan.pk
    epoch = type(repository).objects.get(pk=repository.pk).current_epoch
    assert (epoch.replayed_seq, epoch.standings.count(), Commit.objects.count()) == (61, 61, 61)
    assert not Chunk.objects.exists()
    assert schedule.resend_stale() == 0
