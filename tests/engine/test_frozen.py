"""A frozen snapshot goes on as if it had never been away, and bytes from elsewhere do nothing."""

from __future__ import annotations

import os
import pickle
from io import BytesIO
from pathlib import Path

import pytest
import zstandard

from scanner.engine.config import Config
from scanner.engine.frozen import Unusable, freeze, thaw
from scanner.engine.git import Repository
from scanner.engine.replay import replay, snapshot_at
from scanner.engine.snapshot import Snapshot
from tests.engine.generated_history import History
from tests.engine.test_replay import CONFIG, reader
from tests.engine.trees import snapshot


def ice(snapshot: Snapshot) -> bytes:
    """Return a snapshot frozen."""
    told = BytesIO()
    freeze(snapshot, told)
    return told.getvalue()


@pytest.fixture
def frozen() -> bytes:
    return ice(snapshot("## a.py\nclass A: ...\n## b.py\nfrom a import A, B\n", config=CONFIG))


def nothing(shas: object) -> dict:
    raise AssertionError(f"asked for the facts of {shas}")


@pytest.mark.parametrize(("seed", "length", "every"), [(3, 120, 1), (8, 160, 23)])
def test_it_goes_on_as_if_it_had_never_been_away(tmp_path: Path, seed: int, length: int, every: int) -> None:
    History(tmp_path / "repository", seed).write(length)
    repository = Repository(tmp_path / "repository")
    facts_of = reader(repository)
    commits = repository.history(repository.resolve("main"))
    ranking = snapshot_at(repository, commits[-1].sha, CONFIG, facts_of).ranking
    whole = list(replay(repository, commits, Snapshot(CONFIG, facts_of, ranking)))
    assert sum(step.open for step in whole) > 1_000

    kept = ice(Snapshot(CONFIG, facts_of, ranking))
    for start in range(0, length, every):
        going = thaw(kept, CONFIG, facts_of)
        assert list(replay(repository, commits[start : start + every], going)) == whole[start : start + every]
        kept = ice(going)


def test_it_asks_for_no_facts(frozen: bytes) -> None:
    thawed = thaw(frozen, CONFIG, nothing)
    assert [violation.rule for violation in thawed.violations.values()] == ["unresolvable-import"]
    assert not thawed.is_new


def test_another_configuration_is_another_tree(frozen: bytes) -> None:
    with pytest.raises(Unusable, match="another configuration"):
        thaw(frozen, Config(services=("a",)), nothing)


@pytest.mark.parametrize("cut", [0, 10, 16, 40, -1])
def test_damaged_bytes_are_told(frozen: bytes, cut: int) -> None:
    with pytest.raises(Unusable):
        thaw(frozen[:cut], CONFIG, nothing)


class Evil:
    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple:
        function, *words = self.call
        return function, tuple(words)


@pytest.mark.parametrize(
    "call", [(os.mkdir, "made"), (eval, "open('made', 'w')"), (Repository, "."), (getattr, 1, "a")]
)
def test_bytes_from_elsewhere_run_nothing(
    frozen: bytes, call: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = zstandard.ZstdCompressor().compress(pickle.dumps(Evil(*call)))
    with pytest.raises(Unusable, match="no place in a snapshot"):
        thaw(frozen[:16] + told, CONFIG, nothing)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [None, {}, frozenset()])
def test_something_else_is_no_snapshot(frozen: bytes, value: object) -> None:
    with pytest.raises(Unusable, match="something else"):
        thaw(frozen[:16] + zstandard.ZstdCompressor().compress(pickle.dumps(value)), CONFIG, nothing)
