"""The database or the broker goes away: nothing is lost, and no attempt is counted for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from kombu import pools

from dashboard.celery import app
from scanner import chunks, extraction, outages, preparation, scans, schedule
from scanner.connections import connect
from scanner.engine.parser_pool import ParserPool
from scanner.messages import UNSENT
from scanner.models import Chunk, Scan
from tests.scanner.scanning import finished

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def no_broker(no_worker, monkeypatch) -> Iterator[Callable[[], None]]:
    """Nobody listens where the broker should be, until what it gives is called."""
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    _forget_connections()

    def over() -> None:
        monkeypatch.undo()
        _forget_connections()

    yield over
    over()


def _forget_connections() -> None:
    pools.reset()
    app.amqp._producer_pool = app._pool = None


def end_own_connection() -> None:
    """What a restart of the server does to a worker in the middle of something."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


def broken_off(scan: Scan, lease: scans.Lease) -> None:
    with transaction.atomic():
        lease.guard(head_sha="a" * 40)
        end_own_connection()
        lease.guard()


def test_a_step_that_the_database_broke_off_is_given_back_without_an_attempt(origin, no_broker):
    repository = connect(str(origin.path), scan=False)
    scan = scans.request(repository, Scan.Reason.ASKED)
    for _ in range(2 * scans.MOST_ATTEMPTS):
        with pytest.raises(OperationalError):
            scans.work(scan.pk, (Scan.State.QUEUED, Scan.State.FETCHING), broken_off)
        scan.refresh_from_db()
        assert (scan.state, scan.lease, scan.attempts, scan.error, scan.head_sha) == ("fetching", None, 0, "", "")
    assert preparation.prepare(scan.pk), "it goes on"


def test_a_chunk_that_the_database_broke_off_is_given_back_without_an_attempt(origin, no_broker, monkeypatch):
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    finish = chunks.finish

    def interrupted(chunk: Chunk) -> None:
        with transaction.atomic():
            finish(chunk)
            end_own_connection()
            connection.cursor().execute("SELECT 1")

    with ParserPool() as pool:
        monkeypatch.setattr(chunks, "finish", interrupted)
        for _ in range(2 * scans.MOST_ATTEMPTS):
            with pytest.raises(OperationalError):
                extraction.extract_next(scan.pk, pool)
            assert Chunk.objects.filter(n=0).values_list("attempts", "heartbeat_at", "done").get() == (0, None, False)
        monkeypatch.setattr(chunks, "finish", finish)
        assert extraction.extract_next(scan.pk, pool) == "preview"
    scan.refresh_from_db()
    assert (scan.state, scan.blobs_done, scan.error) == ("extracting", scan.blobs_total, "")


@pytest.fixture
def no_end(monkeypatch) -> Iterator[Callable[[], None]]:
    """The database refuses to end a scan, as it may when two want the same rows, until what it gives is called."""

    def refused(*_: object) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$")
        return False

    monkeypatch.setattr(scans, "end", refused)
    return monkeypatch.undo


def test_a_chunk_whose_end_fails_is_not_held(origin, no_worker, no_end):
    """The next message takes it, and nobody waits until a heartbeat is missed."""
    scan = connect(str(origin.path)).scans.get()
    preparation.prepare(scan.pk)
    Chunk.objects.filter(n=0).update(attempts=scans.MOST_ATTEMPTS)
    with ParserPool() as pool:
        with pytest.raises(OperationalError):
            extraction.extract_next(scan.pk, pool)
        assert Chunk.objects.get(n=0).heartbeat_at is None
        no_end()
        assert extraction.extract_next(scan.pk, pool) is None
    scan.refresh_from_db()
    assert (scan.state, scan.error[:24]) == ("failed", "Gave up after 3 attempts")


def test_a_refusal_that_cannot_be_told_is_told_by_the_next_attempt(origin, no_worker, no_end):
    repository = connect(str(origin.path))
    scan = repository.scans.get()
    origin.path.rename(origin.path.with_name("elsewhere"))
    with pytest.raises(OperationalError):
        preparation.prepare(scan.pk)
    scan.refresh_from_db()
    assert (scan.state, scan.lease) == ("fetching", None)
    no_end()
    assert preparation.prepare(scan.pk) == []
    scan.refresh_from_db()
    assert scan.state == "failed"
    assert str(origin.path) in scan.error


@pytest.mark.parametrize(
    ("statement", "outage"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$", False),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$", False),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", False),
        ("SELECT 1 / 0", False),
        ("nonsense", False),
    ],
)
def test_an_outage_is_told_from_what_work_may_cause(statement, outage):
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert outages.is_outage(caught.value) is outage


def test_an_address_where_nobody_listens_is_an_outage():
    try:
        psycopg.connect("postgres://nobody@127.0.0.1:1/none")
    except psycopg.OperationalError as error:
        wrapped = OperationalError(str(error))
        wrapped.__cause__ = error
    assert outages.is_outage(wrapped)


def test_a_scan_asked_for_without_a_broker_waits_and_says_so(client, django_user_model, origin, no_broker):
    repository = connect(str(origin.path), scan=False)
    client.force_login(django_user_model.objects.create_superuser("lead", password="long enough to guess"))
    response = client.post(f"/repositories/{repository.slug}/scans/start/", follow=True)
    assert response.status_code == 200
    assert UNSENT in response.text
    scan = repository.scans.get()
    assert (scan.state, scan.error) == ("queued", UNSENT)


def test_what_was_not_sent_is_sent_by_the_next_look(origin, no_broker, live_worker):
    repository = connect(str(origin.path))
    assert repository.scans.get().error == UNSENT
    no_broker()
    assert schedule.resend_stale(timedelta(0)) == 1
    assert finished(repository).error == ""
