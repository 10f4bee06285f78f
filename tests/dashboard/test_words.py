from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import words

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0, 2, "±0"),
        (2.1, 2, "+2.10"),
        (-1.4, 1, "−1.4"),
        (-0.0004, 2, "−0.0004"),
        (0.0049, 2, "+0.005"),
        (0.05, 2, "+0.05"),
        (1234.5, 0, "+1,234"),
        (-3, 0, "−3"),
        (1e-30, 2, "±0"),
        (None, 2, "–"),
    ],
)
def test_signed(value: float | None, digits: int, expected: str) -> None:
    assert words.signed(value, digits) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(0, 0, "0"), (1234567, 0, "1,234,567"), (-2.5, 1, "−2.5"), (-0.001, 2, "0.00"), (None, 2, "–")],
)
def test_number(value: float | None, digits: int, expected: str) -> None:
    assert words.number(value, digits) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (26 * 3600, "26 h"),
        (55 * 3600, "2 d 7 h"),
        (48 * 3600, "2 d"),
        (9 * 86400, "9 d"),
        (14 * 86400, "2 weeks"),
        (90 * 86400, "3 months"),
        (800 * 86400, "2 years"),
    ],
)
def test_span(seconds: int, expected: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "just now"), (4, "just now"), (-3, "just now"), (240, "4 min ago"), (-1260, "in 21 min")],
)
def test_ago(seconds: int, expected: str) -> None:
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("naïve 名前 →", "naïve 名前 →"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\x00b\x7f", "a⟨U+0000⟩b⟨U+007F⟩"),
        ("\u200b\ufeff", "⟨U+200B⟩⟨U+FEFF⟩"),
        ("line\n\tnext", "line\n\tnext"),
        ("\udce9", "⟨U+DCE9⟩"),
    ],
)
def test_visible(text: str, expected: str) -> None:
    assert words.visible(text) == expected


@pytest.mark.parametrize(
    ("count", "word", "expected"),
    [(0, "file", "0 files"), (1, "file", "1 file"), (2586, "repository", "2,586 repositories")],
)
def test_plural(count: int, word: str, expected: str) -> None:
    assert words.plural(count, word) == expected
