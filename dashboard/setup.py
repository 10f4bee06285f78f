"""Setting up a repository just connected: what was seen of it, and the one answer that starts its scan anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from dashboard import registry
from scanner import mirrors, scans
from scanner.engine.config import Canonical, Config, to_toml
from scanner.engine.git import PYTHON, GitError
from scanner.engine.modules import ModuleTree
from scanner.engine.proposal import scope_notes
from scanner.models import Repository, Scan

# So many of the suggested symbols, the best first, are ticked before anybody chose.
TICKED = 5
NOTE = "Chosen when the repository was connected."


@dataclass(frozen=True, slots=True)
class Scope:
    """A class of files: the globs it is told by, how many Python files it has, and what is more than usual."""

    name: str
    globs: tuple[str, ...]
    files: int
    note: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the paths of the shown commit say: Python files, production modules by service, and scopes."""

    files: int
    services: tuple[tuple[str, int], ...]
    scopes: tuple[Scope, ...]


def seen(repository: Repository, config: Config, sha: str) -> Seen | None:
    """Return what a configuration makes of a commit's paths; None when git cannot say them."""
    try:
        tree = mirrors.held(repository).tree(sha)
    except GitError:
        return None
    paths = [path for path in tree if path.endswith(PYTHON)]
    modules = ModuleTree(config)
    scopes = {path: config.scope_of(path) for path in paths}
    services = Counter(modules.service_of(path) for path, scope in scopes.items() if scope == "production")
    notes = dict(scope_notes(config, paths))
    counts = Counter(scopes.values())
    told = tuple((name, services[name]) for name in (*config.services, *config.shared))
    found = tuple(Scope(scope, globs, counts[scope], notes.get(scope, "")) for scope, globs in config.scopes)
    return Seen(len(paths), told, found)


def use(
    repository: Repository, suggested: Collection[Mapping[str, Any]], chosen: Collection[str], person: AbstractBaseUser
) -> int:
    """Register the chosen ones of the suggested symbols, let a scan with them begin in place of the running one, and
    return how many they are; with none, nothing is done."""
    added = [
        Canonical(row["symbol"], row["module"], tuple(row["public"]), row["importance"])
        for row in suggested
        if row["symbol"] in chosen
    ]
    if added:
        config = registry.current(repository)
        before = list(Scan.objects.filter(repository=repository).running())
        text = to_toml(replace(config, canonical=(*config.canonical, *added)))
        registry.record(repository, text, person, NOTE)
        # What they would still read would be measured without the symbols, and be read anew. Not in one transaction
        # with the rest: who ends a scan locks it before the repository.
        for running in before:
            scans.cancel(running)
    return len(added)
