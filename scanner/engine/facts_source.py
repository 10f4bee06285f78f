"""Where the command line gets facts from: the cache, else the repository's blobs through parser processes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType

from zstandard import ZstdError

from scanner.engine.cache import FactsCache
from scanner.engine.codec import decode
from scanner.engine.facts import Facts
from scanner.engine.generated import Blobs
from scanner.engine.parser_pool import ParserPool

# They say something about the machine at that moment, not about the blob.
_PASSING = frozenset({"timeout", "crash"})
_BATCH = 200


class FactsSource:
    """A callable `facts_of(shas)` for snapshots and replays, and a context manager over its processes.

    `progress(done, wanted)` is told, while blobs are parsed, how many of them are done.
    """

    def __init__(self, blobs: Blobs, cache: FactsCache, jobs: int, progress: Callable[[int, int], None]) -> None:
        self._blobs = blobs
        self._cache = cache
        self._progress = progress
        self._passing: dict[str, Facts] = {}
        self._pool = ParserPool(jobs)

    def __enter__(self) -> FactsSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.close()

    @property
    def folder(self) -> Path | None:
        """The folder of the cache, None when it lives in memory."""
        return self._cache.folder

    def __call__(self, shas: Collection[str]) -> Iterator[tuple[str, Facts]]:
        """Yield the facts of every blob asked for: the known ones, then those that nobody has parsed yet."""
        missing = set(shas)
        for sha, data in self._cache.get(shas):
            facts = _read(data)
            if facts is not None:
                missing.discard(sha)
                yield sha, facts
        for sha in missing & self._passing.keys():
            missing.discard(sha)
            yield sha, self._passing[sha]
        yield from self._extracted(missing)

    def prefetch(self, shas: Collection[str]) -> None:
        """Parse what is missing of many blobs at once, so that later calls only read the cache."""
        missing = set(shas) - self._cache.known(shas) - self._passing.keys()
        for _ in self._extracted(missing):
            pass

    def _extracted(self, shas: set[str]) -> Iterator[tuple[str, Facts]]:
        """Parse blobs, keep their facts, and yield them."""
        if not shas:
            return
        fresh: list[tuple[str, bytes]] = []
        for done, (sha, data) in enumerate(self._pool.extract(self._blobs(sorted(shas))), 1):
            facts = decode(data)
            if facts.outcome in _PASSING:
                self._passing[sha] = facts
            else:
                fresh.append((sha, data))
            if len(fresh) >= _BATCH:
                self._cache.put(fresh)
                fresh = []
            self._progress(done, len(shas))
            yield sha, facts
        self._cache.put(fresh)


def _read(data: bytes) -> Facts | None:
    """Return cached facts, or None for a damaged row: the blob is parsed again."""
    try:
        return decode(data)
    except (ZstdError, ValueError, TypeError):
        return None
