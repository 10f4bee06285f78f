"""Several people change one registry in the same moment: none waits for another who waits for them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from tests.scanner.conftest import no_worker

if TYPE_CHECKING:
    from scanner.models import Repository

__all__ = ["no_worker"]

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BASKET = '\n[[canonical]]\nsymbol = "Basket"\nmodule = "shop.cart"\n'


def test_a_scan_asked_for_while_a_configuration_is_saved(no_worker, shop: Repository, lead) -> None:
    from dashboard import registry
    from scanner import scans
    from scanner.models import Scan
    from tests.scanner.scanning import beside

    with beside() as begin, transaction.atomic():
        asked = scans.request(shop, Scan.Reason.ASKED)
        begin(partial(registry.record, shop, shop.config_toml + BASKET, lead))
    assert Scan.objects.active().get() == asked
    shop.refresh_from_db()
    assert shop.config_toml.endswith(BASKET)


def test_a_draft_that_gives_way_while_it_is_saved(no_worker, shop: Repository, lead) -> None:
    """One person, two windows."""
    from dashboard import registry
    from dashboard.models import RegistryVersion
    from tests.scanner.scanning import beside

    first = registry.draft(shop, shop.config_toml + BASKET, lead)
    with beside() as begin, transaction.atomic():
        second = registry.draft(shop, shop.config_toml + BASKET + "# again\n", lead)
        begin(partial(registry.save, first, lead))
    assert RegistryVersion.objects.drafts().get() == second
    assert RegistryVersion.objects.saved().first().config_toml == first.config_toml


def test_symbols_chosen_while_the_configuration_is_saved(no_worker, shop: Repository, lead) -> None:
    """One scan runs and one waits; whoever saves last wins, and one scan with that waits or runs."""
    from dashboard import registry, setup
    from scanner import scans
    from scanner.models import Repository, Scan
    from tests.scanner.scanning import beside

    running = scans.request(shop, Scan.Reason.ASKED)
    assert scans.claim(running.pk, (Scan.State.QUEUED,))
    waiting = scans.request(shop, Scan.Reason.ASKED)
    found = {"symbol": "Basket", "module": "shop.cart", "public": [], "importance": 2}
    with beside() as begin, transaction.atomic():
        Repository.objects.select_for_update().get(pk=shop.pk)
        begin(partial(setup.use, shop, [found], ["Basket"], lead))
        registry.record(shop, shop.config_toml + "# saved\n", lead)
    running.refresh_from_db()
    assert running.state == Scan.State.CANCELLED
    assert Scan.objects.active().get() == waiting
    shop.refresh_from_db()
    assert [entry.symbol for entry in registry.current(shop).canonical] == ["Basket"]
