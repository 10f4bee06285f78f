"""The parts of a scan, each a process of its own: `python -m tests.benchmarks.parts PART PATH COMMIT [WORDS]`.

Every part prints one JSON object with what only it can know; time and memory are measured from outside.
"""

from __future__ import annotations

import ast
import gc
import json
import sys
import time
import warnings
from pathlib import Path

from scanner.engine.cache import FactsCache
from scanner.engine.extract import answer
from scanner.engine.facts_source import FactsSource
from scanner.engine.git import LINK, PYTHON, Change, Repository
from scanner.engine.parser_pool import ParserPool
from scanner.engine.replay import replay, snapshot_at
from scanner.engine.report import settings_of
from scanner.engine.snapshot import Snapshot
from scanner.engine.trees import committed

_COLLECT_EVERY = 200


def nothing() -> dict[str, object]:
    """Import what the other parts import: what a process costs before it does anything."""
    return {}


def parse(repository: Repository, commit: str, share: str) -> dict[str, object]:
    """Read a share of the blobs from git and let C build their trees: the least any tool on `ast` pays."""
    gc.disable()
    warnings.simplefilter("ignore")
    size = failed = 0
    blobs = _share(_blobs(repository, commit), share)
    for done, (_, source) in enumerate(repository.blobs(blobs)):
        size += len(source or b"")
        try:
            compile(source or b"", "<blob>", "exec", ast.PyCF_ONLY_AST)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            failed += 1
        if done % _COLLECT_EVERY == 0:
            gc.collect()
    return {"files": len(blobs), "bytes": size, "failed": failed}


def extract(repository: Repository, commit: str, share: str) -> dict[str, object]:
    """Read a share of the blobs from git and extract their facts in one parser process."""
    size = 0
    with ParserPool(1) as pool:
        for _, data in pool.extract(repository.blobs(_share(_blobs(repository, commit), share))):
            size += len(data)
    return {"facts": size}


def fresh(repository: Repository, commit: str, number: str) -> dict[str, object]:
    """Count the bytes of the files that the newest commits' trees have beside those of the last one."""
    commits = [one.sha for one in repository.history(commit, limit=int(number))]
    blobs = {change.new for changes in repository.changes(commits[1:]) for change in changes if _is_python(change)}
    blobs = (blobs | {*_blobs(repository, commits[0])}) - {*_blobs(repository, commit)}
    return {"bytes": sum(len(source or b"") for _, source in repository.blobs(sorted(filter(None, blobs))))}


def _is_python(change: Change) -> bool:
    return change.path.endswith(PYTHON) and change.new != LINK


def files(folder: str) -> dict[str, object]:
    """Read the files of a folder and extract their facts, in this process."""
    gc.disable()
    for file in sorted(Path(folder).rglob("*.py")):
        answer(file.read_bytes())
    return {}


def steps(repository: Repository, commit: str, number: str, cache: str) -> dict[str, object]:
    """Replay the newest commits with all facts known, and tell each one's processor seconds, the snapshot resident."""
    config = settings_of(committed(repository, commit)).config
    commits = repository.history(commit, limit=int(number))
    seconds = []
    with FactsSource(repository.blobs, FactsCache(Path(cache), print), 1, lambda done, wanted: None) as facts_of:
        ranking = snapshot_at(repository, commits[-1].sha, config, facts_of).ranking
        before = time.process_time()
        for _ in replay(repository, commits, Snapshot(config, facts_of, ranking)):
            now = time.process_time()
            seconds.append(now - before)
            before = now
    ordered = sorted(seconds[1:])
    return {"first": seconds[0], "median": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)]}


def _share(blobs: list[str], share: str) -> list[str]:
    """Return every Nth blob from the Kth on, by `K/N`."""
    first, step = map(int, share.split("/"))
    return blobs[first::step]


def _blobs(repository: Repository, commit: str) -> list[str]:
    tree = repository.tree(commit)
    return sorted({sha for path, sha in tree.items() if path.endswith(PYTHON) and sha != LINK})


if __name__ == "__main__":
    _, part, *words = sys.argv
    if part == "nothing":
        told = nothing()
    elif part == "files":
        told = files(*words)
    else:
        opened = Repository(Path(words[0]))
        told = {"parse": parse, "extract": extract, "steps": steps, "fresh": fresh}[part](opened, *words[1:])
    sys.stdout.write(json.dumps(told))
