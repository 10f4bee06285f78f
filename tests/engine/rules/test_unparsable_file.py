from __future__ import annotations

import pytest

from scanner.engine.config import Config
from scanner.engine.facts import Facts
from scanner.engine.git import LINK, Change
from scanner.engine.snapshot import Snapshot
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "unparsable-file"

FLAGGED = {
    "broken syntax": """
        ## pkg/a.py
        x = 1
        def f(:  #: critical
            pass
        """,
    "an encoding nobody writes code in": """
        ## pkg/a.py
        # -*- coding: punycode -*-  #: critical
        """,
    "in tests": """
        ## tests/test_a.py
        def f(:  #: critical
        """,
}

CLEAN = {
    "newer syntax": """
        ## pkg/a.py
        x = f"{"nested"} {f"{1 + 1}"}"
        type Pair[T] = tuple[T, T]
        def first[T](pair: Pair[T]) -> T: return pair[0]
        """,
    "an empty file": """
        ## pkg/a.py
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


@pytest.mark.parametrize("outcome", ["too-large", "timeout", "crash"])
def test_every_way_to_fail_is_named(outcome):
    made = Snapshot(Config(roots=("",)), lambda shas: [(sha, Facts(outcome)) for sha in shas])
    made.apply([Change("pkg/a.py", None, "1")])
    [violation] = made.violations.values()
    assert (violation.symbol, violation.line) == (outcome, 1)
    assert made.coverage.unparsable == 1


def test_links_are_skipped():
    made = snapshot({})
    made.apply([Change("pkg/a.py", None, LINK), Change("pkg/folder", None, LINK)])
    assert made.violations == {}
    assert (made.coverage.python, made.coverage.skipped) == (1, 1)


def test_the_last_facts_that_could_be_read_go_on_counting():
    tree = {
        "pkg/__init__.py": "",
        "pkg/a.py": "from pkg.gone import x\nclass A: ...\n",
        "pkg/b.py": "from pkg.a import A\n",
    }
    made = snapshot(tree)
    good = dict(made.violations)
    broken = blob("def f(:\n")
    made.apply([Change("pkg/a.py", "x", broken)])
    assert {v.rule for v in made.violations.values()} == {RULE, "unresolvable-import"}
    assert good.items() <= made.violations.items()
    assert made.coverage.unparsable == 1
    fresh = snapshot({path: content for path, content in tree.items() if path != "pkg/a.py"})
    fresh.apply([Change("pkg/a.py", None, broken)], lambda paths: {path: [broken, blob(tree[path])] for path in paths})
    assert fresh.violations == made.violations
    assert (fresh.obligations, fresh.coverage) == (made.obligations, made.coverage)
    made.apply([Change("pkg/a.py", broken, blob(tree["pkg/a.py"]))])
    assert made.violations == good


def test_of_a_file_that_never_could_be_read_nothing_else_is_known():
    made = snapshot({"pkg/__init__.py": "", "pkg/a.py": "def f(:\n", "pkg/b.py": "from pkg.a import anything\n"})
    assert [v.rule for v in made.violations.values()] == [RULE]
