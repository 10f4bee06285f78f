from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from scanner.models import Scan
from tests.dashboard import world

pytestmark = pytest.mark.slow
COMMITS = 40


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    lives = [world.life(1 + n % 30, path=f"app/m{n:02}.py", symbol=f"get_{n}") for n in range(120)]
    world.repository(lives, commits=COMMITS)
    return open_page()


@pytest.fixture
def chart(page: Page) -> Page:
    page.goto("/repositories/app/")
    page.locator(".trend[data-ready]").wait_for()
    return page


def test_hover_tells_click_opens(chart: Page) -> None:
    over = chart.locator('[data-panel="score"] .u-over')
    over.hover(position={"x": 1, "y": 60})
    readout = chart.locator("[data-readout]")
    expect(readout).to_contain_text(world.sha(1, "app")[:9])
    expect(readout).to_contain_text("introduced 4")
    expect(readout).to_contain_text("Brook")
    over.click(position={"x": 1, "y": 60})
    expect(chart).to_have_url(re.compile(f"/commits/{world.sha(1, 'app')[:12]}/"))


def test_drag_zooms_both_panels_and_opens_nothing(chart: Page) -> None:
    over = chart.locator('[data-panel="open"] .u-over')
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    chart.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 30)
    chart.mouse.down()
    chart.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 30, steps=4)
    chart.mouse.up()
    expect(chart).to_have_url(re.compile("/repositories/app/$"))
    # The left edge is a later commit now, in the other panel too.
    chart.locator('[data-panel="score"] .u-over').hover(position={"x": 1, "y": 60})
    readout = chart.locator("[data-readout]")
    expect(readout).not_to_contain_text(world.sha(1, "app")[:9])
    expect(readout).to_contain_text("score")
    over.dblclick(position={"x": 200, "y": 30})


def test_a_theme_change_draws_it_again(chart: Page) -> None:
    picture = 'document.querySelector(".trend canvas").toDataURL()'
    light = chart.evaluate(picture)
    chart.get_by_role("button", name="Dark").click()
    expect(chart.locator("html")).to_have_attribute("data-theme", "dark")
    expect(chart.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    chart.wait_for_function(f"before => {picture} !== before", arg=light)
    chart.reload()
    expect(chart.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_list_grows_as_one_reads_on(page: Page) -> None:
    page.goto("/repositories/app/violations/?sort=path")
    rows = page.locator("tr[data-row]")
    for expected in (50, 100, 120):
        expect(rows).to_have_count(expected)
        rows.last.scroll_into_view_if_needed()
        page.mouse.wheel(0, 3000)
    assert len(set(rows.evaluate_all("rows => rows.map(row => row.id)"))) == 120
    expect(page.locator("tr.more")).to_have_count(0)


def test_keys(page: Page) -> None:
    page.goto("/repositories/app/violations/?sort=path")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator("tr[data-row]").nth(1).get_by_role("link").first).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/violations/[0-9a-f]{32}/"))  # loaded: the page hears keys
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.type("get_7 j ?")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("get_7 j ?")


def test_a_page_that_is_left_does_not_load_itself_anew(page: Page) -> None:
    """The scan ends while the click on a link has no answer yet: the click counts."""
    Scan.objects.update(state=Scan.State.REPLAYING, finished_at=None)
    page.goto("/repositories/app/")
    expect(page.locator("#scan-banner")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("/scans/$"), hold)
    with page.expect_request(re.compile("/scans/$")):
        page.get_by_role("navigation", name="Repository").get_by_role("link", name="Scans").click(no_wait_after=True)
    Scan.objects.update(state=Scan.State.DONE, finished_at=timezone.now())
    for _ in range(2):  # the page heard the first when it asks a second time
        with page.expect_response(lambda answer: "part=banner" in answer.url and "hx-refresh" in answer.headers):
            pass
    held[0].continue_()
    expect(page).to_have_url(re.compile("/scans/$"))
