"""`python -m tests.benchmarks PATH [--rev REV] [--commits N]`: the engine's cost on one repository, beside the goals.

All figures come from one run, one process after the other; the table is Markdown. Ratios are what counts: seconds
belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.engine.git import Repository
from tests.benchmarks.peers import peers

MB = 1 << 20
PARTS = "tests.benchmarks.parts"
SHARES = 4
ROUNDS = 3


@dataclass(frozen=True)
class Run:
    """One process with all it started: seconds of wall clock and processor, the largest process in bytes."""

    wall: float
    cpu: float
    rss: int
    told: dict


def run(*words: str | Path) -> Run:
    before = os.times()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", *map(str, words)], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"python -m {' '.join(map(str, words))} ended with {process.returncode}")
        out.seek(0)
        text = out.read()
    rss = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    told = json.loads(text) if words[0] == "tests.benchmarks.parts" else {}
    return Run(os.times().elapsed - before.elapsed, usage.ru_utime + usage.ru_stime, rss, told)


@contextmanager
def one_core() -> Iterator[None]:
    """Give what is started here one core, where the system can (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def median(runs: Sequence[Run]) -> Run:
    return sorted(runs, key=lambda one: one.wall)[len(runs) // 2]


Row = tuple[str, str, str]  # what, measured, goal


def table(path: Path, commit: str, commits: int, python: str) -> Iterator[Row]:
    """Run everything once, and yield its rows."""
    start = run(PARTS, "nothing").cpu
    parses, extracts = [], []
    for share in range(SHARES):  # by turns, as a machine's pace changes within minutes
        parses.append(run(PARTS, "parse", path, commit, f"{share}/{SHARES}"))
        extracts.append(run(PARTS, "extract", path, commit, f"{share}/{SHARES}"))
    size = sum(parse.told["bytes"] for parse in parses)
    files, facts = sum(parse.told["files"] for parse in parses), sum(extract.told["facts"] for extract in extracts)
    yield "tree", f"{files:,} unique Python files, {size / MB:.1f} MB", ""
    least = sum(parse.cpu - start for parse in parses)
    most = sum(extract.cpu - start for extract in extracts)
    ratios = [(extract.cpu - start) / (parse.cpu - start) for parse, extract in zip(parses, extracts, strict=True)]
    between = f"{most / least:.2f}, of {SHARES} shares {min(ratios):.2f} to {max(ratios):.2f}"
    yield "git read + C parse, CPU", f"{least:.2f} s, {1000 * least * MB / size:.0f} ms/MB", ""
    yield "cold extraction, CPU", f"{most:.2f} s; facts {facts / MB:.2f} MB", ""
    yield "cold extraction CPU / (git read + C parse)", between, "≤ 1.8"
    with tempfile.TemporaryDirectory() as folder:
        yield from Scans(path, commit, Path(folder), size).rows(commits)
    with tempfile.TemporaryDirectory() as folder:
        yield from peers(path, commit, Path(folder), python)


class Scans:
    """Scans of one commit and of the history before it, with a folder for the cache; `size`: bytes of the tree."""

    def __init__(self, path: Path, commit: str, folder: Path, size: int) -> None:
        self.path, self.commit, self.folder, self.size = path, commit, folder, size
        self.config, self.cache = folder / "truthline.toml", folder / "cache"
        self.config.write_bytes(suggested(path, commit))

    def rows(self, commits: int) -> Iterator[Row]:
        ones, twos, singles = zip(*[self._colds(number) for number in range(ROUNDS)], strict=True)
        one, two, single = map(median, (ones, twos, singles))
        yield "cold scan, 1 parser process", f"{one.wall:.2f} s wall, {one.cpu:.2f} s CPU", ""
        yield "cold scan, 1 parser process, on one core", f"{single.wall:.2f} s wall, {single.cpu:.2f} s CPU", ""
        yield "cold scan, 2 parser processes", f"{two.wall:.2f} s wall, {two.cpu:.2f} s CPU", ""
        ratios = [alone.wall / both.wall for alone, both in zip(singles, twos, strict=True)]
        between = f"{single.wall / two.wall:.2f}, of {ROUNDS} pairs {min(ratios):.2f} to {max(ratios):.2f}"
        yield "cold scan wall, 1 process on one core / 2 processes on two", between, "≥ 1.8"
        yield "cold scan wall, 1 parser process / 2 parser processes", f"{one.wall / two.wall:.2f}", ""
        again = self._scan("--cache", self.cache)
        forget_trees(self.cache)
        warm = self._scan("--cache", self.cache)
        yield "warm scan, facts known", f"{warm.wall:.2f} s wall, {warm.cpu:.2f} s CPU", ""
        yield "warm scan, facts known / cold scan, CPU", f"{warm.cpu / one.cpu:.3f}", "≤ 0.03"
        yield "the same again, its tree kept", f"{again.wall:.2f} s wall, {again.cpu:.2f} s CPU", ""
        yield "the same again, its tree kept / cold scan, CPU", f"{again.cpu / one.cpu:.3f}", "≤ 0.03"
        forget_trees(self.cache)
        self._scan("--cache", self.cache, rev=f"{self.commit}~1")
        following = self._scan("--cache", self.cache)
        yield "next commit, the tree before kept", f"{following.wall:.2f} s wall, {following.cpu:.2f} s CPU", ""
        yield "next commit, stateless / cold scan, CPU", f"{following.cpu / one.cpu:.3f}", "≤ 0.03"
        largest = max(*ones, *twos, warm, key=lambda scan: scan.rss)
        yield "peak RSS of a process, scan / unique bytes", self._memory(largest), "≤ 1.0"
        yield from self._histories(commits, one, warm)

    def _colds(self, number: int) -> list[Run]:
        """Scan without knowing anything: with one parser process, with two, and with one on one core."""
        runs = []
        for jobs in (1, 2):
            shutil.rmtree(self.cache, ignore_errors=True)
            runs.append(self._scan("--cache", self.cache, jobs=jobs))
        with one_core():
            return [*runs, self._scan("--cache", self.folder / f"one-core-{number}")]

    def _histories(self, commits: int, one: Run, warm: Run) -> Iterator[Row]:
        """Yield what histories of 10, 100 and more commits cost, each with the facts of the last tree known."""
        for number in [*(few for few in (10, 100) if few < commits), commits]:
            cache = Path(shutil.copytree(self.cache, self.folder / f"after-{number}"))
            options = ("--config", self.config, "--cache", cache, "--jobs", "1", "--output", self.folder / "out")
            history = run("scanner", "history", self.path, "--branch", self.commit, "--limit", str(number), *options)
            fresh = run(PARTS, "fresh", self.path, self.commit, str(number)).told["bytes"]
            cost = f"{history.wall:.1f} s wall, {history.cpu:.1f} s CPU, for {fresh / MB:.1f} MB the tree has not"
            yield f"history of {number:,} commits, after the scan", cost, ""
        together = one.cpu + history.cpu
        yield f"(cold scan + history of {commits:,}) / cold scan, CPU", f"{together / one.cpu:.2f}", "≤ 2.5"
        yield "scanning each commit anew / history, CPU", f"{commits * one.cpu / together:,.0f}", "≥ 300 for 1,000"
        step = run(PARTS, "steps", self.path, self.commit, str(commits), cache).told
        resident = f"median {1000 * step['median']:.1f} ms, p99 {1000 * step['p99']:.1f} ms"
        yield "next commit, resident, CPU", resident, ""
        yield "next commit, resident, p99 / warm scan, CPU", f"{step['p99'] / warm.cpu:.3f}", "≤ 0.05"
        yield "peak RSS of a process, history / unique bytes", self._memory(history), "≤ 1.5"

    def _scan(self, *cache: str | Path, rev: str = "", jobs: int = 1) -> Run:
        options = ("--config", self.config, "--format", "json", "--output", self.folder / "out")
        return run("scanner", self.path, "--rev", rev or self.commit, *options, *cache, "--jobs", str(jobs))

    def _memory(self, process: Run) -> str:
        return f"{process.rss / self.size:.2f} ({process.rss / MB:.0f} MB)"


def suggested(path: Path, commit: str) -> bytes:
    """Return the configuration that Truthline suggests, as a repository that keeps one has it."""
    command = [sys.executable, "-m", "scanner", "suggest", str(path), "--rev", commit, "--no-cache"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def forget_trees(cache: Path) -> None:
    """Leave the facts in a cache, and no resolved tree."""
    for kept in cache.glob("resolved-*"):
        kept.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rev", default="HEAD")
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON", help="which has ruff, grimp, radon, fixit")
    options = parser.parse_args()
    commit = Repository(options.path).resolve(options.rev)
    print(
        f"{options.path.absolute().name} at {commit[:12]}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
    )
    print("| what | measured | goal |\n|---|---|---|")
    for row in table(options.path, commit, options.commits, options.peers):
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
