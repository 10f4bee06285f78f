from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from dashboard import trends


def numbers(path: str) -> list[tuple[float, float]]:
    return [tuple(float(part) for part in place.split()) for place in path.removeprefix("M").split(" L")]


@pytest.mark.parametrize("scores", [[], [None], [None, None]])
def test_nothing_to_draw(scores: list[float | None]) -> None:
    assert trends.sparkline(scores).end is None


def test_a_line_stays_in_its_box_and_rises_upwards() -> None:
    line = trends.sparkline([10.0, 50.0, 90.0])
    places = numbers(line.pieces[0])
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)
    assert all(0 <= x <= line.WIDTH and 0 <= y <= line.HEIGHT for x, y in places)
    assert (line.first, line.last) == (10.0, 90.0)


def test_noise_looks_flat() -> None:
    heights = [y for _, y in numbers(trends.sparkline([80.0, 80.2, 79.9]).pieces[0])]
    assert max(heights) - min(heights) < 2


def test_a_gap_breaks_the_line() -> None:
    line = trends.sparkline([80.0, 81.0, None, 82.0, 83.0])
    assert [len(numbers(piece)) for piece in line.pieces] == [2, 2]


@pytest.mark.parametrize(
    ("lives", "head", "expected"),
    [
        ([(1, None)], 10, [(0.0, 1000.0, True)]),
        ([(1, 3), (5, None)], 10, [(0.0, 200.0, False), (400.0, 600.0, True)]),
        ([(10, None)], 10, [(900.0, 100.0, True)]),
        ([(5000, 5001)], 5001, [(997.0, 3, False)]),
        ([(1, None)], 1, [(0.0, 1000.0, True)]),
    ],
)
def test_lifetime(lives, head: int, expected: list[tuple[float, float, bool]]) -> None:
    spans = trends.lifetime(lives, head).spans
    assert list(spans) == expected
    assert all(x + width <= 1000 for x, width, _ in spans)


def row(rule: str, open_: int) -> SimpleNamespace:
    return SimpleNamespace(rule=rule, open=open_)


def test_movements_count_what_came_and_what_went() -> None:
    now = [row("a", 2), row("a", 3), row("b", 0), row("c", 1)]
    before = [row("a", 7), row("b", 4), row("d", 0)]
    assert trends.movements("rule", now, before) == [
        trends.Movement("a", 5, -2),
        trends.Movement("c", 1, 1),
        trends.Movement("b", 0, -4),
    ]
    assert trends.movements("rule", now, None)[0].moved is None


def test_columns_leave_out_commits_that_are_gone() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    commits = {1: ("a" * 40, "Ada", at), 2: ("b" * 40, "Ada", at)}
    columns = trends.columns([(1, None, 5, 5, 0), (2, 90.5, 4, 0, 1), (3, 91.0, 4, 0, 0)], commits)
    assert columns["seq"] == [1, 2]
    assert columns["score"] == [None, 90.5]
    assert columns["sha"] == ["a" * 12, "b" * 12]
    assert (columns["authors"], columns["author"]) == (["Ada"], [0, 0])
