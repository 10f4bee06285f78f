"""The last tree of a repository that was resolved, kept on disk: of the next one hardly a file differs.

It is a convenience. Whatever is wrong with what was kept, the tree is resolved anew, with the same result.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from scanner.engine.config import Config
from scanner.engine.frozen import Unusable, freeze, thaw
from scanner.engine.git import Change, GitError
from scanner.engine.ranking import Ranking
from scanner.engine.replay import lead, snapshot_of
from scanner.engine.snapshot import FactsOf, Snapshot
from scanner.engine.trees import Tree
from scanner.engine.world import World

MOST_FILES = 8
MOST_BYTES = 512 << 20
# So many files differ before resolving anew is as fast, and before it is worth keeping the tree again.
_MOST_CHANGES, _MANY_CHANGES = 1_000, 50
_MOST_COMMITS = 1_000
_PREFIX = "resolved-"
_COMMIT = 40


class KeptTrees:
    """The resolved trees in a folder, one for each repository and configuration."""

    def __init__(self, folder: Path, config: Config, facts_of: FactsOf) -> None:
        self._folder = folder
        self._config = config
        self._facts_of = facts_of

    def snapshot(self, tree: Tree) -> Snapshot:
        """Return a tree's snapshot, the tree being its own baseline. Raises GitError."""
        kept = self._load(tree)
        if kept is not None:
            commit, snapshot = kept
            changes = list(_changes(snapshot, tree))
            # Something may be gone from the caches and from the repository that was there when the tree was kept.
            with suppress(GitError):
                if len(changes) <= _MOST_CHANGES and _reads_alike(snapshot, commit, tree):
                    lead(snapshot, changes, tree, self._facts_of)
                    _rank(snapshot, tree)
                    if len(changes) >= _MANY_CHANGES:
                        self._save(tree, snapshot)
                    return snapshot
        snapshot = snapshot_of(tree, self._config, self._facts_of)
        self._save(tree, snapshot)
        return snapshot

    def _load(self, tree: Tree) -> tuple[str, Snapshot] | None:
        """Return what was kept last for the tree's repository: the commit it stood on, and the snapshot."""
        try:
            with self._place(tree).open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_uid != os.geteuid() or status.st_size > MOST_BYTES:
                    return None
                commit = file.read(_COMMIT).decode("ascii", "replace")
                snapshot = thaw(file.read(), self._config, self._facts_of)
            os.utime(self._place(tree))
        except (OSError, Unusable):
            return None
        return commit, snapshot

    def _save(self, tree: Tree, snapshot: Snapshot) -> None:
        """Keep a tree's snapshot in place of the last one; when that fails, nothing is kept."""
        _ = snapshot.ranking  # made at the first look
        with suppress(OSError):
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=f".{_PREFIX}")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(tree.commit[:_COMMIT].encode())
                    freeze(snapshot, file)
                Path(name).replace(self._place(tree))
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._evict()

    def _evict(self) -> None:
        """Let go of the trees that nobody has asked for the longest, and of what a killed process left behind."""
        kept = sorted(self._folder.glob(f"{_PREFIX}*"), key=lambda path: path.stat().st_mtime, reverse=True)
        left = sorted(self._folder.glob(f".{_PREFIX}*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in (*kept[MOST_FILES:], *left[1:]):
            path.unlink(missing_ok=True)

    def _place(self, tree: Tree) -> Path:
        text = f"{tree.repository.git_dir}\0{self._config.digest}".encode("utf-8", "surrogateescape")
        return self._folder / f"{_PREFIX}{hashlib.blake2b(text, digest_size=12).hexdigest()}"


def _changes(snapshot: Snapshot, tree: Tree) -> Iterator[Change]:
    before, after = snapshot.blobs, tree.files
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield Change(path, before.get(path), after.get(path))


def _reads_alike(snapshot: Snapshot, commit: str, tree: Tree) -> bool:
    """Whether files that cannot be read are told by the same older versions in the tree: those of its own history."""
    unread = {path for path, file in snapshot.world.files.items() if file.failure is not None}
    if not unread or commit == tree.commit:
        return True
    repository = tree.repository
    since = repository.history(tree.commit, after=commit, limit=_MOST_COMMITS)  # raises where it is another history
    if len(since) == _MOST_COMMITS:
        return False
    changed = repository.changes([one.sha for one in since])
    return all(change.path not in unread for changes in changed for change in changes)


def _rank(snapshot: Snapshot, tree: Tree) -> None:
    """Make the tree its own baseline, and look again at what may have another canonical definition for that."""
    before, after = snapshot.rank_anew()
    if before == after:
        return
    disputed = sorted(_disputed(snapshot.world, before, after))
    blobs = {path: snapshot.blobs[path] for path in disputed}
    snapshot.apply([Change(path, blob, None) for path, blob in blobs.items()])
    snapshot.apply([Change(path, None, blob) for path, blob in blobs.items()], tree.versions_of, tree.day)


def _disputed(world: World, before: Ranking, after: Ranking) -> set[str]:
    """Return the files whose definitions or bodies another ranking puts into another order."""
    changed = {
        (name, path)
        for name in before.importers.keys() | after.importers.keys()
        for path in {*before.importers.get(name, ()), *after.importers.get(name, ())}
        if before.importers_of(name, path) != after.importers_of(name, path)
    }
    rivals: dict[str, set[str]] = {name: set() for name, _ in changed}
    for (_, name), paths in world.definers.items():
        if name in rivals:
            rivals[name].update(paths)
    found = {
        path
        for name, paths in rivals.items()
        if before.sorted(name, paths) != after.sorted(name, paths)
        for path in paths
    }
    return found | {path for name, path in changed if _is_copied(name, path, world)}


def _is_copied(name: str, path: str, world: World) -> bool:
    """Whether the body of a definition, or of a method of it, stands somewhere else, too."""
    file = world.files.get(path)
    if file is None or file.facts is None or file.scope != "production":
        return False
    rows = file.facts.copyable
    return any(row.name.partition(".")[0] == name and len(world.bodies.get(row.body, ())) > 1 for row in rows)
