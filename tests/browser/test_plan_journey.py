"""From a plan in the repository to a criterion that the scans verify, in a real browser with a real worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.plans.conftest import PLAN
from tests.scanner.origin import Origin

pytestmark = pytest.mark.slow
SCAN = 90_000  # milliseconds


def connect(page: Page, origin: Origin) -> None:
    page.goto("/connect/")
    page.get_by_label("Repository").fill(str(origin.path))
    page.get_by_role("button", name="Connect and scan").click()
    page.get_by_role("link", name="Go to the numbers").click()
    reloaded_until(page, lambda: page.get_by_role("heading", name="Newest introduced"))
    reloaded_until(page, lambda: page.get_by_text("epoch 1 since"))


def reloaded_until(page: Page, wanted: Callable[[], Locator]) -> None:
    """Pages of scans bring themselves up to date, that of a plan does not."""
    for _ in range(SCAN // 1000):
        if wanted().first.is_visible():
            return
        page.wait_for_timeout(1000)
        page.reload()
    expect(wanted().first).to_be_visible()


def test_ticked_contradicted_fixed_verified(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    origin.commit({"docs/plan.md": PLAN}, "The plan")
    page = open_page()
    connect(page, origin)
    page.get_by_role("navigation", name="Repository").get_by_role("link", name="Plan").click()
    page.get_by_role("button", name="Preview docs/plan.md").click()
    expect(page.get_by_role("heading", name="One basket for the shop")).to_be_visible()
    removed = page.get_by_label("Order module removed")
    expect(removed).to_have_value("path_absent(shop/orders.py)")
    removed.fill("path_absent(")
    page.get_by_role("button", name="Save the plan").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
    expect(removed).to_have_value("path_absent(")
    removed.fill("path_absent(shop/orders.py)")
    page.get_by_role("button", name="Save the plan").click()
    expect(page.get_by_text("The plan is saved.")).to_be_visible()

    row = page.locator("li.crit", has_text="Order module removed")
    expect(row).to_contain_text("Failing")
    expect(row).to_contain_text("1 file is still there")
    row.get_by_role("link", name="Tick").click()
    note = row.get_by_label("What shows it")
    expect(note).to_be_focused()
    note.fill("deleted by hand")
    note.press("Enter")
    expect(row).to_contain_text("Contradicted")
    expect(row).to_be_focused()
    expect(page.locator("#announcement")).to_have_text("Contradicted. Ticked.")
    expect(page.locator("#contradictions")).to_contain_text("deleted by hand")
    expect(page.locator("#reach .cell.st-contradicted")).to_have_count(1)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("one criterion is ticked and the code says otherwise")).to_be_visible()
    page.get_by_role("link", name="Look", exact=True).click()

    origin.commit({"shop/orders.py": None}, "Remove the order module")
    plan = page.url
    page.get_by_role("link", name="Scans").click()
    page.get_by_role("button", name="Scan now").click()
    expect(page.locator("#scan .state").first).to_have_text("done", timeout=SCAN)
    page.goto(plan)
    reloaded_until(page, lambda: row.get_by_text("Verified"))
    expect(row).to_contain_text("No such file in the tree")
    expect(page.locator("#contradictions .versus", has_text="Order module removed")).to_have_count(0)


def test_two_people_at_once_and_without_javascript(live_worker, open_page: Callable[..., Page], origin: Origin) -> None:
    origin.commit({"docs/plan.md": PLAN}, "The plan")
    page = open_page(java_script_enabled=False)
    connect(page, origin)
    page.get_by_role("navigation", name="Repository").get_by_role("link", name="Plan").click()
    page.get_by_role("link", name="Look for them").click()
    page.get_by_role("button", name="Preview docs/plan.md").click()
    page.get_by_role("button", name="Save the plan").click()
    # One that waits for its evaluation loads itself anew, and what is open on it closes.
    reloaded_until(page, lambda: page.locator("li.crit", has_text="Order module removed").get_by_text("Failing"))
    row = page.locator("li.crit", has_text="Shop works")
    other = open_page()
    other.goto(page.url)
    late = other.locator("li.crit", has_text="Shop works")
    late.get_by_role("link", name="Tick").click()
    row.get_by_role("link", name="Tick").click()
    page.get_by_label("What shows it").fill("opened it")
    page.get_by_role("button", name="Tick", exact=True).click()
    expect(row).to_contain_text("Attested")
    expect(page.get_by_role("status").filter(has_text="Ticked. Shop works")).to_be_visible()
    late.get_by_role("button", name="Tick", exact=True).click()
    expect(late).to_contain_text("You ticked it first")
    expect(late).to_contain_text("opened it")
    row.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Not evaluated")
