"""The data folder: one holder at a time, private files, and what other commands learn from it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from dashboard.embedded.data_folder import DataFolder, InUse
from dashboard.embedded.failure import CannotStart
from tests.boot.checkout import ROOT

HOLD = (
    "import pathlib, sys, time\n"
    "from dashboard.embedded.data_folder import DataFolder\n"
    "folder = DataFolder(pathlib.Path(sys.argv[1]))\n"
    "with folder.locked():\n"
    "    if sys.argv[2] == 'up':\n"
    "        folder.announce('up', 'http://127.0.0.1:8000/', {'DATABASE_URL': 'postgres://x/y'})\n"
    "    print('held', flush=True)\n"
    "    time.sleep(float(sys.argv[3]))\n"
)


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "deep" / "data")


def holder(folder: DataFolder, kind: str, seconds: float) -> subprocess.Popen[bytes]:
    """Start a process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path), kind, str(seconds)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    process.stdout.close()
    return process


def test_files_are_private(folder):
    with folder.locked():
        folder.announce("up", "", {"DATABASE_URL": "postgres://user:password@x/y"})
        folder.secret("secret-key")
        for name in ("running.json", "secret-key"):
            assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o600
    others = stat.S_IMODE(folder.path.stat().st_mode) & 0o077
    assert others == (0o011 if os.geteuid() == 0 else 0)


def test_secret_stays(folder):
    assert folder.secret("a") == DataFolder(folder.path).secret("a")
    assert folder.secret("a") != folder.secret("b")
    assert len(folder.secret("a")) >= 50


def test_running_up_is_told_at_once(folder):
    process = holder(folder, "up", 600)
    try:
        with pytest.raises(InUse) as refused, folder.locked(patience=600):
            pass
    finally:
        process.kill()
        process.wait()
    assert f"(process {process.pid}: manage.py up)" in str(refused.value)
    assert "It answers at http://127.0.0.1:8000/" in str(refused.value)
    assert refused.value.running["environment"] == {"DATABASE_URL": "postgres://x/y"}
    with folder.locked():
        assert folder.running() is None, "what the killed holder said of itself is gone"


def test_short_command_is_waited_for(folder):
    process = holder(folder, "command", 0.5)
    with folder.locked(patience=60):
        pass
    assert process.wait() == 0


def test_silent_holder_is_refused_in_the_end(folder):
    process = holder(folder, "command", 600)
    try:
        with pytest.raises(InUse, match=r"\(another process\)"), folder.locked(patience=0.3):
            pass
    finally:
        process.kill()
        process.wait()


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=f"cannot keep data in {tmp_path}/file/data: "):
        DataFolder(tmp_path / "file" / "data")
