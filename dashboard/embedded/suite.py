"""`manage.py test [pytest arguments]`: all checks, in sections; with arguments, pytest alone and with them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dashboard.embedded.bootstrap import ROOT

BIN = Path(sys.executable).parent

# mypy's Django plug-in reads the settings and Compose fills in its file; both refuse to go on without these. Nothing
# connects to them.
PLACEHOLDERS = {
    "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    "POSTGRES_PASSWORD": "none",
    "VALKEY_PASSWORD": "none",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "only for reading the settings: it never signs anything",
}


@dataclass(frozen=True)
class Section:
    """One check: its title and its command."""

    title: str
    command: list[str]
    placeholders: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a section ended: its exit code and how many seconds it took."""

    title: str
    code: int
    seconds: float


def sections(arguments: list[str]) -> list[Section]:
    """Return what to run. pytest comes last, so that its summary is what the eye falls on."""
    python = sys.executable
    if arguments:
        return [Section("pytest", [python, "-m", "pytest", *arguments])]
    compose = ["--file", "docker/compose.yaml", "--env-file", "docker/.env.example"]
    return [
        Section("ruff: rules", [python, "-m", "ruff", "check", "."]),
        Section("ruff: layout", [python, "-m", "ruff", "format", "--check", "--quiet", "."]),
        Section("mypy", [python, "-m", "mypy"], placeholders=True),
        Section("import-linter", [str(BIN / "lint-imports"), "--no-cache"]),
        Section("hadolint", [str(BIN / "hadolint"), "docker/Dockerfile"]),
        Section("compose", [str(BIN / "docker-compose"), *compose, "config", "--quiet"], placeholders=True),
        Section("pytest", [python, "-m", "pytest", "--numprocesses=auto", "--dist=loadgroup"]),
    ]


def run(arguments: list[str]) -> int:
    """Run all sections, also after one failed; return the exit code of the first that did."""
    outcomes = [_run(section) for section in sections(arguments)]
    if len(outcomes) > 1:
        _show(outcomes)
    return next((outcome.code for outcome in outcomes if outcome.code), 0)


def _run(section: Section) -> Outcome:
    print(f"\n── {section.title} {'─' * (76 - len(section.title))}", flush=True)
    began = time.monotonic()
    environment = os.environ | (PLACEHOLDERS if section.placeholders else {})
    if not section.placeholders:
        # The tests name their settings themselves, once there are servers to name in them.
        environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(section.command, cwd=ROOT, env=environment, check=False)
    return Outcome(section.title, done.returncode if done.returncode >= 0 else 1, time.monotonic() - began)


def _show(outcomes: list[Outcome]) -> None:
    print(f"\n── summary {'─' * 69}")
    for outcome in outcomes:
        word = "ok" if outcome.code == 0 else f"FAILED, exit code {outcome.code}"
        print(f"{outcome.title:<16}{outcome.seconds:>8.1f} s   {word}")
    print(f"{'total':<16}{sum(outcome.seconds for outcome in outcomes):>8.1f} s", flush=True)
