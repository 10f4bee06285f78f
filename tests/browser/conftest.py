"""Signed-in pages of a real browser on a live server; whatever the browser complains about fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.dashboard.conftest import PASSWORD, lead
from tests.scanner.conftest import origin

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["lead", "origin"]

# Milliseconds; only a failing test waits that long. Playwright's own five seconds are few for a browser, a server and
# a worker that share two busy cores.
expect.set_options(timeout=30_000)

# What the browser says about answers that the test asks for itself.
EXPECTED = ("status of 422", "status of 404", "status of 403", "status of 410")


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/login/")
    page.get_by_label("Username").fill("lead")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


@pytest.fixture
def open_page(browser: Browser, live_server, lead) -> Iterator[Callable[..., Page]]:
    """A function that returns a signed-in page in a context of its own; its options are the context's."""
    contexts, complaints = [], []

    def listen(message) -> None:
        if message.type in {"error", "warning"} and not any(words in message.text for words in EXPECTED):
            complaints.append(message.text)

    def open_one(**options) -> Page:
        options = {"viewport": {"width": 1400, "height": 900}, "base_url": live_server.url} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page, live_server.url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints
