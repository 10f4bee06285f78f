"""One commit resolved: its violations, what it owes and what could be read. It follows changes to the next commit."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from typing import NamedTuple

from scanner.engine.answers import Answers
from scanner.engine.baseline import Obligations
from scanner.engine.config import Config
from scanner.engine.coverage import Coverage
from scanner.engine.facts import FACTORY, IS_CLASS, STATEFUL, TYPE_CHECKING, Allowance, Facts
from scanner.engine.git import LINK, PYTHON, Change
from scanner.engine.ledger import Entry, Ledger, Reading
from scanner.engine.links import Links
from scanner.engine.packed import Packing
from scanner.engine.ranking import Ranking
from scanner.engine.rule import Rule, all_rules
from scanner.engine.rules.rule_failed import RuleFailed
from scanner.engine.violation import Violation
from scanner.engine.world import File, World

# Yields blob ids with their facts, each as soon as it is known, in any order.
FactsOf = Callable[[Collection[str]], Iterable[tuple[str, Facts]]]
# Blob ids that each of these paths had before, newest first.
VersionsOf = Callable[[Collection[str]], Mapping[str, Sequence[str]]]


class Delta(NamedTuple):
    """Violations by fingerprint that a change took away and brought; one that only changed is in both."""

    removed: dict[str, Violation]
    added: dict[str, Violation]


# A commit of more files than that is worth a pause of the garbage collection.
_MANY = 500


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the garbage collection: a tree's objects all stay, and looking through them again and again is half the
    cost of reading it."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            # To the oldest generation with all of it: else the next collection of young objects looks through it.
            gc.freeze()
            gc.unfreeze()
            gc.enable()


# The key of a failure to tell the keys.
_ALL = "*"


def _reporter() -> RuleFailed:
    found = all_rules()["rule-failed"]
    assert isinstance(found, RuleFailed)  # noqa: S101
    return found


def _no_versions(paths: Collection[str]) -> Mapping[str, Sequence[str]]:  # noqa: ARG001
    return {}


class Snapshot:
    """The state of one commit.

    `facts_of` tells the facts of the blobs asked for. `ranking` is that of the epoch's baseline; without one, the
    first tree applied is the baseline.
    """

    def __init__(self, config: Config, facts_of: FactsOf, ranking: Ranking | None = None) -> None:
        self._facts_of = facts_of
        self._world = World(config, ranking)
        self._ledger = Ledger()
        self._violations: dict[str, Violation] = {}
        self._found: dict[str, dict[Hashable, tuple[str, ...]]] = {}  # by rule and key
        self._failed: dict[tuple[str, Hashable], str] = {}  # (rule, key) → the file at which that is reported
        self._blobs: dict[str, str] = {}
        self._applied = False

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_facts_of"}

    def thaw(self, config: Config, facts_of: FactsOf, links: dict[str, Links], answers: Answers) -> None:
        """Take what it was pickled without."""
        self._facts_of = facts_of
        self._world.thaw(config, links, answers)

    @property
    def is_new(self) -> bool:
        """Whether no tree was applied yet."""
        return not self._applied

    @property
    def violations(self) -> Mapping[str, Violation]:
        """Every rule's violations by fingerprint."""
        return self._violations

    @property
    def blobs(self) -> Mapping[str, str]:
        """Path → blob of the tree."""
        return self._blobs

    @property
    def world(self) -> World:
        """The tree it is about, resolved."""
        return self._world

    @property
    def ranking(self) -> Ranking:
        """By what canonical definitions are proposed."""
        return self._world.ranking

    def rank_anew(self) -> tuple[Ranking, Ranking]:
        """Make the tree the baseline that it was not so far; return the ranking before and now."""
        return self._world.rank_anew()

    def allowances(self) -> Iterator[tuple[str, Allowance]]:
        """Yield the waivers in the code with their paths, valid or not, by path and line."""
        for path, file in sorted(self._world.files.items()):
            yield from ((path, row) for row in (file.facts.allowances if file.facts else ()))

    @property
    def coverage(self) -> Coverage:
        """How many files could be read."""
        return self._ledger.coverage

    @property
    def obligations(self) -> Obligations:
        """Raw counts by area: in all, by service and by registered symbol."""
        world = self._world
        homes = {symbol: len(world.canonical_paths(symbol)) for symbol in world.registered}
        sites = {symbol: count + self._ledger.conforming(symbol) for symbol, count in homes.items() if count}
        return self._ledger.obligations(sites)

    def apply(self, changes: Sequence[Change], versions_of: VersionsOf = _no_versions, day: date = date.min) -> Delta:
        """Follow a commit's changes; the first call takes a whole tree as additions.

        A file that cannot be read keeps the facts of its last version that could; for one that is new here,
        `versions_of` tells its earlier versions. `day` is the commit's date in UTC.
        """
        with uncollected() if len(changes) > _MANY else nullcontext():
            self._applied = True
            self._world.day = day
            return self._apply(changes, versions_of)

    def _apply(self, changes: Sequence[Change], versions_of: VersionsOf) -> Delta:
        removed = {change.path: self._blobs[change.path] for change in changes if change.path in self._blobs}
        added = {change.path: change.new for change in changes if change.new is not None}
        files = self._files(added, versions_of)
        for path in removed:
            del self._blobs[path]
        self._blobs.update(added)
        self._world.replace(removed, added, files)
        delta = Delta({}, {})
        failed_before = set(self._failed.values())
        for rule in all_rules().values():
            for key in self._keys(rule, delta):
                self._replace(rule.name, key, self._check(rule, key), delta)
        self._settle(delta)
        failed = failed_before ^ set(self._failed.values())
        for path in self._world.touched.files | removed.keys() | added.keys() | failed:
            self._ledger.set(path, self._entry(path))
        self._world.settle()
        return delta

    def _keys(self, rule: Rule, delta: Delta) -> Iterable[Hashable]:
        """Return the keys at which a rule has to look again, as it may find or has found something; none when it cannot
        say."""
        keys: set[Hashable] = set()
        failed: dict[str, Violation] = {}
        self._failed.pop((rule.name, _ALL), None)
        try:
            candidates = set(rule.keys(self._world))
            keys = candidates & self._found.get(rule.name, {}).keys()
            keys.update(rule.promising(candidates, self._world))
        except Exception as error:  # noqa: BLE001  # the mistake of one rule must not end the scan
            failed = self._failure(rule, _ALL, error)
            keys = set()
        self._replace(rule.name, _ALL, failed, delta)
        return keys

    def _check(self, rule: Rule, key: Hashable) -> dict[str, Violation]:
        """Return what a rule finds for a key by fingerprint, or that it failed."""
        self._failed.pop((rule.name, key), None)
        try:
            return {violation.fingerprint: violation for violation in rule.check(key, self._world)}
        except Exception as error:  # noqa: BLE001
            return self._failure(rule, key, error)

    def _failure(self, rule: Rule, key: Hashable, error: Exception) -> dict[str, Violation]:
        found = _reporter().report(rule.name, key, error, self._world)
        if found is None:
            return {}
        self._failed[rule.name, key] = found.path
        return {found.fingerprint: found}

    def _files(self, added: Mapping[str, str], versions_of: VersionsOf) -> dict[str, File]:
        """Return the Python files among those added, in that order."""
        by_blob: dict[str, list[str]] = {}
        for path, blob in added.items():
            if path.endswith(PYTHON) and blob != LINK:
                by_blob.setdefault(blob, []).append(path)
        found: dict[str, File] = {}
        unread: dict[str, Facts] = {}
        packing = Packing()
        for blob, facts in self._facts_of(by_blob.keys()):
            for path in by_blob[blob]:
                if facts.parsed or path in self._world.files:
                    found[path] = self._file(path, facts, (), packing)
                else:
                    unread[path] = facts
        earlier = versions_of(unread.keys()) if unread else {}
        for path, facts in unread.items():
            found[path] = self._file(path, facts, earlier.get(path, ()), packing)
        return {path: found[path] for path in added if path in found}

    def _file(self, path: str, facts: Facts, earlier: Iterable[str], packing: Packing) -> File:
        config, tree = self._world.config, self._world.tree
        scope = config.scope_of(path)
        before = self._world.files.get(path)
        if not facts.parsed and before is not None:
            kept = before.facts
        else:
            readable = facts if facts.parsed else self._last_readable(earlier)
            kept = packing.keep(readable, scope) if readable is not None else None
        return File(scope, tree.service_of(path), tree.name_of(path), kept, None if facts.parsed else facts)

    def _last_readable(self, versions: Iterable[str]) -> Facts | None:
        for blob in versions:
            [(_, facts)] = self._facts_of({blob})
            if facts.parsed:
                return facts
        return None

    def _replace(self, rule: str, key: Hashable, now: dict[str, Violation], delta: Delta) -> None:
        """Note down the difference between what a rule found for a key and finds now."""
        found = self._found.setdefault(rule, {})
        for fingerprint in found.pop(key, ()):
            delta.removed[fingerprint] = self._violations[fingerprint]
        delta.added.update(now)
        if now:
            found[key] = tuple(now)

    def _settle(self, delta: Delta) -> None:
        """Make the difference come true, and leave in it only what differs."""
        for fingerprint in delta.removed:
            del self._violations[fingerprint]
        self._violations.update(delta.added)
        for fingerprint in delta.removed.keys() & delta.added.keys():
            if delta.removed[fingerprint] == delta.added[fingerprint]:
                del delta.removed[fingerprint], delta.added[fingerprint]

    def _entry(self, path: str) -> Entry | None:
        """Return what a file adds to coverage and obligations."""
        world = self._world
        if path not in self._blobs or not path.endswith(PYTHON):
            return None
        scope = world.config.scope_of(path)
        file = world.files.get(path)
        if file is None:
            return Entry(scope, world.tree.service_of(path), "skipped")
        reading: Reading = "unparsable" if file.failure or path in self._failed.values() else "analysed"
        if scope != "production" or file.facts is None:
            return Entry(scope, file.service, reading)
        names, shared = set(), 0
        for definition in file.facts.definitions:
            is_class = definition.traits & IS_CLASS
            if not definition.where & TYPE_CHECKING and (is_class or definition.name in world.registered):
                names.add(definition.name)
            shared += bool(definition.traits & (STATEFUL if is_class else FACTORY))
        return Entry(
            scope, file.service, reading, tuple(names), world.links[path].symbols, shared, self._conforming(path)
        )

    def _conforming(self, path: str) -> tuple[str, ...]:
        """Return the registered symbols that a file imports from a module that may offer them."""
        world = self._world
        through = world.links[path].through
        return tuple(
            symbol
            for symbol, entries in world.registered.items()
            if any(
                (world.file_of(module), symbol) in through
                for entry in entries
                for module in (entry.module, *entry.public)
            )
        )
