"""From a suggested symbol to the epoch in which it is registered, in a real browser with a real worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_plan_journey import SCAN, connect, reloaded_until
from tests.scanner.origin import Origin

pytestmark = pytest.mark.slow


def to_registry(page: Page) -> None:
    page.get_by_role("navigation", name="Repository").get_by_role("link", name="Registry").click()


def test_suggested_measured_saved_restored(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    page = open_page()
    connect(page, origin)
    to_registry(page)
    basket = page.get_by_role("checkbox", name="Basket")
    reloaded_until(page, lambda: basket)
    expect(page.locator("#suggestions")).to_contain_text("2 definitions, 2 modules import it")
    basket.check()
    page.get_by_label("Why").fill("The cart's is the one")
    page.get_by_role("button", name="See the effect").click()
    effect = page.locator("#effect")
    expect(effect.get_by_text("Weighted debt V")).to_be_visible(timeout=SCAN)
    expect(effect).to_contain_text("18 → 20")
    expect(page.get_by_role("region", name="Difference")).to_contain_text('module = "shop.cart"')
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Version 2 is saved.")).to_be_visible()
    reloaded_until(page, lambda: page.get_by_text("epoch 2 since"))
    row = page.get_by_role("row").filter(has=page.locator("[name=symbols-0-symbol]"))
    expect(row.get_by_label("Home")).to_have_value("shop.cart")
    expect(row.get_by_role("link", name="1")).to_be_visible()

    page.get_by_role("link", name="Version 1").click()
    page.get_by_role("button", name="Go back to this version").click()
    expect(effect.get_by_text("Weighted debt V")).to_be_visible(timeout=SCAN)
    expect(effect).to_contain_text("20 → 18")
    page.get_by_role("button", name="Throw away").click()
    expect(page.get_by_text("1 canonical symbol")).to_be_visible()


def test_without_javascript(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    page = open_page(java_script_enabled=False)
    connect(page, origin)
    to_registry(page)
    row = page.get_by_role("row").filter(has=page.locator("[name=symbols-0-symbol]"))
    row.get_by_label("Symbol").fill("Basket")
    row.get_by_label("Home").fill("shop/orders.py")
    page.get_by_role("button", name="See the effect").click()
    expect(page.get_by_text("Nothing was kept.")).to_be_visible()
    expect(row).to_contain_text("This must be a dotted name such as package.module.")
    row.get_by_label("Home").fill("shop.orders")
    page.get_by_role("button", name="See the effect").click()
    reloaded_until(page, lambda: page.get_by_text("Weighted debt V"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Version 2 is saved.")).to_be_visible()
