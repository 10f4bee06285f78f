from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from scanner.models import Epoch, Scan, Standing
from tests.dashboard import world


@pytest.fixture
def page(signed_in: Client):
    def fetch(**query: str) -> str:
        response = signed_in.get(reverse("repository", args=["app"]), query)
        assert response.status_code == 200
        return " ".join(response.text.split())

    return fetch


def lives() -> list:
    return [
        world.life(2),
        world.life(
            3, rule="import-cycle", severity="medium", symbol="app.a", path="app/a.py", message="app.a in a ring"
        ),
        world.life(4, scope="tests", path="tests/t.py", symbol="get_test"),
        world.life(1, 9, path="app/gone.py", symbol="get_gone", message="get_gone() is gone"),
    ]


def cells(text: str, label: str) -> list[str]:
    found = re.findall(rf'data-l="{re.escape(label)}">(.*?)</td>', text)
    return [re.sub("<.*?>", "", cell) for cell in found]


def test_the_arithmetic_adds_up(page) -> None:
    world.repository(lives())
    text = page()
    score = Standing.objects.get(seq=10).score
    assert f"<b>{score:.2f}</b>" in text
    area_table = text[text.index('class="eq cards"') : text.index("</tfoot>")]
    given = [float(cell) for cell in cells(area_table, "Points given")]
    lost = [float(cell) for cell in cells(area_table, "Points lost")]
    assert sum(given[:-1]) == pytest.approx(given[-1], abs=0.02)
    assert sum(lost[:-1]) == pytest.approx(lost[-1], abs=0.02)
    assert given[-1] + lost[-1] == pytest.approx(100)
    # 1 high in production, 1 high in tests: 4 + 4 · ¼ over D = 50
    assert cells(area_table, "100·D / (D+V)")[2] == f"{100 * 50 / 55:.2f}"
    assert cells(area_table, "Open weight V")[2] == "5"
    assert "1 × 4 + 1 × 1" in text


def test_an_area_that_was_not_measured_says_so(page) -> None:
    found = world.repository(lives())
    pinned = found.current_epoch.pinned
    pinned["areas"]["definitions"] = None
    Epoch.objects.filter(pk=found.current_epoch_id).update(pinned=pinned)
    text = page()
    assert "not measured" in text
    assert cells(text, "Weight")[:5] == ["–", "3", "3", "1", "7"]


def test_what_moved_last_is_there_with_author(page) -> None:
    world.repository(lives())
    text = page()
    introduced = text[text.index("Newest introduced") : text.index("Newest fixed")]
    assert introduced.index("tests/<b>t.py") < introduced.index("app.a in a ring")
    fixed = text[text.index("Newest fixed") : text.index("By rule")]
    assert "get_gone() is gone" in fixed
    assert "Brook" in fixed
    hot = text[text.index("Hot files") :]
    assert hot.index("app/<b>core.py") < hot.index("tests/<b>t.py")


def test_the_table_twin_holds_the_commits_that_moved(page) -> None:
    world.repository(lives())
    table = page()
    table = table[table.index("Trend as a table") : table.index("Commits that changed nothing")]
    assert re.findall(r'title="change (\d+)"', table) == ["9", "4", "3", "2", "1"]


@pytest.mark.parametrize(("asked", "expected"), [("", 210), ("200", 200), ("1000", 210), ("nonsense", 210)])
def test_trend_points(signed_in: Client, asked: str, expected: int) -> None:
    world.repository(lives(), commits=210)
    points = signed_in.get(reverse("trend", args=["app"]), {"range": asked}).json()
    assert len(points["seq"]) == expected
    assert points["seq"][-1] == 210
    assert {len(column) for name, column in points.items() if name != "authors"} == {expected}
    assert points["sha"][-1] == world.sha(210, "app")[:12]
    assert points["authors"][points["author"][-1]] == "Ada"
    assert points["open"][-1] == 3


def test_a_preview_has_numbers_and_no_ages(page) -> None:
    world.repository([world.life(10)], state=Epoch.State.PREVIEW)
    text = page()
    assert "History is being read" in text
    assert "data-url" not in text
    assert "Where the other" in text


def test_a_running_scan_is_polled_and_then_the_page_is_new(page, signed_in: Client) -> None:
    found = world.repository(lives())
    scan = Scan.objects.create(repository=found, state=Scan.State.REPLAYING, commits_total=9, commits_done=4)
    assert "4 of 9 commits" in page()
    address = reverse("scan", args=["app", scan.pk])
    part = signed_in.get(address, {"part": "banner"}, headers={"HX-Request": "true"})
    assert "4 of 9 commits" in part.text
    assert "<html" not in part.text
    Scan.objects.filter(pk=scan.pk).update(state=Scan.State.DONE)
    assert signed_in.get(address, {"part": "banner"}, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_young_history_has_nothing_to_compare_with(page) -> None:
    world.repository(lives(), commits=4)
    assert "Nothing earlier to compare with" in page()
