"""The demo's repository: the same on every machine, and the engine finds in it what the story tells."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dashboard.demo import history, story
from scanner.__main__ import main
from scanner.engine.rule import areas

CASES = Path(__file__).resolve().parents[2] / "cases"
# Whoever changes the story changes this; whoever does not must not.
HEAD = "b0fd900f6951ff743369a1419789cfbdd32cad1e"

STORY = {"duplicate-definition", "unresolvable-import", "non-canonical-import", "deprecated-import"}
STORY |= {"dead-import-guard", "global-getter", "import-cycle"}
STORY |= {"redefinition", "duplicate-body", "class-mutable", "class-singleton", "unreleased-entry"}


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", f"--git-dir={repository}", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    return history.make(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def steps(repository: Path, capfd) -> list[dict[str, Any]]:
    """What `truthline history` says of it."""
    assert main(["history", str(repository), "--format", "json", "--no-cache"]) == 0
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_the_same_commits_everywhere(repository: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody else")
    again = history.make(tmp_path)
    assert git(again, "rev-parse", "main") == git(repository, "rev-parse", "main") == f"{HEAD}\n"
    assert git(again, "symbolic-ref", "HEAD") == "refs/heads/main\n"
    assert git(again, "fsck", "--strict") == ""
    made = (again / "HEAD").stat()
    assert history.make(tmp_path) == again
    assert (again / "HEAD").stat() == made, "what is there is not made again"
    assert [entry.name for entry in tmp_path.iterdir()] == [history.NAME]


def test_two_workers_make_it_at_once(tmp_path, monkeypatch) -> None:
    write = history._write

    def overtaken(folder: Path) -> None:
        write(folder)
        monkeypatch.undo()
        history.make(tmp_path)

    monkeypatch.setattr(history, "_write", overtaken)
    made = history.make(tmp_path)
    assert list(tmp_path.iterdir()) == [made]
    assert (made / "HEAD").exists()


def test_commits_read_like_a_team_s(repository: Path) -> None:
    commits = [line.split("\t") for line in git(repository, "log", "--format=%an\t%s\t%P", "main").splitlines()]
    assert 38 <= len(commits) <= 48
    assert 3 <= len({author for author, _, _ in commits}) <= 4
    subjects = [subject for _, subject, _ in commits]
    assert len(set(subjects)) == len(subjects), "story.toml names commits by their subjects"
    assert max(map(len, subjects)) <= 55
    dates = [int(stamp) for stamp in git(repository, "log", "--reverse", "--format=%ct", "main").split()]
    assert dates == sorted(dates)


def test_the_plan_is_the_founding_one(repository: Path) -> None:
    there = subprocess.run(
        ["git", f"--git-dir={repository}", "show", f"main:{story.read().plan}"], check=True, capture_output=True
    )
    assert there.stdout == (CASES / "seed-plan.md").read_bytes()


def test_violations_come_and_go(steps: list[dict[str, Any]], repository: Path) -> None:
    come = Counter(one["rule"] for step in steps for one in step["introduced"])
    rule_of = {one["fingerprint"]: one["rule"] for step in steps for one in step["introduced"]}
    gone = Counter(rule_of[fingerprint] for step in steps for fingerprint in step["fixed"])
    assert steps[0]["introduced"] == [], "it began well"
    for rule in STORY & areas().keys():
        assert come[rule], rule
        assert gone[rule], rule
    assert not come["unparsable-file"]
    left = come - gone
    assert left["global-getter"] == 3
    assert left["import-cycle"] == 2
    assert not left["duplicate-definition"] + left["unresolvable-import"]


def test_the_score_falls_until_the_plan_and_rises_after_it(steps: list[dict[str, Any]], repository: Path) -> None:
    added = git(repository, "log", "--diff-filter=A", "--format=%H", "main", "--", story.read().plan).strip()
    scores = [step["score"] for step in steps]
    start = next(n for n, step in enumerate(steps) if step["commit"] == added)
    assert scores[0] == 100
    assert scores[: start + 1] == sorted(scores[: start + 1], reverse=True)
    assert scores[start] == min(scores) < 85
    assert max(scores[start:]) > 95
    assert scores[start] < scores[-1] < max(scores[start:]), "better than at the start, and not all well"


def test_the_registry_names_homes_that_exist(repository: Path) -> None:
    config = tomllib.loads(git(repository, "show", "main:truthline.toml"))
    files = git(repository, "ls-tree", "-r", "--name-only", "main").splitlines()
    for entry in config["canonical"]:
        assert f"{entry['module'].replace('.', '/')}.py" in files
