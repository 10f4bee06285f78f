"""Shells complete the command: tried in the shells that are there, bash at least."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scanner.__main__ import main
from scanner.command.arguments import parsers
from scanner.command.completion import SHELLS
from tests.engine.checkouts import Checkout

ASK = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_truthline
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(capfd, tmp_path: Path, shell: str) -> Path:
    with pytest.raises(SystemExit) as ended:
        main(["--completion", shell])
    assert ended.value.code == 0
    place = tmp_path / f"completion.{shell}"
    place.write_text(capfd.readouterr().out)
    return place


@pytest.fixture
def ask(capfd, tmp_path):
    place = script(capfd, tmp_path, "bash")

    def ask(words: str, cwd: Path = tmp_path) -> set[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", ASK.format(script=place, words=words)], cwd=cwd, capture_output=True, check=True
        )
        return {line for line in done.stdout.decode().splitlines() if line}

    return ask


def test_bash_knows_every_option(ask) -> None:
    for command, parser in parsers().items():
        options = {name for action in parser._actions for name in action.option_strings if name.startswith("--")}
        assert ask(f"truthline {command} . --") == options


def test_bash_knows_values(ask, tmp_path) -> None:
    (tmp_path / "some folder").mkdir()
    assert ask('truthline . --format ""') == {"text", "json", "sarif"}
    assert ask('truthline . --fail-on "n"') == {"new", "never"}
    assert ask('truthline fix . --rule "d"') == {"deprecated-import"}
    assert ask('truthline "h"') == {"history"}
    assert ask('truthline "some"') == {"some folder"}
    assert ask('truthline history . --limit ""') == set()


def test_bash_knows_branches_and_runs_none_of_them(ask, tmp_path) -> None:
    checkout = Checkout(tmp_path / "work")
    checkout.commit({"a.py": ""})
    checkout.git("branch", "main2")
    checkout.git("branch", "main$(touch${IFS}ran)")
    assert ask('truthline . --since "mai"', checkout.path) == {"main", "main2", "main$(touch${IFS}ran)"}
    assert ask('truthline . --since "H"', checkout.path) == {"HEAD"}
    assert not (checkout.path / "ran").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shells_read_it(capfd, tmp_path, shell) -> None:
    place = script(capfd, tmp_path, shell)
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} on this machine")
    options = {"bash": ["-n"], "zsh": ["-n"], "fish": ["--no-execute"]}[shell]
    done = subprocess.run([shell, *options, str(place)], capture_output=True, env={**os.environ, "HOME": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, b"")
