"""What ends its worker is not started for ever, and says so; what nobody is to blame for is no attempt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.dashboard import world
from tests.dashboard.registry.conftest import origin, scan, shop
from tests.scanner.conftest import no_worker

if TYPE_CHECKING:
    from scanner.models import Repository
    from tests.scanner.origin import Origin

__all__ = ["no_worker", "origin", "scan", "shop"]

BASKET = '\n[[canonical]]\nsymbol = "Basket"\nmodule = "shop.cart"\n'


@pytest.fixture
def pool() -> Iterator[object]:
    from scanner.engine.parser_pool import ParserPool

    with ParserPool() as pool:
        yield pool


def killed(row) -> None:
    """What a worker leaves behind that was killed at its work."""
    assert row.take()
    assert not row.take(), "somebody works on it"
    long_ago = timezone.now() - timedelta(minutes=1)
    type(row).objects.filter(pk=row.pk).update(heartbeat_at=long_ago)


def test_a_draft_that_kills_its_worker_fails_after_three(shop: Repository, lead, pool, signed_in: Client) -> None:
    from dashboard import registry
    from dashboard.models import RegistryVersion

    draft = registry.draft(shop, shop.config_toml + BASKET, lead)
    for _ in range(3):
        killed(draft)
    registry.measure(draft, pool)
    draft.refresh_from_db()
    assert (draft.state, draft.effect) == ("failed", None)
    page = signed_in.get(f"/repositories/{shop.slug}/registry/{draft.pk}/").text
    assert "It could not be measured: 3 attempts broke off" in page
    registry.measure_again(draft)
    registry.measure(draft, pool)
    draft.refresh_from_db()
    assert (draft.state, draft.attempts, draft.heartbeat_at) == ("measured", 0, None)
    assert not RegistryVersion.objects.waiting().exists()


def test_a_survey_that_kills_its_worker_ends_after_three(shop: Repository, pool, signed_in: Client) -> None:
    from dashboard import registry
    from dashboard.models import RegistrySurvey

    RegistrySurvey.objects.all().delete()  # as if the scan's worker had died before it could look
    assert [one.pk for one in registry.unsurveyed()] == [shop.pk]
    registry.ask_survey(shop)
    survey = RegistrySurvey.objects.get()
    for _ in range(3):
        killed(survey)
    registry.survey(shop, pool)
    assert not registry.unsurveyed().exists(), "it is not asked for again"
    page = signed_in.get(f"/repositories/{shop.slug}/registry/").text
    assert "They could not be looked for: 3 attempts broke off" in page
    registry.ask_survey(shop)
    registry.survey(shop, pool)
    survey.refresh_from_db()
    assert [row["symbol"] for row in survey.found] == ["Basket"]
    assert survey.problem == ""


def test_what_is_worked_on_is_left_alone(shop: Repository, lead, pool) -> None:
    from dashboard import registry

    draft = registry.draft(shop, shop.config_toml + BASKET, lead)
    assert draft.take()
    registry.measure(draft, pool)
    draft.refresh_from_db()
    assert (draft.state, draft.attempts) == ("draft", 1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_evaluation_that_the_database_broke_off_is_no_attempt(no_worker, shop: Repository, monkeypatch) -> None:
    from django.db import OperationalError

    from dashboard import evaluation
    from dashboard.models import Plan
    from tests.scanner.test_outages import end_own_connection

    plan = world.plan(shop)
    Plan.objects.update(evaluated_sha="", attempts=0)

    def interrupted(*_: object) -> None:
        end_own_connection()
        connection.cursor().execute("SELECT 1")

    monkeypatch.setattr(evaluation, "_settle_numbers", interrupted)
    for _ in range(4):
        with pytest.raises(OperationalError):
            evaluation.evaluate_waiting(shop)
    monkeypatch.undo()
    plan.refresh_from_db()
    assert plan.attempts == 0
    evaluation.evaluate_waiting(shop)
    assert not Plan.objects.waiting().exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_measure_that_the_database_broke_off_is_no_attempt(no_worker, shop: Repository, lead, pool, monkeypatch):
    from django.db import OperationalError

    from dashboard import registry
    from tests.scanner.test_outages import end_own_connection

    draft = registry.draft(shop, shop.config_toml + BASKET, lead)

    def interrupted(*_: object) -> None:
        end_own_connection()
        connection.cursor().execute("SELECT 1")

    monkeypatch.setattr(registry, "_effect", interrupted)
    for _ in range(4):
        with pytest.raises(OperationalError):
            registry.measure(draft, pool)
    draft.refresh_from_db()
    assert (draft.state, draft.attempts, draft.heartbeat_at) == ("draft", 0, None)


@pytest.mark.slow
def test_what_got_lost_is_asked_for_again(live_worker, origin: Origin, lead) -> None:
    """The message of a draft is lost, and the survey's with it: beat's look finds both."""
    from dashboard import registry
    from dashboard.models import RegistrySurvey, RegistryVersion
    from dashboard.tasks import look_at_waiting_registries
    from scanner.connections import connect
    from tests.scanner.scanning import finished, wait

    repository = connect(str(origin.path))
    finished(repository)
    wait(lambda: RegistrySurvey.objects.filter(at__isnull=False).exists())
    RegistrySurvey.objects.all().delete()
    repository.refresh_from_db()
    registry.draft(repository, repository.config_toml + BASKET, lead)
    look_at_waiting_registries.delay()
    wait(lambda: RegistryVersion.objects.filter(state="measured").exists())
    wait(lambda: RegistrySurvey.objects.filter(epoch=repository.current_epoch).exists())
