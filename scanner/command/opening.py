"""What every command opens: the configuration, and facts with the cache behind them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from scanner.engine.cache import CacheError, FactsCache, default_folder
from scanner.engine.config import Config, ConfigError
from scanner.engine.config_file import MAX_BYTES
from scanner.engine.facts_source import FactsSource
from scanner.engine.generated import Blobs
from scanner.engine.kept import KeptTrees
from scanner.engine.report import Settings, settings_from, settings_of
from scanner.engine.trees import Tree
from scanner.terminal import Progress, tell


def settings_for(options: argparse.Namespace, tree: Tree) -> Settings:
    """Return the configuration a command goes by. Raises ConfigError."""
    if options.config is None:
        return settings_of(tree)
    try:
        with options.config.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {options.config}: {error.strerror}") from None
    return settings_from(source, str(options.config), tree)


@contextmanager
def facts_from(options: argparse.Namespace, blobs: Blobs) -> Iterator[FactsSource]:
    """Give the source of facts, closed at the end. Raises CacheError."""
    progress = Progress(sys.stderr)
    cache = _cache(options)
    try:
        with FactsSource(blobs, cache, options.jobs, progress) as facts_of:
            yield facts_of
    finally:
        progress.clear()
        cache.close()


def today() -> date:
    """Return the day of the scan: in UTC, so that it is the same day everywhere."""
    return datetime.now(UTC).date()


def say(sentence: str) -> None:
    """Tell a person something that is not the answer."""
    tell(f"truthline: {sentence}")


def _cache(options: argparse.Namespace) -> FactsCache:
    """Open the cache asked for, or go on without one, which is slower and else the same.

    Raises CacheError when what was named is no folder: that was not meant.
    """
    folder = options.cache or (None if options.no_cache else default_folder())
    try:
        return FactsCache(folder, say)
    except CacheError as error:
        if options.cache is not None and options.cache.exists() and not options.cache.is_dir():
            raise
        say(f"going on without a cache: {error}")
        return FactsCache(None, say)


def kept_by(facts_of: FactsSource, config: Config) -> KeptTrees | None:
    """Return the resolved trees kept beside cached facts, None where no cache is kept."""
    return KeptTrees(facts_of.folder, config, facts_of) if facts_of.folder is not None else None
