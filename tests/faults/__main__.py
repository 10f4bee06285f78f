"""`python -m tests.faults [PATH] --seed N --kills 50 --postgres 20 --broker 10`: one run undisturbed, one under fire.

Both scan the same commits: a backfill, a push, a force-push. While the second one works, workers, PostgreSQL, the
broker, beat and parsers die at random moments, and a reader looks at the numbers and the pages. Afterwards both must
have left the same, as sets. Exits with 1 when they have not, or when the reader saw something half.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from dashboard.embedded.bootstrap import ROOT
from dashboard.embedded.data_folder import DataFolder, InUse
from tests.faults import origins
from tests.faults.installation import Installation


def main() -> int:
    options = _parse()
    for number in range(100):
        folder = DataFolder(ROOT / ".data" / f"faults-{number}")
        with suppress(InUse), folder.locked():
            installation = Installation(folder)
            try:
                source = options.path or origins.generated(_fresh(folder.path, "source"), options.seed, options.commits)
                origin = origins.borrowed(source, options.rev, _fresh(folder.path, "origin") / "repository")
                installation.start()
                # Models can be imported only now that the environment names the database.
                return int(importlib.import_module("tests.faults.running").run(options, installation, origin))
            finally:
                installation.stop()
    raise SystemExit("a hundred runs use this checkout")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, help="a repository with a history; made up when absent")
    parser.add_argument("--rev", default="HEAD", help="the end of its history")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=50, help="of a worker or one of its processes")
    parser.add_argument("--postgres", type=int, default=20, help="restarts of PostgreSQL")
    parser.add_argument("--broker", type=int, default=10, help="restarts of the broker")
    parser.add_argument(
        "--others", type=int, default=10, help="kills of beat, as many of parsers, and losses of all messages"
    )
    parser.add_argument("--commits", type=int, default=300, help="how many first parents, the oldest first")
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two faults, in the mean")
    parser.add_argument("--report", type=Path, help="where to write the result, as Markdown")
    return parser.parse_args()


def _fresh(folder: Path, name: str) -> Path:
    made = folder / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    return made


if __name__ == "__main__":
    sys.exit(main())
