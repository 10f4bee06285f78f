"""Every hostile repository ends in one named state: a right scan, or one sentence that says what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import psutil
import pytest

from scanner.__main__ import REFUSED, main
from scanner.engine import git_command
from scanner.engine.git import LINK, GitError, Repository, Stalled, TreeTooLarge
from scanner.engine.git_command import CHANGE_BYTES
from scanner.remotes import Limits
from tests.git_server import GitServer, git_server
from tests.hostile.repositories import HEADS, REPOSITORIES, Hostile, everything, honest, tree_bomb
from tests.scanner.origin import Origin

ROOT = Path(__file__).resolve().parents[2]
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


# Links and folders of this machine: no server hands them out.
_OF_THIS_MACHINE = {
    "a shallow clone", "a partial clone", "ids of sha256", "somebody else's, locked", "a file", "nothing",
    "a folder that is none", "a .git that leads nowhere", "a .git that is an option", "a .git of 3 MB",
}  # fmt: skip
# The server's own git believes them, so it lacks the objects they speak of.
_REFUSED_BY_THE_SERVER = {"replaced objects and grafts"}
_SERVED = sorted(REPOSITORIES.keys() - _OF_THIS_MACHINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with git_server(tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("authority")) as running:
        yield running


def _fetched(url: str) -> dict[str, bytes | None]:
    """Fetch a repository as a scan does, read all that a scan reads, and return its newest Python files."""
    from scanner import mirrors
    from scanner.models import Repository as Connected

    found = mirrors.inspect(url)
    mirror = mirrors.fetch(Connected(url=found.url, ref=found.ref))
    commits = [commit.sha for commit in mirror.history(mirror.resolve(found.ref))]
    files = {path: blob for path, blob in mirror.tree(commits[-1]).items() if blob != LINK}
    assert len(list(mirror.changes(commits))) == len(commits) >= 1
    contents = dict(mirror.blobs(sorted(set(files.values()))))
    return {path: contents[blob] for path, blob in files.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", _SERVED)
def test_through_a_mirror(name: str, server: GitServer, tmp_path: Path, settings) -> None:
    """The same repositories at a server: all of it within the time that asking for its branches alone may take."""
    settings.TRUTHLINE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    settings.TRUTHLINE_GIT_CA = server.ca_file
    settings.TRUTHLINE_DATA = tmp_path / "data"
    hostile = REPOSITORIES[name]
    origin = Origin(server.root / f"{tmp_path.name}.git")
    assert hostile.make(origin) in {None, origin.path}
    began = time.monotonic()
    if hostile.scan or hostile.connect or name in _REFUSED_BY_THE_SERVER:
        with pytest.raises(GitError) as caught:
            _fetched(server.url(origin.path.name))
        _sentence(str(caught.value), hostile.scan if isinstance(caught.value, TreeTooLarge) else "")
    else:
        files = _fetched(server.url(origin.path.name))
        assert b"class Basket" in (files["shop/b.py"] or b"")
    assert time.monotonic() - began < Limits().list_seconds
    assert not (server.root / "canary").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what a process takes beside mapped files")
def test_a_tree_bomb_in_the_past_takes_little_memory(tmp_path: Path) -> None:
    """git collects a commit's whole change before it tells the first path: no count stops it in time."""
    origin = Origin(tmp_path / "origin")
    tree_bomb(origin)
    head = origin.commit({"a.py": "a = 1\n"})
    bomb = origin.git("rev-parse", f"{head}^")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from scanner.engine import git\n"
        "git.CHANGE_BYTES >>= 2\n"
        "try:\n"
        "    print(list(git.Repository(Path(sys.argv[1])).changes(sys.argv[2:])))\n"
        "except git.TreeTooLarge as error:\n"
        "    print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, origin.path, bomb], cwd=ROOT, capture_output=True, text=True, check=True
    )
    sentence, kilobytes = done.stdout.splitlines()
    _sentence(sentence, "ran out of memory")
    assert int(kilobytes) << 10 < CHANGE_BYTES // 2


def _waits_for_ever(file: Path) -> None:
    """Put a pipe in a file's place: git waits for somebody to write."""
    file.unlink()
    os.mkfifo(file)


def test_a_git_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = Origin(tmp_path / "origin")
    honest(origin)
    _waits_for_ever(origin.path / "HEAD")
    monkeypatch.setattr(git_command, "PATIENCE", 0.5)
    with pytest.raises(Stalled, match="did not answer"):
        Repository(origin.path)


@pytest.mark.parametrize("what", ["history", "tree", "changes", "blobs"])
def test_a_git_that_stops_answering(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest commit is a pipe, a tree is, or a file: git says something, or nothing, and then no more."""
    origin = Origin(tmp_path / "origin")
    first = origin.commit({"a.py": "a = 1\n", "folder/b.py": "b = 1\n"})
    tip = origin.commit({"a.py": "a = 2\n"})
    names = {"history": first, "tree": f"{tip}:folder", "changes": f"{first}^{{tree}}", "blobs": f"{tip}:a.py"}
    sha = origin.git("rev-parse", names[what])
    origin.loose()
    repository = Repository(origin.path)
    blobs = [origin.git("rev-parse", f"{commit}:a.py") for commit in (first, tip)]
    _waits_for_ever(origin.path / "objects" / sha[:2] / sha[2:])
    monkeypatch.setattr(git_command, "PATIENCE", 0.5)
    asked = {
        "history": lambda: repository.history(tip),
        "tree": lambda: repository.tree(tip),
        "changes": lambda: list(repository.changes([first, tip])),
        "blobs": lambda: list(repository.blobs(blobs)),
    }
    with pytest.raises(Stalled) as caught:
        asked[what]()
    _sentence(str(caught.value), "did not answer within 0.5 s")
    assert not [child for child in psutil.Process().children() if child.name() == "git"]


def test_a_reader_that_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the reader does between two reads is no silence of git's."""
    origin = Origin(tmp_path / "origin")
    shas = [origin.git("hash-object", "-w", "--stdin", stdin=bytes([number]) * 200_000) for number in range(20)]
    told = Repository(origin.path).blobs(shas)
    assert next(told)[0] == shas[0]
    monkeypatch.setattr(git_command, "PATIENCE", 0.5)
    time.sleep(0.7)
    assert [sha for sha, content in told if content] == shas[1:]


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
