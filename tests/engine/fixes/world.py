"""A small shop with old ways to import things, and its repairs as git applies them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scanner.engine.config import Canonical, Config, Deprecated
from scanner.engine.extract import extract
from scanner.engine.fixes.account import Account
from scanner.engine.fixes.patching import Patch
from scanner.engine.fixes.repair import Workshop, wanted
from scanner.engine.git import Change, decode_path, encode_path
from scanner.engine.parser_pool import ParserPool
from scanner.engine.ranking import Ranking
from scanner.engine.snapshot import Snapshot
from tests.engine.trees import files

CONFIG = Config(
    services=("shop",),
    roots=("",),
    canonical=(Canonical("Store", "shop.core.store"), Canonical("connect", "shop.core.db")),
    deprecated=(Deprecated("shop.old", "shop.new"), Deprecated("shop.gone", "shop.new"), Deprecated("shop.dead")),
)
DAY = date(2025, 9, 13)
SHOP = files(
    """
    ## shop/__init__.py
    ## shop/core/__init__.py
    ## shop/core/store.py
    class Store:
        kind = "store"

        def __init__(self, name, *, size=1):
            self.name = name
            self.size = size

        def fill(self): ...
    ## shop/core/db.py
    def connect(url, timeout=1): ...
    ## shop/legacy.py
    from shop.core.db import connect
    from shop.core.store import Store
    Depot = Store
    LIMIT = 3
    def helper(): ...
    ## shop/rival.py
    class Store:
        def __init__(self): ...
        def empty(self): ...
    ## shop/old/__init__.py
    class Env: ...
    def get(): ...
    ONLY_OLD = 1
    ## shop/old/sub.py
    def part(): ...
    ## shop/dead.py
    X = 1
    ## shop/new/__init__.py
    class Env: ...
    def get(): ...
    ## shop/new/sub.py
    def part(): ...
    """
)


@dataclass(frozen=True)
class Repaired:
    """The files after `git apply`, and the lines that were said."""

    files: Mapping[str, bytes]
    said: list[str]
    patches: list[Patch]

    def refusals(self) -> list[str]:
        return [line for line in self.said if " refused: " in line]

    def warnings(self) -> list[str]:
        return [line for line in self.said if " warning: " in line]


def repair(
    pool: ParserPool, folder: Path, tree: Mapping[str, str | bytes], config: Config = CONFIG, **only: str
) -> Repaired:
    """Repair all findings of a tree; git applies the patches, and the result is scanned from nothing again."""
    whole = {**SHOP, **tree}
    before = {path: content.encode() if isinstance(content, str) else content for path, content in whole.items()}
    paths = {decode_path(os.fsencode(path)): path for path in before}
    workshop = Workshop(
        config,
        {path: path for path in paths},
        lambda shas: [(sha, extract(before[paths[sha]])) for sha in shas],
        lambda sha: before[paths[sha]],
        lambda path: (),
        DAY,
    )
    account = Account()
    results = list(workshop.repair(wanted(workshop.violations.values(), DAY, **only), pool))
    said = [line for result in results for line in account.lines(result)]
    patches = [result for result in results if isinstance(result, Patch)]
    after = _applied(folder, before, b"".join(patch.diff for patch in patches))
    _check(before, after, patches, config)
    return Repaired(after, said, patches)


def _applied(folder: Path, files: Mapping[str, bytes], diff: bytes) -> dict[str, bytes]:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    if diff:
        # Apart from any repository around the folder, whose root the paths would count from.
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        subprocess.run(["git", "apply", "-"], cwd=folder, input=diff, check=True, env=environment)
    return {path: (folder / path).read_bytes() for path in files}


def _check(before: Mapping[str, bytes], after: Mapping[str, bytes], patches: list[Patch], config: Config) -> None:
    """What was promised: what git made is what was said, it compiles, the findings are gone, nothing is new."""
    for patch in patches:
        path = os.fsdecode(encode_path(patch.path))
        assert after[path] == patch.source
        if _compiles(before[path]):
            compile(patch.source, patch.path, "exec")
    ranking = _snapshot(before, config).ranking
    old, new = (set(_snapshot(tree, config, ranking).violations) for tree in (before, after))
    moved = {finding.fingerprint for patch in patches for finding in patch.moved}
    assert new <= old
    assert len(old) - len(new) >= len(moved)


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "before", "exec")
    except SyntaxError:
        return False
    return True


def _snapshot(tree: Mapping[str, bytes], config: Config, ranking: Ranking | None = None) -> Snapshot:
    """Scan a tree from nothing; the ranking of definitions is that of the tree before, as within one epoch."""
    facts = {path: extract(source) for path, source in tree.items()}
    snapshot = Snapshot(config, lambda shas: [(sha, facts[sha]) for sha in shas], ranking)
    snapshot.apply([Change(path, None, path) for path in tree], day=DAY)
    return snapshot
