"""`--since`: what is new and fixed against a commit, and the gate over it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from scanner.engine.git import Repository
from scanner.engine.replay import replay, snapshot_at
from scanner.engine.report import Settings, examine
from scanner.engine.snapshot import Snapshot
from scanner.engine.trees import committed
from tests.engine.checkouts import FAILED, GONE, INCONCLUSIVE, PASS
from tests.engine.generated_history import History
from tests.engine.test_replay import CONFIG, reader
from tests.scanner.origin import CLASS, SMALL, Origin

CLEAN: dict[str, str | None] = {"shop/__init__.py": "", "shop/cart.py": CLASS.format(name="Basket", value=1)}


@pytest.fixture
def origin(tmp_path) -> Origin:
    return Origin(tmp_path / "shop.git")


@pytest.fixture
def compare(run, origin):
    """Scan since a commit; give back the new violations and the fixed fingerprints, and the exit code."""

    def compare(since: str, *words: str) -> tuple[list[dict], list[str], int]:
        code, out, err = run(origin.path, "--since", since, "--format", "json", *words)
        assert err == ""
        document = json.loads(out)
        by_fingerprint = {v["fingerprint"]: v for v in document["violations"]}
        assert document["new"] == sorted(document["new"])
        assert document["fixed"] == sorted(document["fixed"])
        assert not set(document["fixed"]) & set(by_fingerprint)
        return [by_fingerprint[name] for name in document["new"]], document["fixed"], code

    return compare


def fingerprints(run, path: Path, rev: str) -> dict[str, str]:
    document = json.loads(run(path, "--rev", rev, "--format", "json")[1])
    return {v["fingerprint"]: v["path"] for v in document["violations"]}


def test_new_and_fixed_are_told_and_nothing_else(origin, run, compare) -> None:
    before = origin.commit(SMALL)
    origin.commit({"shop/late.py": GONE, "shop/orders.py": None})
    new, fixed, code = compare(before)
    assert [(v["rule"], v["path"]) for v in new] == [("unresolvable-import", "shop/late.py")]
    opened = fingerprints(run, origin.path, before)
    assert sorted(opened[name] for name in fixed) == ["shop/orders.py", "shop/orders.py"]
    assert code == FAILED
    assert compare("main") == ([], [], PASS)


def test_the_other_way_round(origin, compare) -> None:
    before = origin.commit(SMALL)
    after = origin.commit({"shop/late.py": GONE})
    new, fixed, _ = compare(before)
    back_new, back_fixed, code = compare(after, "--rev", before)
    assert ([v["fingerprint"] for v in new], fixed) == (back_fixed, [])
    assert (back_new, code) == ([], PASS)


@pytest.mark.parametrize(
    "change",
    [
        {"shop/orders.py": "# moved down\n\n\n\n" + str(SMALL["shop/orders.py"])},
        {"shop/orders.py": None, "shop/purchases.py": SMALL["shop/orders.py"]},
        {"shop/orders.py": None, "shop/purchases.py": "# edited\n" + str(SMALL["shop/orders.py"])},
        {"shop/state.py": None, "shop/kept/__init__.py": "", "shop/kept/state.py": SMALL["shop/state.py"]},
        {"README.md": "other\n"},
        {"truthline.toml": '[scopes]\ntests = ["nothing/**"]\n'},
    ],
)
def test_what_moved_is_not_new(origin, compare, change) -> None:
    before = origin.commit(SMALL)
    origin.commit(change)
    assert compare(before) == ([], [], PASS)


def test_a_copy_is_new(origin, compare) -> None:
    before = origin.commit(SMALL)
    origin.commit({"shop/orders_again.py": SMALL["shop/orders.py"]})
    assert {v["path"] for v in compare(before)[0]} == {"shop/orders_again.py"}


def test_a_change_elsewhere_that_breaks_a_file_is_new(origin, compare) -> None:
    before = origin.commit(SMALL)
    origin.commit({"shop/prices.py": None})
    new, fixed, code = compare(before)
    assert ("unresolvable-import", "shop/cart.py") in {(v["rule"], v["path"]) for v in new}
    assert len(fixed) == 2  # the circle
    assert code == FAILED


def test_waived_and_unscored_findings_fail_no_gate(origin, compare) -> None:
    before = origin.commit(CLEAN)
    waived = "from shop.gone import a  # truthline: allow[unresolvable-import] until=2999-01-01 reason=soon\n"
    origin.commit({"shop/late.py": waived, "archive/old.py": GONE})
    new, _, code = compare(before)
    assert sorted(v["path"] for v in new) == ["archive/old.py", "shop/late.py"]
    assert code == PASS
    assert compare(before, "--fail-on", "any")[2] == PASS


def test_an_announced_rule_fails_no_gate(origin, compare) -> None:
    before = origin.commit(CLEAN)
    grows = "class Log:\n    def __init__(self):\n        self.rows = {}\n\n    def add(self, key, row):\n"
    origin.commit({"shop/log.py": grows + "        self.rows[key] = row\n"})
    new, _, code = compare(before, "--fail-on", "any")
    assert ({v["rule"] for v in new} <= {"unreleased-entry"}, code) == (True, PASS)


BROKEN = "def (:\n"


@pytest.mark.parametrize(
    ("change", "options", "code"),
    [
        ({"README.md": "x"}, [], INCONCLUSIVE),
        ({"README.md": "x"}, ["--fail-on", "new"], INCONCLUSIVE),
        ({"README.md": "x"}, ["--fail-on", "any"], FAILED),  # 1 beats 3: the broken file is an open violation
        ({"README.md": "x"}, ["--fail-on", "never"], PASS),
        ({"shop/late.py": GONE}, [], FAILED),  # 1 beats 3
        ({"shop/late.py": GONE}, ["--fail-on", "never"], PASS),
        ({"shop/broken.py": "x = 1\n"}, [], PASS),
    ],
)
def test_exit_codes(origin, compare, change, options, code) -> None:
    before = origin.commit({**CLEAN, "shop/broken.py": BROKEN})
    origin.commit(change)
    assert compare(before, *options)[2] == code


def test_a_file_that_breaks_keeps_what_it_had(origin, compare) -> None:
    """It is told by its last good version, on both sides: only that it cannot be read is new."""
    before = origin.commit(SMALL)
    origin.commit({"shop/orders.py": BROKEN})
    new, fixed, code = compare(before)
    assert [(v["rule"], v["path"]) for v in new] == [("unparsable-file", "shop/orders.py")]
    assert (fixed, code) == ([], FAILED)
    origin.commit({"shop/orders.py": CLASS.format(name="Order", value=3)})
    new, fixed, _ = compare("main~1")
    assert (new, len(fixed)) == ([], 3)


def test_the_baseline_decides_which_definition_is_the_canonical_one(origin, compare) -> None:
    """A ranking made after the tree went back would take the other one for the copy."""
    users = {f"shop/user{n}.py": "from shop.other import Bag\n" for n in range(3)}
    before = origin.commit({"shop/__init__.py": "", "shop/bag.py": CLASS.format(name="Bag", value=1)})
    origin.commit({"shop/other.py": CLASS.format(name="Bag", value=2), **users})
    new, fixed, _ = compare(before)
    assert ([(v["rule"], v["path"]) for v in new], fixed) == ([("duplicate-definition", "shop/bag.py")], [])


def test_the_ranking_is_not_made_where_the_comparison_went_back_to(origin, run, compare) -> None:
    """No rule asked for it at the tree itself, where nothing is defined twice any more."""
    bag = CLASS.format(name="Bag", value=1)
    users = {f"shop/user{n}.py": "from shop.other import Bag\n" for n in range(3)}
    before = origin.commit({"shop/__init__.py": "", "shop/bag.py": bag, "shop/other.py": bag + "x = 1\n", **users})
    origin.commit({"shop/other.py": "x = 1\n", **dict.fromkeys(users, "from shop.bag import Bag\n")})
    _, [fixed], _ = compare(before)
    words = ("--rev", before, "--baseline", "main", "--format", "json")
    told = {v["fingerprint"]: v["path"] for v in json.loads(run(origin.path, *words)[1])["violations"]}
    assert told[fixed] == "shop/other.py"


def test_text_tells_both(origin, run) -> None:
    before = origin.commit(SMALL)
    origin.commit({"shop/late.py": GONE, "shop/orders.py": None})
    code, out, _ = run(origin.path, "--since", before)
    assert code == FAILED
    told = out[out.index(f"Against {before[:12]}: 1 new, 2 fixed") :]
    assert "new critical  unresolvable-import" in told
    assert "  shop/late.py:1\n" in told
    assert told.count("\nfixed ") == 2
    assert told.endswith("Gate new: failed, 1 scored finding\n")
    assert run(origin.path, "--since", before, "--fail-on", "never")[1].count("Gate") == 0


@pytest.mark.parametrize("seed", [5, 23])
def test_it_agrees_with_the_history(tmp_path, seed) -> None:
    """Over a generated history, new and fixed are what a replay calls introduced and fixed, merges included."""
    History(tmp_path / "repository", seed).write(70)
    repository = Repository(tmp_path / "repository")
    facts_of = reader(repository)
    commits = repository.history(repository.resolve("main"))
    tip = committed(repository, commits[-1].sha)
    ranking = snapshot_at(repository, tip.commit, CONFIG, facts_of).ranking
    seen = moved = 0
    for step in replay(repository, commits, Snapshot(CONFIG, facts_of, ranking)):
        if step.commit.parent is None:
            continue
        tree, since = committed(repository, step.commit.sha), committed(repository, step.commit.parent)
        report = examine(tree, Settings(CONFIG, None), facts_of, tip, day=date(2024, 1, 1), since=since)
        assert {v.fingerprint: v for v in report.comparison.introduced} == {v.fingerprint: v for v in step.introduced}
        assert sorted(v.fingerprint for v in report.comparison.fixed) == list(step.fixed)
        seen += len(step.introduced) + len(step.fixed)
        moved += len(step.moved)
    assert seen > 200
    assert moved > 10
