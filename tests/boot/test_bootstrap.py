"""What `manage.py` says on a machine where something is missing: one line, exit code 1, no traceback."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.embedded import bootstrap
from dashboard.embedded.account import current
from tests.boot.checkout import ROOT, Checkout, bare_checkout

# Nothing listens on port 1, and what the machine's pip would look at besides is switched off.
NO_INDEX = {
    "PIP_INDEX_URL": "http://127.0.0.1:1/simple",
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_CONFIG_FILE": os.devnull,
}


@pytest.fixture
def checkout():
    with bare_checkout() as checkout:
        yield checkout


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line on stderr of a command that refused to start."""
    assert done.returncode == 1, done
    assert done.stderr.startswith("manage.py: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_old_python_is_told_which_one_is_needed(checkout: Checkout):
    pretend = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['manage.py', 'up']; "
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    line = refusal(checkout.python_runs("-c", pretend))
    assert "needs Python 3.11 or newer" in line
    assert "is Python 3.9" in line
    assert not (checkout.folder / ".venv").exists()


def test_old_python_can_read_the_file_that_tells_it():
    ast.parse((ROOT / "manage.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_without_git(checkout: Checkout, tmp_path: Path):
    line = refusal(checkout.manage("up", PATH=str(tmp_path)))
    assert "git is not on the PATH" in line
    assert "install git" in line or "xcode-select" in line
    assert not (checkout.folder / ".venv").exists()


def test_without_the_venv_modules(checkout: Checkout, tmp_path: Path):
    """Debian without python3-venv, made by a copy of the standard library that lacks ensurepip."""
    library = Path(ast.__file__).parent
    home = tmp_path / "python"
    stripped = home / "lib" / library.name
    stripped.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name not in {"ensurepip", "__pycache__", "site-packages"}:
            (stripped / entry.name).symlink_to(entry)
    checkout.python = str(Path(sys.executable).resolve())
    line = refusal(checkout.manage("up", PYTHONHOME=str(home)))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt-get install python{version}-venv" in line
    assert not (checkout.folder / ".venv").exists()


def test_half_made_environment_and_no_network(checkout: Checkout):
    """A dangling interpreter of an interrupted start is replaced; without an index, it stays at one line, twice."""
    (checkout.folder / ".venv" / "bin").mkdir(parents=True)
    (checkout.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    for _ in range(2):
        done = checkout.manage("up", **NO_INDEX)
        assert "no package index answers" in refusal(done)
    assert (checkout.folder / ".venv" / "bin" / "python").exists()
    assert "Making" not in done.stdout


def test_a_program_reads_nothing_but_the_command_s_output(checkout: Checkout):
    done = checkout.manage("import_plan", "plan.md", "--dry-run", "--format", "json", **NO_INDEX)
    assert done.stdout == ""
    assert "Making" in done.stderr
    assert "no package index answers" in done.stderr.splitlines()[-1]


def test_folder_that_is_not_writable():
    user = current() if os.geteuid() == 0 else None
    with bare_checkout(user) as checkout:
        checkout.python = reachable_python(user)
        checkout.folder.chmod(0o555)
        line = refusal(checkout.manage("up"))
        checkout.folder.chmod(0o755)
    assert f"the folder {checkout.folder} is not writable" in line


def reachable_python(user) -> str:
    """Return an interpreter that this user can run; the one of the tests may lie in root's home."""
    if user is None:
        return sys.executable
    for python in dict.fromkeys(
        [str(Path(sys.executable).resolve()), "/usr/bin/python3", shutil.which("python3") or ""]
    ):
        new_enough = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
        if user.reaches(Path(python)) and user.run([python, "-c", new_enough]).returncode == 0:
            return python
    pytest.skip(f"no Python 3.11 with venv that {user.name} can run")


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        ("WARNING: Retrying … ConnectTimeoutError(…)\nERROR: No matching distribution found for x", "no package index"),
        ("Retrying … '[SSL: CERTIFICATE_VERIFY_FAILED]'\nERROR: No matching distribution found for x", "in PIP_CERT"),
        ("ERROR: Could not find a version\nERROR: No matching distribution found for x==1", "No matching distribution"),
        ("error: disk is full\n", "error: disk is full"),
        ("", "it gave no reason"),
    ],
)
def test_reasons_of_pip(stderr, sentence):
    assert sentence in bootstrap.why_pip_failed(stderr)
