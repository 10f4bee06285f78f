"""A person comes in by a link, gets a higher role, and what they may press follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard import world

pytestmark = pytest.mark.slow


def test_by_a_link_into_a_repository(open_page: Callable[..., Page], browser: Browser, live_server) -> None:
    plan = world.plan(world.repository())
    admin = open_page(permissions=["clipboard-read", "clipboard-write"])
    admin.goto("/repositories/app/settings/")
    admin.get_by_role("navigation", name="Settings").get_by_role("link", name="Members").click()
    admin.get_by_label("E-mail").fill("brook@example.org")
    admin.get_by_role("complementary").get_by_label("Role").select_option(label="viewer")
    admin.get_by_role("button", name="Make a link").click()
    admin.get_by_role("button", name="Copy the link").click()
    expect(admin.get_by_text("Copied")).to_be_visible()
    link = admin.evaluate("navigator.clipboard.readText()")
    assert link.startswith(live_server.url)

    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    brook = context.new_page()
    brook.goto("/repositories/app/")
    expect(brook.get_by_role("heading", name="Sign in")).to_be_visible()
    brook.goto(link)
    brook.get_by_label("Username").fill("brook")
    brook.get_by_label("Password", exact=True).fill("a fine long password")
    brook.get_by_label("Password confirmation").fill("a fine long password")
    brook.get_by_role("button", name="Make an account and join").click()
    expect(brook.get_by_text("You are viewer of app now.")).to_be_visible()
    criterion = f"/repositories/app/criteria/{plan.criteria.get(text='Everybody agrees').pk}/"
    brook.goto(criterion)
    expect(brook.get_by_role("button", name="Tick", exact=True)).to_be_disabled()
    expect(brook.get_by_text("needs the role engineer")).to_be_visible()

    admin.get_by_role("link", name="Members").click()
    admin.get_by_label("Role of brook").select_option(label="engineer")
    admin.get_by_role("button", name="Change the role of brook").click()
    expect(admin.get_by_text("brook is engineer now.")).to_be_visible()
    brook.reload()
    brook.get_by_role("button", name="Tick", exact=True).click()
    expect(brook.get_by_text("Ticked. Everybody agrees")).to_be_visible()

    admin.get_by_text("Remove… brook").click()
    admin.get_by_role("button", name="Remove brook").click()
    expect(admin.get_by_text("brook is no member any more.")).to_be_visible()
    brook.reload()
    expect(brook.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    context.close()
