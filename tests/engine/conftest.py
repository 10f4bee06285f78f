"""The command line, run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.__main__ import main


@pytest.fixture
def run(capfd, tmp_path, monkeypatch):
    """Runs `truthline` in this process with a cache of its own; gives the exit code and both outputs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*words: str | Path) -> tuple[int, str, str]:
        code = main(["--jobs", "1", *map(str, words)])
        return code, *capfd.readouterr()

    return run
