"""A small fire: a few of each fault during a backfill. `python -m tests.faults` is the large one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dashboard.embedded.bootstrap import ROOT

FORGET = ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "DEBUG", "PYTEST_XDIST_WORKER")


@pytest.mark.slow
@pytest.mark.xdist_group("up")  # a dozen processes of its own
def test_a_backfill_under_fire_leaves_what_an_undisturbed_one_does():
    kept = {
        name: value for name, value in os.environ.items() if name not in FORGET and not name.startswith("TRUTHLINE_")
    }
    command = "--seed 4 --kills 2 --postgres 2 --broker 1 --others 1 --commits 120 --pause 0.7"
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *command.split()],
        cwd=ROOT, env=kept, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost, 0 doubled" in done.stdout
    assert "**0 partly visible**" in done.stdout
