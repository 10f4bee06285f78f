"""What other tools cost on some files of the same tree, each tool a process of its own.

radon and fixit are no requirements of Truthline, and fixit wants older libraries: they are looked for in an interpreter
of their own (`python3 -m venv peers; peers/bin/pip install ruff grimp radon fixit`).
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from scanner.engine.git import LINK, PYTHON, Repository

MB = 1 << 20
SAMPLE = 600  # files
FEW = 40  # for what takes minutes for more
_TWO_RULES = """\
[tool.fixit]
root = true
enable = ["fixit.rules.use_f_string:UseFstring", "fixit.rules.compare_singleton_primitives_by_is"]
disable = ["fixit.rules"]
"""
_GRAPH = "import grimp; grimp.build_graph('sample', cache_dir=None)"


def peers(path: Path, commit: str, folder: Path, python: str) -> Iterator[tuple[str, str, str]]:
    """Yield (what, measured, goal) for every tool; `folder` is for copies of the files, `python` has the tools."""
    sources = _sample(path, commit)
    many, few = _package(folder / "many", sources), _package(folder / "few", sources[:: len(sources) // FEW or 1])
    tools: dict[str, tuple[str, Path, Sequence[str]]] = {
        "ruff, rule F821": ("ruff", many, ("-m", "ruff", "check", "--isolated", "--no-cache", "-qe", "--select=F821")),
        "grimp, the import graph alone": ("grimp", many, ("-c", _GRAPH)),
        "Truthline, all facts": ("scanner", many, ("-m", "tests.benchmarks.parts", "files")),
        "radon, complexity": ("radon", many, ("-m", "radon", "cc", "--total-average")),
        "fixit, two rules": ("fixit", few, ("-m", "fixit", "--quiet", "lint")),
    }
    for name, (module, files, words) in tools.items():
        interpreter = sys.executable if module == "scanner" else python
        if subprocess.run([interpreter, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            yield f"files by {name}", "not installed", ""
            continue
        cpu = _cpu(files, (interpreter, *words, str(files)))
        size = sum(file.stat().st_size for file in files.rglob("*.py"))
        yield (
            f"{len(sources) if files is many else FEW} files by {name}, CPU",
            f"{1000 * cpu * MB / size:,.0f} ms/MB",
            "",
        )


def _sample(path: Path, commit: str) -> list[bytes]:
    """Return files from all over the tree that every tool can read: some end at the first that is broken."""
    repository = Repository(path)
    tree = repository.tree(commit)
    blobs = sorted({sha for name, sha in tree.items() if name.endswith(PYTHON) and sha != LINK})
    chosen = blobs[:: len(blobs) // SAMPLE or 1][:SAMPLE]
    return [source for _, source in repository.blobs(chosen) if source and _is_sound(source)]


def _is_sound(source: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source.decode())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _package(folder: Path, sources: Sequence[bytes]) -> Path:
    package = folder / "sample"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_TWO_RULES)
    (package / "__init__.py").write_bytes(b"")
    for number, source in enumerate(sources):
        (package / f"m{number}.py").write_bytes(source)
    return package


def _cpu(files: Path, words: Sequence[str]) -> float:
    """Return the processor seconds of a tool and all it starts; that it finds something is no failure."""
    places = os.pathsep.join((str(files.parent), str(Path.cwd())))
    process = subprocess.Popen(
        words,
        env={**os.environ, "PYTHONPATH": places},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        sys.exit(f"{' '.join(words)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
