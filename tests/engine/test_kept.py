"""A tree kept on disk gives the same as one that is resolved anew, and is never relied on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from scanner.engine import kept as keeping
from scanner.engine.git import Repository
from scanner.engine.kept import KeptTrees
from scanner.engine.replay import snapshot_of
from scanner.engine.timeline import timeline
from scanner.engine.trees import Tree, committed
from tests.engine.generated_history import History
from tests.engine.test_replay import CONFIG, reader


@pytest.fixture
def repository(tmp_path) -> Repository:
    History(tmp_path / "repository", 9).write(60)
    return Repository(tmp_path / "repository")


@pytest.fixture
def trees(repository) -> list[Tree]:
    return [committed(repository, commit.sha) for commit in repository.history(repository.resolve("main"))]


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def state(snapshot) -> tuple:
    return snapshot.violations, snapshot.coverage, snapshot.obligations, snapshot.ranking, snapshot.blobs


def test_from_anywhere_to_anywhere_it_is_the_same(repository, trees, folder, monkeypatch) -> None:
    """Each tree its own baseline, so canonical definitions change sides; files break, and branches part."""
    resolved = []
    monkeypatch.setattr(keeping, "snapshot_of", lambda *given: resolved.append(given) or snapshot_of(*given))
    monkeypatch.setattr(keeping, "_MANY_CHANGES", 3)
    facts_of = reader(repository)
    random = Random(1)
    ranked = 0
    for tree in [*random.choices(trees, k=60), *trees]:
        found = KeptTrees(folder, CONFIG, facts_of).snapshot(tree)
        assert state(found) == state(snapshot_of(tree, CONFIG, facts_of)), tree.commit
        ranked += len(found.ranking.importers)
    assert ranked
    assert 0 < len(resolved) < 100  # else it is never led on, or never resolved where files cannot be read


def test_a_history_is_measured_by_a_kept_baseline(repository, trees, folder, monkeypatch) -> None:
    facts_of, baseline = reader(repository), trees[-1]
    commits = repository.history(repository.resolve("main"))
    anew = list(timeline(repository, commits, CONFIG, facts_of, baseline))
    kept = KeptTrees(folder, CONFIG, facts_of)
    kept.snapshot(baseline)
    monkeypatch.setattr(keeping, "snapshot_of", None)
    assert list(timeline(repository, commits, CONFIG, facts_of, baseline, kept)) == anew
    assert len({str(moment.score) for moment in anew}) > 1


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 5_000])
def test_a_damaged_file_is_not_relied_on(repository, trees, folder, damage) -> None:
    facts_of = reader(repository)
    KeptTrees(folder, CONFIG, facts_of).snapshot(trees[-1])
    [place] = folder.iterdir()
    place.write_bytes(damage)
    found = KeptTrees(folder, CONFIG, facts_of).snapshot(trees[-1])
    assert state(found) == state(snapshot_of(trees[-1], CONFIG, facts_of))
    assert place.read_bytes() != damage


def test_another_configuration_has_its_own(repository, trees, folder) -> None:
    from dataclasses import replace

    facts_of = reader(repository)
    other = replace(CONFIG, services=("shop",))
    for config in (CONFIG, other):
        found = KeptTrees(folder, config, facts_of).snapshot(trees[-1])
        assert state(found) == state(snapshot_of(trees[-1], config, facts_of))
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_cannot_be_written_changes_nothing(repository, trees, tmp_path) -> None:
    facts_of = reader(repository)
    found = KeptTrees(tmp_path / "nowhere", CONFIG, facts_of).snapshot(trees[-1])
    assert state(found) == state(snapshot_of(trees[-1], CONFIG, facts_of))


def test_only_some_are_kept(repository, trees, folder, monkeypatch) -> None:
    from dataclasses import replace

    monkeypatch.setattr(keeping, "MOST_FILES", 2)
    facts_of = reader(repository)
    for name in "abc":
        KeptTrees(folder, replace(CONFIG, shared=(name,)), facts_of).snapshot(trees[3])
    assert len(list(folder.iterdir())) == 2
