from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import AuditEvent
from scanner.models import Repository, Scan
from tests.dashboard import world

ADDRESS = "/repositories/app/settings/"


@pytest.fixture
def app(db) -> Repository:
    return world.repository(config_toml='services = ["app"]\n')


def post(client: Client, **changes: object):
    values = {"name": "app", "interval_minutes": 60, "config_toml": 'services = ["app"]\n'} | changes
    return client.post(ADDRESS, values)


def test_saving_nothing_new_asks_for_no_scan(signed_in: Client, app: Repository) -> None:
    assert post(signed_in).status_code == 302
    assert not Scan.objects.active().exists()


def test_a_browser_s_line_ends_are_no_new_configuration(signed_in: Client, app: Repository) -> None:
    assert post(signed_in, name="another", config_toml='services = ["app"]\r\n').status_code == 302
    app.refresh_from_db()
    assert (app.name, app.config_toml) == ("another", 'services = ["app"]\n')
    assert not Scan.objects.active().exists()


def test_a_new_configuration_is_kept_and_scanned(signed_in: Client, app: Repository) -> None:
    assert post(signed_in, config_toml='services = ["app", "web"]\r\n').status_code == 302
    app.refresh_from_db()
    assert app.config_toml == 'services = ["app", "web"]\n'
    assert Scan.objects.active().get().reason == Scan.Reason.SETTINGS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("servces = []\n", "servces"),
        ("services = 3\n", "services"),
        ("[limits]\nfile_lines = 'many'\n", "file_lines"),
        ("services = [\n", ""),
    ],
)
def test_a_wrong_configuration_is_explained_and_what_was_typed_stays(
    signed_in: Client, app: Repository, text: str, words: str
) -> None:
    response = post(signed_in, name="another", config_toml=text)
    assert response.status_code == 422
    assert "Nothing was saved." in response.text
    assert 'id="id_config_toml_error"' in response.text
    error = response.text.split('id="id_config_toml_error"')[1].split("</ul>")[0]
    assert words in error
    typed = response.context["form"]["config_toml"].value()
    assert typed == text
    assert 'value="another"' in response.text
    assert '<a class="repo" href="/repositories/app/">app</a>' in response.text
    app.refresh_from_db()
    assert (app.name, app.config_toml) == ("app", 'services = ["app"]\n')
    assert not Scan.objects.active().exists()


@pytest.mark.parametrize(("minutes", "due"), [(15, timedelta(minutes=15)), (1440, timedelta(days=1)), (0, None)])
def test_the_interval_sets_the_next_scan(signed_in: Client, app: Repository, minutes: int, due) -> None:
    post(signed_in, interval_minutes=minutes)
    app.refresh_from_db()
    assert app.interval_minutes == minutes
    if due is None:
        assert app.next_scan_at is None
    else:
        assert abs(app.next_scan_at - timezone.now() - due) < timedelta(minutes=1)


@pytest.mark.parametrize("changes", [{"interval_minutes": 7}, {"interval_minutes": "x"}, {"name": ""}])
def test_other_nonsense_is_refused(signed_in: Client, app: Repository, changes: dict[str, object]) -> None:
    assert post(signed_in, **changes).status_code == 422


def test_archive_stops_scans_and_can_be_undone(signed_in: Client, app: Repository) -> None:
    Scan.objects.create(repository=app, state=Scan.State.REPLAYING)
    Scan.objects.create(repository=app, state=Scan.State.QUEUED)
    response = signed_in.post(ADDRESS + "archive/", {"archived": "yes"}, follow=True)
    assert "is archived. Its numbers are kept." in response.text
    app.refresh_from_db()
    assert app.archived_at
    assert app.current_epoch
    assert not Scan.objects.active().exists()
    signed_in.post(ADDRESS + "archive/", {"archived": "no"})
    app.refresh_from_db()
    assert app.archived_at is None
    assert app.next_scan_at <= timezone.now()
    signed_in.post(ADDRESS + "archive/", {"archived": "no"})
    assert [str(event) for event in AuditEvent.objects.order_by("pk")] == ["lead archived app", "lead took up app"]


def test_who_changed_the_name_is_remembered(signed_in: Client, app: Repository) -> None:
    post(signed_in)
    assert not AuditEvent.objects.exists()
    post(signed_in, name="another")
    event = AuditEvent.objects.get()
    assert (str(event), event.detail) == ("lead changed the settings of another", {"fields": ["name"]})


def test_a_file_in_the_repository_that_wins_is_named(signed_in: Client, app: Repository) -> None:
    app.current_epoch.config_in_repository = True
    app.current_epoch.save()
    assert "at the tracked head wins" in signed_in.get(ADDRESS).text
