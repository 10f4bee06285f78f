"""`python -m tests.benchmarks.through_celery PATH [--rev REV] [--commits N]`: a first scan by a real worker.

A throwaway Truthline is started: PostgreSQL with its usual settings, a broker, a worker, beat and the pages. It is
shown a repository of one commit, which is the cold scan, and then, emptied, one with the newest N first parents. Both
hold the trees of PATH. What counts is the processor time of the worker with all it started; PostgreSQL's stands beside
it. Then the database is measured as it lies there, and what it takes by what it is for.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dashboard.embedded.bootstrap import ROOT
from dashboard.embedded.data_folder import DataFolder, InUse
from tests.benchmarks.__main__ import run, suggested
from tests.benchmarks.lines import cut
from tests.faults.installation import Installation


def main() -> None:
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        one, many = (cut(options.path, options.rev, Path(folder, str(n)), n) for n in (1, options.commits))
        print(f"{options.path.absolute().name} at {options.rev}, {os.cpu_count()} cores, ", end="")
        print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}\n")
        print("| what | measured | goal |\n|---|---|---|", flush=True)
        config = Path(folder, "truthline.toml")
        config.write_bytes(suggested(one, "HEAD"))
        told = ("--config", config, "--format", "json", "--output", Path(folder, "out"))
        alone = run("scanner", one, "--no-cache", "--jobs", "1", *told)
        _row("cold scan by the command line, 1 parser process", f"{alone.wall:.1f} s wall, {alone.cpu:.1f} s CPU")
        with _installed() as installation:
            # Models can be imported only now that the environment names the database.
            scanned = importlib.import_module("tests.benchmarks.worker_scan").scanned
            cold = scanned(installation, one)
            _row("cold scan by the worker", cold.text())
            backfill = scanned(installation, many)
            _row(f"{options.commits:,} commits by the worker", backfill.text())
        _row("(that) / cold scan by the worker, CPU of the worker", f"{backfill.cpu / cold.cpu:.2f}", "≤ 2.5")
        both = (backfill.cpu + backfill.database_cpu) / (cold.cpu + cold.database_cpu)
        _row("the same, with PostgreSQL's on both sides", f"{both:.2f}")
        _row("(that) / cold scan by the command line, CPU of the worker", f"{backfill.cpu / alone.cpu:.2f}", "≤ 2.5")
        for what, measured, goal in backfill.sizes:
            _row(what, measured, goal)


def _row(*cells: str) -> None:
    print(f"| {' | '.join((*cells, '')[:3])} |", flush=True)


@contextmanager
def _installed() -> Iterator[Installation]:
    """Yield a throwaway Truthline on an empty database."""
    for number in range(100):
        folder = DataFolder(ROOT / ".data" / f"benchmark-{number}")
        with suppress(InUse), folder.locked():
            installation = Installation(folder)
            try:
                installation.start()
                yield installation
            finally:
                installation.stop()
            return
    raise SystemExit("a hundred runs use this checkout")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.through_celery", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rev", default="HEAD")
    parser.add_argument("--commits", type=int, default=1000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
