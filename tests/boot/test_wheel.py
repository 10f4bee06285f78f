"""The command line without the dashboard: a wheel in an environment that has nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.scanner.origin import SMALL, Origin

ROOT = Path(__file__).resolve().parents[2]
# What a wheel of this checkout is made from.
SOURCES = ("pyproject.toml", "README.md", "scanner")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build with the setuptools that is there, so that no index is asked."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        place = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(place, source / name, ignore=ignored) if place.is_dir() else shutil.copy(place, source / name)
    options = ("-q", "--no-deps", "--no-build-isolation", "-w", str(target))
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True)
    [made] = target.iterdir()
    return made


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """An environment with the wheel and copies of what it says it needs, and nothing else."""
    place = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = place / "bin/python"
    [site] = (place / "lib").glob("python*/site-packages")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True)
    wanted = _needs(message_from_bytes(_metadata(wheel)).get_all("Requires-Dist"))
    assert sorted(wanted) == ["libcst", "msgpack", "zstandard"]
    while wanted:
        name = wanted.pop()
        _copy(name, site)
        wanted += _needs(distribution(name).requires)
    return python


def _metadata(wheel: Path) -> bytes:
    archive = zipfile.ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    return archive.read(name)


def _needs(lines: list[str] | None) -> list[str]:
    needs = map(Requirement, lines or [])
    return [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]


def _copy(name: str, site: Path) -> None:
    for file in distribution(name).files or ():
        source, target = Path(file.locate()), site / file
        if source.is_file() and ".." not in file.parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def test_it_holds_the_engine_alone(wheel) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size < 500_000
    assert {"scanner/__main__.py", "scanner/engine/facts-1.zdict", "scanner/engine/fixes/repair.py"} <= set(names)
    assert not [name for name in names if name.startswith(("dashboard", "tests", "scanner/models", "scanner/tasks"))]


def test_the_command_runs_without_django(python, tmp_path) -> None:
    origin = Origin(tmp_path / "shop.git")
    origin.commit({**SMALL, "shop/newer.py": "type Pair[T] = tuple[T, T]\nclass Box[T]:\n    pass\n"})
    command = [str(python.parent / "truthline"), str(origin.path), "--no-cache", "--jobs", "1"]
    told = subprocess.run(
        [*command, "--format", "json"], capture_output=True, check=True, env={"PATH": "/usr/bin:/bin"}
    )
    document = json.loads(told.stdout)
    assert document["files"] == {"python": 6, "analysed": 6, "unparsable": 0, "skipped": 0}  # LibCST read the newest
    assert len(document["violations"]) == 5
    here = subprocess.run(
        [sys.executable, "-m", "scanner", *command[1:], "--format", "json"], cwd=ROOT, capture_output=True, check=True
    )
    assert json.loads(here.stdout) == document
    for words in (["history", *command[1:]], ["suggest", *command[1:]], ["fix", *command[1:]]):
        subprocess.run([command[0], *words], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})
    absent = subprocess.run([python, "-c", "import django"], capture_output=True)
    assert b"No module named 'django'" in absent.stderr


def test_the_hook_definition_is_what_the_command_takes() -> None:
    from scanner.command.arguments import parsers

    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    [entry] = [line.partition(":")[2].split() for line in text.splitlines() if line.strip().startswith("entry:")]
    options = parsers()[""].parse_args(entry[1:])
    assert (entry[0], options.staged, options.since) == ("truthline", True, "HEAD")
    assert "pass_filenames: false" in text
