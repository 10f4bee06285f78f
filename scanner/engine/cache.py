"""Facts kept on disk between runs, so that a file is parsed once in its life.

One SQLite file in rollback-journal mode: every write is one short IMMEDIATE transaction, so any number of
processes may share it. The cache is a convenience: when it cannot be used, the run goes on without it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from scanner.engine.facts import EXTRACTOR_VERSION

FILE_NAME = "facts.sqlite3"
MOST_BYTES = 512 << 20
_WAIT_SECONDS = 30
_WEEK = 7 * 86_400
# Of the table's columns; another one's rows are not worth converting.
_LAYOUT = 2
_BATCH = 500
_Row = TypeVar("_Row")


class CacheError(Exception):
    """The cache folder cannot be used; `str()` is one sentence."""


def default_folder() -> Path | None:
    """Return the user's cache folder for Truthline, or None for a user without a home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):
        return Path(named) / "truthline"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "truthline"


class FactsCache:
    """Encoded facts by blob sha. What another extractor version or another Python wrote is not seen."""

    def __init__(self, folder: Path | None, warn: Callable[[str], None]) -> None:
        """Open the cache in a folder, or with None one that lives as long as this object.

        Raises CacheError when the folder cannot be written. `warn` is told, once, when the cache fails later on.
        """
        self._warn = warn
        self.folder = folder
        self._extractor = f"{EXTRACTOR_VERSION}/{sys.version_info.major}.{sys.version_info.minor}"
        self._week = int(time.time() // _WEEK)
        self._written = False
        self._database = _memory() if folder is None else _open(folder)

    def close(self) -> None:
        """Close the file; the facts stay, but for the longest unused of what is too much."""
        if self._written and self.folder is not None:
            try:
                self._evict()
            except sqlite3.Error as error:
                self._give_up(error)
        self._database.close()

    def get(self, shas: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield those of the shas that are known with their encoded facts."""
        for found in self._select("sha, data, used", shas):
            self._touch([sha for sha, _, used in found if used < self._week])
            for sha, data, _ in found:
                yield sha, data

    def known(self, shas: Collection[str]) -> set[str]:
        """Return those of the shas whose facts are here."""
        return {sha for found in self._select("sha", shas) for (sha,) in found}

    def _select(self, columns: str, shas: Collection[str]) -> Iterator[list[Any]]:
        """Yield rows, some at a time."""
        for batch in _batches(sorted(shas)):
            marks = ",".join("?" * len(batch))
            query = f"SELECT {columns} FROM facts WHERE extractor = ? AND sha IN ({marks})"  # noqa: S608
            try:
                found = self._database.execute(query, (self._extractor, *batch)).fetchall()
            except sqlite3.Error as error:
                self._give_up(error)
                return
            yield found

    def put(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep encoded facts; what is already there stays."""
        values = ((sha, self._extractor, self._week, data) for sha, data in rows)
        try:
            for batch in _batches(values):
                with self._database:
                    self._database.execute("BEGIN IMMEDIATE")
                    self._database.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?)", batch)
                    self._written = True
        except sqlite3.Error as error:
            self._give_up(error)

    def _touch(self, shas: list[str]) -> None:
        """Note down that facts are still used, once a week. Where that cannot be written they are as good."""
        try:
            for batch in _batches(shas):
                marks = ",".join("?" * len(batch))
                query = f"UPDATE facts SET used = ? WHERE extractor = ? AND sha IN ({marks})"  # noqa: S608
                self._database.execute(query, (self._week, self._extractor, *batch))
        except sqlite3.Error:
            return

    def _evict(self) -> None:
        """Keep the file below MOST_BYTES: other versions' facts go first, then those that were not used the longest."""
        if self._size() <= MOST_BYTES:
            return
        self._database.execute("DELETE FROM facts WHERE extractor <> ?", (self._extractor,))
        self._database.execute("VACUUM")
        size = self._size()
        if size <= MOST_BYTES:
            return
        [rows] = self._database.execute("SELECT count(*) FROM facts").fetchone()
        excess = rows - int(rows * 0.75 * MOST_BYTES / size)
        oldest = "SELECT sha, extractor FROM facts ORDER BY used, sha LIMIT ?"
        self._database.execute(f"DELETE FROM facts WHERE (sha, extractor) IN ({oldest})", (excess,))  # noqa: S608
        self._database.execute("VACUUM")

    def _size(self) -> int:
        """Return how many bytes the file has."""
        pages, size = (self._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages) * int(size)

    def _give_up(self, error: sqlite3.Error) -> None:
        self._warn(f"going on without the cache of facts: {error}")
        self._database.close()
        self._database = _memory()
        self.folder = None


def _memory() -> sqlite3.Connection:
    return _with_table(sqlite3.connect(":memory:", isolation_level=None))


def _open(folder: Path) -> sqlite3.Connection:
    """Open the folder's file. One that is no cache (damaged, say) is replaced: all of it can be computed again."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return _with_table(_connect(folder))
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            (folder / FILE_NAME).unlink(missing_ok=True)
            return _with_table(_connect(folder))
    except (OSError, sqlite3.Error) as error:
        raise CacheError(f"cannot keep facts in {folder}: {getattr(error, 'strerror', None) or error}") from None


def _connect(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / FILE_NAME, timeout=_WAIT_SECONDS, isolation_level=None)


_TABLE = (
    "CREATE TABLE facts (sha TEXT, extractor TEXT, used INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY (sha, extractor)) WITHOUT ROWID"
)


def _with_table(database: sqlite3.Connection) -> sqlite3.Connection:
    try:
        if database.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):
            with database:
                database.execute("BEGIN IMMEDIATE")
                if database.execute("PRAGMA user_version").fetchone() != (_LAYOUT,):  # nobody came before us
                    database.execute("DROP TABLE IF EXISTS facts")
                    database.execute(_TABLE)
                    database.execute(f"PRAGMA user_version = {_LAYOUT}")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _batches(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
