"""`python -m tests.benchmarks PATH [--rev REV] [--commits N]`: the engine's cost on one repository, beside the goals.

All figures come from one run, one process after the other; the table is Markdown. Ratios are what counts: seconds
belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanner.engine.git import Repository

MB = 1 << 20


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


def table(path: Path, commit: str, commits: int) -> Iterator[tuple[str, str, str]]:
    """Yield (what, measured, goal), running everything once."""
    parts = "tests.benchmarks.parts"
    start = run(parts, "nothing")
    parse = run(parts, "parse", path, commit)
    size = parse.told["bytes"]
    yield "tree", f"{parse.told['files']:,} unique Python files, {size / MB:.1f} MB", ""
    least = parse.cpu - start.cpu
    yield "git read + C parse, CPU", f"{least:.2f} s, {1000 * least * MB / size:.0f} ms/MB", ""
    extract = run(parts, "extract", path, commit)
    yield "cold extraction, CPU", f"{extract.cpu - start.cpu:.2f} s; facts {extract.told['facts'] / MB:.2f} MB", ""
    yield "cold extraction CPU / (git read + C parse)", f"{(extract.cpu - start.cpu) / least:.2f}", "≤ 1.8"
    with tempfile.TemporaryDirectory() as folder:
        config, cache = Path(folder, "truthline.toml"), Path(folder, "cache")
        config.write_bytes(suggested(path, commit))
        options = ("--config", config, "--format", "json", "--output", Path(folder, "out"))
        scan = ("scanner", path, "--rev", commit, *options)
        one = run(*scan, "--cache", cache, "--jobs", "1")
        again = run(*scan, "--cache", cache, "--jobs", "1")
        forget_trees(cache)
        two = run(*scan, "--no-cache", "--jobs", "2")
        warm = run(*scan, "--cache", cache, "--jobs", "1")
        yield "cold scan, 1 parser process", f"{one.wall:.2f} s wall, {one.cpu:.2f} s CPU", ""
        yield "cold scan wall, 1 process / 2 processes", f"{one.wall / two.wall:.2f}", "≥ 1.8"
        yield "warm scan, facts known", f"{warm.wall:.2f} s wall, {warm.cpu:.2f} s CPU", ""
        yield "warm scan, facts known / cold scan, CPU", f"{warm.cpu / one.cpu:.3f}", "≤ 0.03"
        yield "the same again, its tree kept", f"{again.wall:.2f} s wall, {again.cpu:.2f} s CPU", ""
        yield "the same again, its tree kept / cold scan, CPU", f"{again.cpu / one.cpu:.3f}", "≤ 0.03"
        forget_trees(cache)
        run("scanner", path, "--rev", f"{commit}~1", *options, "--cache", cache, "--jobs", "1")
        following = run(*scan, "--cache", cache, "--jobs", "1")
        yield "next commit, the tree before kept", f"{following.wall:.2f} s wall, {following.cpu:.2f} s CPU", ""
        yield "next commit, stateless / cold scan, CPU", f"{following.cpu / one.cpu:.3f}", "≤ 0.03"
        first = ("scanner", "history", path, "--branch", commit, "--config", config, "--cache", cache, "--jobs", "1")
        history = run(*first, "--limit", str(commits))
        yield (
            f"history of {commits:,} commits, after the scan",
            f"{history.wall:.1f} s wall, {history.cpu:.1f} s CPU",
            "",
        )
        yield (
            f"(cold scan + history of {commits:,}) / cold scan, CPU",
            f"{(one.cpu + history.cpu) / one.cpu:.2f}",
            "≤ 2.5",
        )
        anew = commits * one.cpu / (one.cpu + history.cpu)
        yield "scanning each commit anew / history, CPU", f"{anew:,.0f}", "≥ 300 for 1,000"
        step = run(parts, "steps", path, commit, str(commits), cache).told
        yield (
            "next commit, resident, CPU",
            f"median {1000 * step['median']:.1f} ms, p99 {1000 * step['p99']:.1f} ms",
            "",
        )
        yield "next commit, resident, p99 / warm scan, CPU", f"{step['p99'] / warm.cpu:.3f}", "≤ 0.05"
    yield "peak RSS of a process, scan / unique bytes", f"{two.rss / size:.2f} ({two.rss / MB:.0f} MB)", "≤ 1.0"
    yield (
        "peak RSS of a process, history / unique bytes",
        f"{history.rss / size:.2f} ({history.rss / MB:.0f} MB)",
        "≤ 1.5",
    )


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
    options = parser.parse_args()
    commit = Repository(options.path).resolve(options.rev)
    print(
        f"{options.path.absolute().name} at {commit[:12]}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
    )
    print("| what | measured | goal |\n|---|---|---|")
    for row in table(options.path, commit, options.commits):
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
