"""How healthy packages read: `python -m tests.calibration.packages` prints a Markdown table of scores.

The newest release of each package is fetched with pip, put into a git repository of its own and scanned with the
configuration that Truthline suggests. A well-kept package below 88 points to false alarms (design: score).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGES = (
    "attrs", "celery", "click", "django", "fastapi", "flask", "httpx", "jinja2", "kombu", "libcst", "pydantic",
    "pytest", "requests", "rich", "scrapy", "sqlalchemy", "starlette", "werkzeug",
)  # fmt: skip
AUTHOR = ("-c", "user.name=calibration", "-c", "user.email=calibration@example.org")
MOST_RULES = 3


def main() -> None:
    print("| package | score | definitions | imports | isolation | structure | what costs most |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            print(row(package, scan(fetch(package, Path(folder)))), flush=True)


def fetch(package: str, folder: Path) -> Path:
    """Return a git repository with the files of the package's newest wheel; its name is the version's."""
    wheels = folder / "wheels" / package
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", wheels, package],
        check=True,
    )
    [wheel] = wheels.glob("*.whl")
    repository = folder / "-".join(wheel.name.split("-")[:2])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(repository)
    for words in (("init", "-q"), ("add", "-A"), (*AUTHOR, "commit", "-q", "-m", package)):
        subprocess.run(["git", *words], cwd=repository, check=True)
    return repository


def scan(repository: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "scanner", repository, "--format", "json", "--no-cache"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"name": repository.name, **json.loads(done.stdout)}


def row(package: str, report: dict) -> str:
    points: dict[str, float] = {}
    for violation in report["violations"]:
        points[violation["rule"]] = points.get(violation["rule"], 0.0) + violation["points"]
    dearest = sorted(points.items(), key=lambda item: -item[1])[:MOST_RULES]
    told = ", ".join(f"{rule} {cost:.1f} ({sum(report['counts'][rule].values())})" for rule, cost in dearest if cost)
    areas = report["score"]["areas"].values()
    values = " | ".join("–" if area["value"] is None else f"{area['value']:.1f}" for area in areas)
    return f"| {report['name']} | **{report['score']['value']:.1f}** | {values} | {told} |"


if __name__ == "__main__":
    main()
