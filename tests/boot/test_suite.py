"""`manage.py test`: what runs, and which exit code comes out."""

from __future__ import annotations

import sys

import pytest

from dashboard.embedded import suite
from dashboard.embedded.suite import Section


def exits(code: int) -> Section:
    return Section(f"exits with {code}", [sys.executable, "-c", f"raise SystemExit({code})"])


@pytest.mark.parametrize(("codes", "result"), [([0, 0], 0), ([0, 3, 5, 0], 3), ([0, 5], 5), ([7], 7)])
def test_first_failure_decides_and_nothing_is_left_out(monkeypatch, capfd, codes, result):
    monkeypatch.setattr(suite, "sections", lambda arguments: [exits(code) for code in codes])
    assert suite.run([]) == result
    printed = capfd.readouterr().out
    assert all(f"── exits with {code} " in printed for code in codes)
    assert ("total" in printed) == (len(codes) > 1)


def test_arguments_go_to_pytest_alone():
    (only,) = suite.sections(["-k", "foo"])
    assert only.command[1:] == ["-m", "pytest", "-k", "foo"]


def test_everything_runs_without_arguments():
    titles = [section.title for section in suite.sections([])]
    assert titles == ["ruff: rules", "ruff: layout", "mypy", "import-linter", "hadolint", "compose", "pytest"]
