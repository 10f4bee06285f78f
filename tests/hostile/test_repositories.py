"""Every hostile repository ends in one named state: a right scan, or one sentence that says what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scanner.__main__ import REFUSED, main
from scanner.engine import git_command
from scanner.engine.git import GitError, NotARepository, Repository
from tests.hostile.repositories import HEADS, REPOSITORIES, Hostile, everything, honest
from tests.scanner.origin import Origin

HONEST = ("duplicate-definition", "shop/b.py")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The honest files are the same everywhere: they are parsed once."""
    return tmp_path_factory.mktemp("cache")


def _made(hostile: Hostile, tmp_path: Path) -> Path:
    origin = Origin(tmp_path / "origin")
    return hostile.make(origin) or origin.path


def _sentence(told: str, wanted: str) -> None:
    assert re.search(wanted, told)
    assert told.isprintable()
    assert 20 < len(told) < 1_000
    assert told.endswith((".", "?"))


@pytest.mark.parametrize("name", REPOSITORIES)
def test_on_the_command_line(name: str, tmp_path: Path, cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hostile = REPOSITORIES[name]
    path = _made(hostile, tmp_path)
    kept = ["--no-cache"] if hostile.scan else ["--cache", str(cache)]
    options = ["--jobs", "1", *kept]
    code = main([str(path), "--format", "json", *options])
    out, err = capfd.readouterr()
    assert not (tmp_path / "canary").exists()
    if hostile.scan:
        assert (code, out) == (REFUSED, "")
        [line] = err.splitlines()
        _sentence(line.removeprefix("truthline: "), hostile.scan)
    else:
        assert code == 0, err
        found = {(row["rule"], row["path"]) for row in json.loads(out)["violations"] if row["severity"] != "info"}
        assert {row for row in found if row[1] not in hostile.more} == {HONEST}
        assert hostile.more <= {path for _, path in found}
    code = main(["history", str(path), *options])
    out, err = capfd.readouterr()
    assert code == (REFUSED if hostile.scan else 0), err
    if not hostile.scan:
        assert json.loads(out.splitlines()[-1])["open"] >= 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", REPOSITORIES)
def test_connecting(name: str, tmp_path: Path, settings) -> None:
    from scanner.connections import ConnectError, look

    settings.TRUTHLINE_LOCAL_PATHS = [tmp_path]
    hostile = REPOSITORIES[name]
    path = _made(hostile, tmp_path)
    if hostile.connect:
        with pytest.raises(ConnectError) as caught:
            look(str(path))
        _sentence(str(caught.value), hostile.connect)
    else:
        seen = look(str(path))
        assert seen.ref == "refs/heads/main"
        assert (seen.files or 0) >= 3
        assert (seen.commits or 0) >= 1
    assert not (tmp_path / "canary").exists()


def test_a_git_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe in place of a file keeps git waiting for somebody to write."""
    import os

    origin = Origin(tmp_path / "origin")
    honest(origin)
    (origin.path / "HEAD").unlink()
    os.mkfifo(origin.path / "HEAD")
    monkeypatch.setattr(git_command, "PATIENCE", 0.5)
    with pytest.raises(GitError, match="did not answer"):
        Repository(origin.path)
    assert not issubclass(GitError, NotARepository)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_through_the_worker(live_worker, tmp_path: Path) -> None:
    """All that is odd and can be read, in one history: the database takes every word of it."""
    from scanner.connections import connect
    from tests.scanner.scanning import finished

    origin = Origin(tmp_path / "origin")
    everything(origin)
    repository = connect(str(origin.path))
    finished(repository)
    repository.refresh_from_db()
    epoch = repository.current_epoch
    assert epoch is not None
    assert epoch.state == "live"
    found = epoch.violations.filter(fixed=None)
    assert found.filter(rule="duplicate-definition", path="shop/b.py").count() == 1
    assert found.filter(rule="unparsable-file").count() >= 1
    assert repository.commits.count() == len(HEADS)
    assert max(len(row.message) for row in found) < 2_100
