from __future__ import annotations

import pytest

from scanner.engine.config import Config, Limits
from scanner.engine.git import Change
from scanner.engine.rule import areas
from scanner.engine.score import debts_of
from tests.engine.trees import blob, snapshot

RULE = "oversized-file"
CONFIG = Config(roots=("",), limits=Limits(file_lines=5))
LONG = "x = 1\n" * 5 + "y = 2"

FLAGGED = {
    "in production, tests and scripts": {"pkg/a.py": LONG, "tests/test_a.py": LONG, "scripts/run.py": LONG},
    "blank lines and comments count": {"pkg/a.py": "\n" * 3 + "# text\n" * 3},
    "one that cannot be read": {"pkg/a.py": "\n" * 5 + "def broken(:\n"},
}

CLEAN = {
    "as many lines as the limit": {"pkg/a.py": "x = 1\n" * 5},
    "generated code": {"pkg/migrations/one.py": LONG},
}


@pytest.mark.parametrize("tree", FLAGGED.values(), ids=FLAGGED)
def test_flagged(tree):
    found = {v.path: v.severity for v in snapshot(tree, CONFIG).violations.values() if v.rule == RULE}
    assert found == dict.fromkeys(tree, "info")


@pytest.mark.parametrize("tree", CLEAN.values(), ids=CLEAN)
def test_clean(tree):
    assert [v for v in snapshot(tree, CONFIG).violations.values() if v.rule == RULE] == []


def test_the_limit_is_2000_lines_unless_the_configuration_says_otherwise():
    tree = {"pkg/a.py": "\n" * 2_000, "pkg/b.py": "\n" * 2_001}
    [violation] = snapshot(tree).violations.values()
    assert (violation.path, violation.message) == ("pkg/b.py", "2,001 lines; the limit is 2,000.")


def test_it_is_never_scored():
    made = snapshot({"pkg/a.py": LONG}, CONFIG)
    debts = debts_of(made.violations.values(), areas())
    assert len(made.violations) == 1
    assert debts.total == 0
    made.apply([Change("pkg/a.py", "x", blob("x = 1\n"))])
    assert made.violations == {}
