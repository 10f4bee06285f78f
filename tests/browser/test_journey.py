"""From the login to a fixed-or-not question about one line of code, in a real browser with a real worker."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.scanner.origin import SMALL, Origin

pytestmark = pytest.mark.slow
SCAN = 90_000  # milliseconds


def connect(page: Page, origin: Origin) -> None:
    page.get_by_role("link", name="Connect a repository").first.click()
    page.get_by_label("Repository").fill("/no/such/folder")
    page.get_by_role("button", name="Connect and scan").click()
    expect(page.get_by_role("alert")).to_contain_text("/no/such/folder")
    expect(page.get_by_label("Repository")).to_have_value("/no/such/folder")
    page.get_by_label("Repository").fill(str(origin.path))
    page.get_by_role("button", name="Connect and scan").click()
    expect(page.get_by_text("shop is connected.")).to_be_visible()


def test_connecting_proposes_symbols(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    page = open_page()
    connect(page, origin)
    # The page brings itself up to date, and only until there is something to choose.
    expect(page.get_by_label("Basket")).to_be_checked(timeout=SCAN)
    expect(page.get_by_text("2 definitions, 2 modules import it")).to_be_visible()
    page.get_by_role("button", name="Register and scan").click()
    expect(page.get_by_text("1 symbol is registered.")).to_be_visible()
    expect(page.get_by_role("heading", name="Newest introduced")).to_be_visible(timeout=SCAN)
    page.get_by_role("link", name="Violations").first.click()
    page.get_by_label("Rule").select_option("duplicate-definition")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("high")


def test_from_login_to_a_line_of_code(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    origin.commit({"shop/orders.py": "x = 1\n"}, "Take the broken import away")
    origin.commit({"shop/orders.py": SMALL["shop/orders.py"]}, "Bring it back")
    page = open_page()
    expect(page.get_by_text("No repository yet.")).to_be_visible()
    connect(page, origin)
    page.get_by_role("link", name="Go to the numbers").click()

    # The page brings itself up to date: no reload by hand.
    expect(page.get_by_role("heading", name="SSOT score")).to_be_visible(timeout=SCAN)
    expect(page.get_by_role("heading", name="Newest introduced")).to_be_visible(timeout=SCAN)
    expect(page.locator(".trend[data-ready]")).to_be_visible(timeout=SCAN)
    expect(page.locator(".trend canvas")).to_have_count(2)

    page.get_by_role("navigation", name="Repository").get_by_role("link", name="Violations").click()
    page.wait_for_url("**/violations/")  # loaded: what is counted is all
    rows = page.locator("tr[data-row]")
    everything = rows.count()
    assert everything >= 4
    page.get_by_label("Rule").select_option("unresolvable-import")
    expect(page).to_have_url(re.compile(r"rule=unresolvable-import"))
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(1)
    page.go_back()
    expect(rows).to_have_count(everything)
    page.go_forward()
    expect(rows).to_have_count(1)

    rows.get_by_role("link").first.click()
    expect(page.locator("tr.hit")).to_contain_text("from shop.gone import thing")
    expect(page.get_by_text("Bring it back")).to_be_visible()
    expect(page.get_by_text("2 lifetimes")).to_be_visible()
    page.get_by_role("link", name="The rule, with examples").click()
    expect(page.get_by_role("heading", name="Not flagged")).to_be_visible()


def test_a_scan_asked_for_runs_to_its_end(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    page = open_page()
    connect(page, origin)
    page.get_by_role("link", name="Go to the numbers").click()
    expect(page.get_by_role("heading", name="SSOT score")).to_be_visible(timeout=SCAN)
    page.get_by_role("link", name="Scans").click()
    expect(page.locator("tr[data-row]").first).to_contain_text("done", timeout=SCAN)
    origin.commit({"shop/orders.py": "x = 1\n"}, "Fix it")
    page.get_by_role("button", name="Scan now").click()
    expect(page.locator("#scan .state").first).to_have_text("done", timeout=SCAN)
    page.get_by_role("link", name="Commits").click()
    row = page.locator("tr[data-row]", has_text="Fix it")
    expect(row).to_contain_text("▲ +")
    row.get_by_role("link").click()
    expect(page.locator("section", has=page.get_by_role("heading", name="Fixed")).last).to_contain_text("orders.py")


def test_without_javascript(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    page = open_page(java_script_enabled=False)
    connect(page, origin)
    page.get_by_role("link", name="Go to the numbers").click()
    score = page.get_by_role("heading", name="SSOT score")
    for _ in range(60):
        if score.is_visible() and not page.get_by_text("History is being read").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(score).to_be_visible()
    expect(page.locator("noscript .note")).to_be_visible()
    expect(page.locator(".trend")).to_be_hidden()
    page.get_by_role("navigation", name="Repository").get_by_role("link", name="Violations").click()
    page.get_by_label("Severity").select_option("critical")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("severity=critical"))
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.get_by_role("link", name="remove severity: critical").click()
    expect(page.locator("tr[data-row]").nth(1)).to_be_visible()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("link", name="Scans").click()
    page.get_by_role("button", name="Scan now").click()
    expect(page.get_by_role("heading", name=re.compile("Scan "))).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
