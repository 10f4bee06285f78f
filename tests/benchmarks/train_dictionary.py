"""`python -m tests.benchmarks.train_dictionary FILE`: write a zstd dictionary for stored facts.

Trained on the facts of the standard library and of every package installed here, so that it holds what Python files
have in common and nothing of anybody's repository. Keep the older dictionaries: facts in a database name theirs.
"""

from __future__ import annotations

import random
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import zstandard

from scanner.engine.codec import decode, pack
from scanner.engine.parser_pool import ParserPool

SIZE = 64 << 10  # half as much makes facts 3 % larger, twice as much 1 % smaller
LARGEST = 200_000


def main(target: Path) -> None:
    """Train on this interpreter's packages and write the dictionary."""
    samples = []
    with ParserPool(jobs=2) as pool:
        for _, data in pool.extract(_sources()):
            facts = decode(data)
            if facts.outcome == "ok":
                samples.append(pack(facts))
    samples.sort()
    random.Random(1).shuffle(samples)
    dictionary = zstandard.train_dictionary(SIZE, samples, level=6)
    target.write_bytes(dictionary.as_bytes())
    print(f"{len(samples):,} files, {sum(map(len, samples)):,} bytes → {target}, id {dictionary.dict_id()}")


def _sources() -> Iterator[tuple[str, bytes]]:
    library, packages = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib"))
    own = (path for path in library.rglob("*.py") if "site-packages" not in path.parts)
    for path in [*sorted(own), *sorted(packages.rglob("*.py"))]:
        if path.stat().st_size <= LARGEST:
            yield str(path), path.read_bytes()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
