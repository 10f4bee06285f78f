"""The heartbeat: beat → broker → worker → database, and what /healthz makes of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.celery import app
from dashboard.models import Heartbeat
from dashboard.tasks import record_heartbeat
from tests.scanner.scanning import wait


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("age", "beat", "status"),
    [(None, "never", 503), (timedelta(seconds=30), "ok", 200), (timedelta(minutes=10), "late", 503)],
)
def test_healthz_tells_the_age_of_the_last_beat(client, age, beat, status):
    if age is not None:
        Heartbeat.objects.create(pk=Heartbeat.ONLY, at=timezone.now() - age)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["beat"]) == (status, beat)
    assert (answer.json()["database"], answer.json()["broker"]) == ("ok", "ok")


@pytest.mark.django_db
def test_healthz_reports_a_broker_that_is_gone(client, monkeypatch):
    monkeypatch.setattr("dashboard.celery.app.conf.broker_read_url", "redis://127.0.0.1:1/0")
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert (answer.json()["database"], answer.json()["broker"]) == ("ok", "unreachable")


@pytest.mark.django_db(transaction=True)
def test_healthz_reports_a_database_that_is_gone_and_one_that_is_back(client, monkeypatch):
    Heartbeat.objects.create(pk=Heartbeat.ONLY, at=timezone.now())
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "PORT", "1")
        connection.close()
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"database": "unreachable", "broker": "ok", "beat": "unknown", "last_beat": None}
    assert client.get("/healthz").status_code == 200


def test_a_real_worker_records_the_heartbeat(live_worker):
    record_heartbeat.delay()
    wait(Heartbeat.objects.exists)


def test_a_worker_that_settled_takes_no_task_before_the_next_test(live_worker):
    """What a task asks for in its last moment would else run while the tables are cleared."""
    live_worker.settle()
    assert queues() == []
    record_heartbeat.delay()
    live_worker.start()
    assert queues() == ["truthline"]
    wait(Heartbeat.objects.exists)


def queues() -> list[str]:
    """Those that the worker takes tasks from."""
    [found] = app.control.inspect(timeout=30, limit=1).active_queues().values()
    return [queue["name"] for queue in found]
