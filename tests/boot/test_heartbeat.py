"""The heartbeat: beat → broker → worker → database, and what /healthz makes of it."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.models import Heartbeat
from dashboard.tasks import record_heartbeat


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
    for _ in range(600):
        if Heartbeat.objects.latest_moment():
            break
        time.sleep(0.05)
    assert Heartbeat.objects.latest_moment() is not None, live_worker.log.read_text()
