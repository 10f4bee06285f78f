"""When files came and went, whatever their kind and however they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.engine.git import Repository, UnknownRevision
from scanner.engine.path_history import all_paths, files_holding, first_added, matching, touches
from tests.scanner.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin(tmp_path / "repo")
    made.commit({"a.py": "class Cart: ...\n", "docs/plan.md": "plan\n", "docs/[x] y.md": "odd\n"})
    made.commit({"a.py": "class Cart2: ...\n", "café/ü.txt": "x\n"})
    made.commit({"docs/plan.md": None, "docs/moved.md": "plan\n"})
    made.commit({"a.py": None})
    return made


@pytest.mark.parametrize(
    ("path", "story"),
    [
        ("a.py", [(1, "added"), (2, "changed"), (4, "deleted")]),
        ("docs/plan.md", [(1, "added"), (3, "deleted")]),
        ("docs/*.md", [(1, "added"), (1, "added"), (3, "added"), (3, "deleted")]),
        ("**/*.txt", [(2, "added")]),
        ("café/", [(2, "added")]),
        ("café/ü.txt", [(2, "added")]),
        ("never.py", []),
        ("docs", []),  # a folder is named with its slash
        ("-rf", []),
        (":(exclude)a.py", []),
    ],
)
def test_touches(origin: Origin, path: str, story: list[tuple[int, str]]) -> None:
    repository = Repository(origin.path)
    numbers = {commit.sha: n for n, commit in enumerate(repository.history(origin.git("rev-parse", "main")), 1)}
    words = {(True, False): "added", (False, False): "changed", (False, True): "deleted"}
    found = touches(repository, origin.git("rev-parse", "main"), [path])
    said = sorted(
        (numbers[one.commit], words[one.old is None, one.new is None]) for one in found if matching(one.path, path)
    )
    assert said == story


def test_a_merge_is_one_step(origin: Origin) -> None:
    base = origin.git("rev-parse", "main")
    side = origin.commit({"side.py": "x = 1\n"}, branch="side")
    tree = origin.git("rev-parse", "side^{tree}")
    merge = origin.git("-c", "user.name=A", "-c", "user.email=a@b", "commit-tree", tree, "-p", base, "-p", side)
    assert [one.commit for one in touches(Repository(origin.path), merge, ["side.py"])] == [merge]


def test_the_first_commit_with_a_content(origin: Origin) -> None:
    repository, tip = Repository(origin.path), origin.git("rev-parse", "main")
    blob = origin.git("rev-parse", "main:docs/moved.md")
    assert first_added(repository, tip, blob) == origin.git("rev-parse", "main~3")
    assert first_added(repository, tip, "0" * 39 + "1") is None


def test_trees_and_words(origin: Origin) -> None:
    repository, second = Repository(origin.path), origin.git("rev-parse", "main~2")
    assert set(all_paths(repository, second)) == {"a.py", "docs/plan.md", "docs/[x] y.md", "café/ü.txt"}
    assert files_holding(repository, second, ["Cart2", "not a name"]) == {"a.py"}
    assert files_holding(repository, second, ["Cart"]) == set()  # whole words
    assert files_holding(repository, second, []) == set()


def test_names_of_commits_are_not_options(origin: Origin) -> None:
    with pytest.raises(UnknownRevision):
        touches(Repository(origin.path), "--output=x", ["a.py"])
