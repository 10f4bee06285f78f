"""When files came and went, whatever their kind and however they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.engine.git import Repository, UnknownRevision
from scanner.engine.path_history import all_paths, files_holding, first_added, matching, touches, trail
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


WORDS = "".join(f"line {n} of a plan\n" for n in range(40))


@pytest.mark.parametrize(
    ("steps", "path", "moves", "gone"),
    [
        ([{"plan.md": "a\n"}], "plan.md", [], False),
        ([{"plan.md": "a\n"}], "other.md", None, False),
        ([{"plan.md": "a\n"}, {"plan.md": None}], "plan.md", [], True),
        ([{"plan.md": "a\n"}, {"plan.md": None, "done/a.txt": "a\n"}], "plan.md", [(2, "done/a.txt")], False),
        ([{"plan.md": WORDS}, {"plan.md": None, "b.md": WORDS + "more\n"}], "plan.md", [(2, "b.md")], False),
        # Another ending and another content: nobody can tell.
        ([{"plan.md": WORDS}, {"plan.md": None, "b.txt": WORDS + "more\n"}], "plan.md", [], True),
        ([{"plan.md": WORDS}, {"plan.md": None, "b.md": "other\n"}], "plan.md", [], True),
        # A copy is no move: the file was there before.
        ([{"plan.md": WORDS}, {"b.md": WORDS}, {"plan.md": None}], "plan.md", [], True),
        (
            [{"p.md": WORDS}, {"p.md": None, "q.md": WORDS}, {"x": "1\n"}, {"q.md": None, "r.md": WORDS + "more\n"}],
            "p.md",
            [(2, "q.md"), (4, "r.md")],
            False,
        ),
        ([{"p.md": WORDS}, {"p.md": None, "q.md": WORDS}, {"q.md": None}], "p.md", [(2, "q.md")], True),
        # There and back again, and a new file where it was.
        ([{"p.md": WORDS}, {"p.md": None, "q.md": WORDS}, {"q.md": None, "p.md": WORDS}], "p.md", [], False),
        ([{"p.md": WORDS}, {"p.md": None, "q.md": WORDS}, {"p.md": "new\n"}], "p.md", [], False),
        (
            [{"[x] y*.md": WORDS, "x y.md": "1\n"}, {"[x] y*.md": None, "ü ?.md": WORDS}],
            "[x] y*.md",
            [(2, "ü ?.md")],
            False,
        ),
        ([{"[a\\b].md": "a\n"}, {"[a\\b].md": None, "c.md": "a\n"}], r"[a\x5cb].md", [(2, "c.md")], False),
    ],
)
def test_where_a_file_went(
    tmp_path: Path, steps: list[dict[str, str | None]], path: str, moves: list[tuple[int, str]] | None, gone: bool
) -> None:
    origin = Origin(tmp_path / "moving")
    commits = [origin.commit(changes) for changes in steps]
    found = trail(Repository(origin.path), commits[-1], path)
    if moves is None:
        assert found is None
        return
    assert found is not None
    assert [(move.commit, move.new) for move in found.moves] == [(commits[n - 1], new) for n, new in moves]
    assert found.path == (moves[-1][1] if moves else path)
    assert (found.blob is None) == gone
    if not gone:
        assert found.blob == all_paths(Repository(origin.path), commits[-1])[found.path]


def test_a_move_in_a_merge(origin: Origin) -> None:
    base = origin.git("rev-parse", "main~2")
    origin.commit_all([{"docs/plan.md": None, "docs/side.md": "plan\n"}], branch="side", base=base)
    side = origin.git("rev-parse", "side")
    tree = origin.git("rev-parse", "side^{tree}")
    merge = origin.git("-c", "user.name=A", "-c", "user.email=a@b", "commit-tree", tree, "-p", base, "-p", side)
    found = trail(Repository(origin.path), merge, "docs/plan.md")
    assert found is not None
    assert found.moves == ((merge, "docs/plan.md", "docs/side.md"),)


def test_trees_and_words(origin: Origin) -> None:
    repository, second = Repository(origin.path), origin.git("rev-parse", "main~2")
    assert set(all_paths(repository, second)) == {"a.py", "docs/plan.md", "docs/[x] y.md", "café/ü.txt"}
    assert files_holding(repository, second, ["Cart2", "not a name"]) == {"a.py"}
    assert files_holding(repository, second, ["Cart"]) == set()  # whole words
    assert files_holding(repository, second, []) == set()


def test_names_of_commits_are_not_options(origin: Origin) -> None:
    with pytest.raises(UnknownRevision):
        touches(Repository(origin.path), "--output=x", ["a.py"])
