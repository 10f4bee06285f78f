"""What a step calls new, fixed, moved and relocated, commit by commit."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.engine.config import Config
from scanner.engine.difference import _sources
from scanner.engine.extract import extract
from scanner.engine.facts import Facts
from scanner.engine.git import Change, Repository
from scanner.engine.ranking import Ranking
from scanner.engine.replay import Step, replay
from scanner.engine.snapshot import Snapshot
from tests.engine.trees import files

BROKEN = "from pkg.gone import x\n"


@pytest.fixture
def steps(tmp_path: Path):
    """Return a function: trees as text, one commit each → the steps of their replay."""

    def run(*trees: str, config: Config | None = None) -> list[Step]:
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path)], check=True)
        stream = []
        for number, text in enumerate(trees, 1):
            stream.append(f"commit refs/heads/main\ncommitter A <a@example.org> {number} +0000\ndata 1\nx\ndeleteall\n")
            for path, content in files(text).items():
                stream.append(f"M 100644 inline {path}\ndata {len(content.encode())}\n{content}\n")
        told = "".join([*stream, "done\n"]).encode()
        subprocess.run(["git", "-C", str(tmp_path), "fast-import", "--quiet", "--done"], input=told, check=True)
        repository = Repository(tmp_path)

        def facts_of(shas) -> Iterator[tuple[str, Facts]]:
            return ((sha, extract(source)) for sha, source in repository.blobs(shas))

        commits = repository.history(repository.resolve("main"))
        made = config or Config(roots=("",))
        return list(replay(repository, commits, Snapshot(made, facts_of, Ranking())))

    return run


def test_introduced_and_fixed(steps):
    first, second, third, fourth = steps(
        "## pkg/__init__.py\n## pkg/a.py\n" + BROKEN,
        "## pkg/__init__.py\n## pkg/a.py\n" + BROKEN + "## pkg/b.py\n" + BROKEN,
        "## pkg/__init__.py\n## pkg/gone.py\nx = 1\n## pkg/a.py\n" + BROKEN,
        "## pkg/__init__.py\n## pkg/a.py\n" + BROKEN,
    )
    assert [v.path for v in first.introduced] == ["pkg/a.py"]
    assert [v.path for v in second.introduced] == ["pkg/b.py"]
    assert set(third.fixed) == {v.fingerprint for v in (*first.introduced, *second.introduced)}
    assert third.open == 0
    # It is named as before when it comes back.
    assert [v.fingerprint for v in fourth.introduced] == [v.fingerprint for v in first.introduced]
    [(key, row)] = third.tally.items()
    assert (key.rule, key.severity, row.open, row.introduced, row.fixed) == ("unresolvable-import", "critical", 0, 0, 2)


@pytest.mark.parametrize("edited", ["", "y = 1\nz = 2\n"])
def test_a_rename_moves_what_is_in_the_file(steps, edited):
    text = BROKEN + "\n".join(f"line_{number} = {number}" for number in range(9)) + "\n"
    first, second = steps(
        "## pkg/__init__.py\n## pkg/a.py\n" + text,
        "## pkg/__init__.py\n## pkg/deep/b.py\n" + text + edited,
    )
    [before], [move] = first.introduced, second.moved
    assert (move.source, move.violation.path) == (before.fingerprint, "pkg/deep/b.py")
    assert move.violation.fingerprint != before.fingerprint
    assert (second.introduced, second.fixed, second.relocated, dict(second.tally)) == ((), (), (), {})


def test_another_severity_moves_under_the_same_name(steps):
    first, second = steps(
        "## pkg/__init__.py\n## pkg/a.py\n" + BROKEN,
        "## pkg/__init__.py\n## pkg/a.py\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    " + BROKEN,
    )
    [before], [move] = first.introduced, second.moved
    assert (move.source, move.violation.fingerprint) == (before.fingerprint, before.fingerprint)
    assert (before.severity, move.violation.severity) == ("critical", "medium")
    assert {key.severity: row.open for key, row in second.tally.items()} == {"critical": 0, "medium": 1}
    assert {(row.introduced, row.fixed) for row in second.tally.values()} == {(0, 0)}


def test_a_rename_into_another_scope_moves(steps):
    first, second = steps(
        "## pkg/__init__.py\n## pkg/a.py\n" + BROKEN,
        "## pkg/__init__.py\n## tests/test_a.py\n" + BROKEN,
    )
    [move] = second.moved
    assert (first.introduced[0].scope, move.violation.scope, move.violation.severity) == ("production", "tests", "high")
    assert (second.introduced, second.fixed) == ((), ())


def test_another_line_or_message_relocates(steps):
    first, second, third = steps(
        "## pkg/__init__.py\n## pkg/a.py\n" + BROKEN,
        "## pkg/__init__.py\n## pkg/a.py\n\n" + BROKEN,
        "## pkg/__init__.py\n## pkg/a.py\n\n" + BROKEN + "y = 1\n",
    )
    [moved] = second.relocated
    assert (moved.fingerprint, moved.line) == (first.introduced[0].fingerprint, 2)
    assert (second.introduced, second.fixed, second.moved, dict(second.tally)) == ((), (), (), {})
    assert third.relocated == ()


def test_commits_without_python_are_steps_too(steps):
    _, second = steps("## pkg/a.py\n", "## pkg/a.py\n## README.md\nhello\n")
    assert (second.introduced, second.open, second.coverage.python) == ((), 0, 1)


def test_equal_blobs_are_renames_even_when_git_saw_none():
    changes = [
        Change("a/x.py", "1", None),
        Change("a/y.py", "1", None),
        Change("b/y.py", None, "1"),
        Change("b/z.py", None, "1"),
        Change("c/new.py", None, "2"),
        Change("d/old.py", "3", None),
        Change("e/seen.py", None, "4", renamed_from="d/old.py"),
        Change("f/copy.py", None, "1"),
    ]
    assert _sources(changes) == {"b/y.py": "a/y.py", "b/z.py": "a/x.py", "e/seen.py": "d/old.py"}
