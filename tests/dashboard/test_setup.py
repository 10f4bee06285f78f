"""Setting up what was just connected: what the page shows, and what an answer does."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import RegistrySurvey, RegistryVersion
from scanner.engine import config_file
from scanner.models import Epoch, Repository, Scan
from tests.dashboard import world

ADDRESS = "/repositories/app/setup/"
NAMES = [f"Cart{n}" for n in range(14)]


def found(name: str) -> dict[str, object]:
    return {"symbol": name, "module": f"app.{name.lower()}", "public": [], "importance": 2, "reason": "2 definitions"}


@pytest.fixture
def app(db) -> Repository:
    made = world.repository([world.life()], config_toml='services = ["app"]\n')
    Scan.objects.filter(repository=made).update(state=Scan.State.REPLAYING, finished_at=None)
    return Repository.objects.get(pk=made.pk)


def survey(app: Repository, *names: str) -> None:
    RegistrySurvey.objects.create(
        repository=app, epoch=app.current_epoch, found=[found(name) for name in names], at=timezone.now()
    )


def test_it_waits_for_a_worker_and_then_for_nobody(signed_in: Client, app: Repository) -> None:
    text = signed_in.get(ADDRESS).text
    assert f'hx-get="{ADDRESS}" hx-trigger="every 2s"' in text
    assert '<noscript> <a href="">Load this page again</a>' in text
    assert "Register and scan" not in text
    survey(app, *NAMES)
    part = signed_in.get(ADDRESS, headers={"HX-Request": "true"}).text
    assert "hx-trigger" not in part
    assert "<html" not in part
    assert "Register and scan" in part


def test_the_best_are_ticked_and_each_has_its_reason(signed_in: Client, app: Repository) -> None:
    survey(app, *NAMES)
    text = signed_in.get(ADDRESS).text
    ticked = [name for name in NAMES if f'value="{name}" id="suggested-{name}" checked' in text]
    assert ticked == NAMES[:5]
    assert text.count("2 definitions. Home:") == len(NAMES)
    assert "More symbols" in text


def test_an_answer_registers_them_and_a_scan_with_them_takes_the_place_of_the_first(
    signed_in: Client, app: Repository
) -> None:
    survey(app, *NAMES)
    [first] = Scan.objects.all()
    response = signed_in.post(ADDRESS, {"suggested": ["Cart1", "Cart3", "Nobody"]}, follow=True)
    assert response.redirect_chain[-1][0] == "/repositories/app/"
    assert "2 symbols are registered. The scan that starts now measures with them." in response.text
    version = RegistryVersion.objects.saved().first()
    config = config_file.parse(Repository.objects.get().config_toml)
    assert [entry.symbol for entry in config.canonical] == ["Cart1", "Cart3"]
    assert config.services == ("app",)
    assert (version.author.username, version.note) == ("lead", "Chosen when the repository was connected.")
    first.refresh_from_db()
    assert first.state == Scan.State.CANCELLED
    assert Scan.objects.exclude(pk=first.pk).get().reason == Scan.Reason.SETTINGS


def test_no_answer_changes_nothing(signed_in: Client, app: Repository) -> None:
    survey(app, *NAMES)
    response = signed_in.post(ADDRESS, {})
    assert response["Location"] == "/repositories/app/"
    assert not RegistryVersion.objects.exists()
    assert Scan.objects.get().state == Scan.State.REPLAYING


def test_a_file_of_its_own_leaves_nothing_to_set_up(signed_in: Client, app: Repository) -> None:
    Epoch.objects.update(config_in_repository=True)
    for response in (signed_in.get(ADDRESS, follow=True), signed_in.post(ADDRESS, {"suggested": "Cart1"}, follow=True)):
        assert response.redirect_chain[-1][0] == "/repositories/app/"
        assert "has its own truthline.toml" in response.text


def test_nothing_worth_registering(signed_in: Client, app: Repository) -> None:
    survey(app)
    text = signed_in.get(ADDRESS).text
    assert "None: no class or function has several homes or many importers." in text
    assert "Register and scan" not in text
    assert "Go on" in text


def test_while_history_is_read_the_summary_leads_there(signed_in: Client, app: Repository) -> None:
    assert ADDRESS not in signed_in.get("/repositories/app/").text
    Epoch.objects.update(state=Epoch.State.PREVIEW)
    assert f'href="{ADDRESS}"' in signed_in.get("/repositories/app/").text
    Repository.objects.update(config_toml='services = ["app"]\n[[canonical]]\nsymbol = "A"\nmodule = "app.a"\n')
    assert ADDRESS not in signed_in.get("/repositories/app/").text
