"""A ready truthline.toml for a commit: the suggested configuration, canonical symbols, and a reason for each part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from scanner.engine.candidates import candidates
from scanner.engine.config import DEFAULT_SCOPES, Config, to_toml
from scanner.engine.snapshot import Snapshot
from scanner.engine.suggestion import matching
from scanner.engine.world import World

# A package is shared when at least two services import it, and it hardly imports any of them.
_LEAST_USERS = 2
_MOST_BACK = 0.25


@dataclass(frozen=True, slots=True)
class Proposal:
    """A configuration and, by the keys of `config.to_toml`, why."""

    config: Config
    notes: dict[str, str]

    @property
    def toml(self) -> str:
        """The text of the file, reasons as comments."""
        return to_toml(self.config, self.notes)


def propose(snapshot: Snapshot) -> Proposal:
    """Return a proposal from a commit that was resolved with its suggested configuration."""
    world = snapshot.world
    config = world.config
    shared = _shared(world)
    found = candidates(snapshot)
    notes = {one.entry.symbol: one.reason for one in found}
    notes |= dict(scope_notes(config, list(world.files)))
    modules = Counter(file.service for file in world.files.values() if file.scope == "production")
    services = tuple(service for service in config.services if service not in shared)
    if services:
        notes["services"] = "Production modules: " + ", ".join(f"{name} {modules[name]:,}" for name in services)
    if shared:
        notes["shared"] = "\n".join(f"{name}: imported by {', '.join(users)}" for name, users in shared.items())
    canonical = (*config.canonical, *(one.entry for one in found))
    return Proposal(replace(config, services=services, shared=tuple(shared), canonical=canonical), notes)


def _shared(world: World) -> dict[str, list[str]]:
    """Return the services that others lean on without being leant on, each with those others."""
    services = set(world.config.services)
    imports: Counter[tuple[str, str]] = Counter()
    for path, links in world.links.items():
        file = world.files[path]
        if file.scope == "production" and file.service in services:
            reached = {world.files[target].service for target in links.edges if target in world.files}
            imports.update((file.service, other) for other in reached & services if other != file.service)
    shared = {}
    for service in sorted(services):
        users = {user: files for (user, used), files in imports.items() if used == service}
        back = sum(files for (user, _), files in imports.items() if user == service)
        if len(users) >= _LEAST_USERS and back < _MOST_BACK * sum(users.values()):
            shared[service] = sorted(users)
    return shared


def scope_notes(config: Config, paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield, for each class that has more globs than by default, what those match."""
    for scope, globs in config.scopes:
        others = [glob for glob in globs if glob not in DEFAULT_SCOPES[scope]]
        if others:
            counts = [f"{glob} {len(matching(glob, paths)):,}" for glob in others]
            yield scope, f"More than the defaults, and how many files each matches: {', '.join(counts)}"
