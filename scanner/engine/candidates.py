"""Which symbols of a resolved commit are worth registering: each with a proposed home and the reason in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from scanner.engine.config import Canonical
from scanner.engine.facts import IS_CLASS
from scanner.engine.modules import ancestors, key_of, package_of
from scanner.engine.questions import State
from scanner.engine.score import SCOPE_QUARTERS
from scanner.engine.snapshot import Snapshot
from scanner.engine.violation import Violation
from scanner.engine.world import World

MOST = 50
_RULE = "duplicate-definition"
# From so many importing files on a symbol is worth an entry: one that has several homes, and one that has a single one.
_LEAST_DISPUTED, _LEAST_CLASS, _LEAST_FUNCTION = 2, 5, 10
# Importing files, those of tests and scripts counting a quarter: how many, as which share of the production modules,
# make which importance.
_IMPORTANCES = ((10, Fraction(1, 10), 5), (5, Fraction(3, 100), 3), (2, Fraction(1, 100), 2))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol that could be registered as `entry`.

    `definitions` are its places of definition in the service of its proposed home, `importers` the files that import
    it (production, tests and scripts), `elsewhere` those of them that do not from its home or a face of it.
    """

    entry: Canonical
    definitions: int
    importers: int
    elsewhere: int
    weight: Fraction

    @property
    def reason(self) -> str:
        """The counts as one sentence without an end."""
        text = f"{_count(self.definitions, 'definition')}, "
        text += f"{_count(self.importers, 'module')} {'imports' if self.importers == 1 else 'import'} it"
        if self.elsewhere:
            return f"{text}, {self.elsewhere:,} of them from elsewhere"
        return f"{text}, none of them from elsewhere"


def candidates(snapshot: Snapshot, most: int = MOST) -> list[Candidate]:
    """Return the symbols most worth registering that are not registered yet, the best first.

    A symbol weighs its importing modules (tests and scripts a quarter each) times the places it is taken for at home
    in: its definitions and the other modules that it is imported from, those that do not exist included.
    """
    world = snapshot.world
    duplicates: dict[tuple[str, str], list[Violation]] = {}
    for violation in snapshot.violations.values():
        if violation.rule == _RULE and violation.severity != "low":
            duplicates.setdefault((violation.service, violation.symbol), []).append(violation)
    modules = sum(file.scope == "production" for file in world.files.values())
    best: dict[str, Candidate] = {}
    uses = _uses(world)
    for symbol, sites in _sites(world, duplicates).items():
        found = _candidate(symbol, sites, uses.get(symbol[1], ()), world, modules)
        if found and (found.weight, found.importers) > _rank(best.get(symbol[1])):
            best[symbol[1]] = found
    return sorted(best.values(), key=lambda one: (-one.weight, -one.importers, one.entry.symbol))[:most]


@dataclass(slots=True)
class _Use:
    """One file's imports of a name: `reached` are the files that define what it got, `through` the files of the
    modules it named, `absent` the modules it named that do not exist."""

    path: str
    reached: set[str] = field(default_factory=set)
    through: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Sites:
    """Where a symbol is defined; `home` is the proposed canonical one."""

    home: str
    paths: frozenset[str]
    functions: bool


def _uses(world: World) -> dict[str, list[_Use]]:
    """Return name → the uses of it in files that are scored."""
    uses: dict[str, list[_Use]] = {}
    for path, links in world.links.items():
        if not SCOPE_QUARTERS[world.files[path].scope]:
            continue
        mine: dict[str, _Use] = {}
        for target, name in links.symbols:
            mine.setdefault(name, _Use(path)).reached.add(target)
        for module, name in links.through:
            mine.setdefault(name, _Use(path)).through.add(module)
        for broken in links.broken:
            for name in [broken.name] if broken.name else [name for name, _ in broken.row.names]:
                if not broken.row.level:
                    mine.setdefault(name, _Use(path)).absent.add(broken.row.module)
        for name, use in mine.items():
            uses.setdefault(name, []).append(use)
    return uses


def _sites(world: World, duplicates: dict[tuple[str, str], list[Violation]]) -> dict[tuple[str, str], _Sites]:
    """Return (service, name) → its definitions, for names that are not registered."""
    defined: dict[tuple[str, str], set[str]] = {}
    functions: set[tuple[str, str]] = set()
    for path, file in world.files.items():
        if file.scope == "production" and file.facts is not None:
            for definition in file.facts.definitions:
                key = (file.service, definition.name)
                if definition.name.startswith("_") or definition.name in world.registered:
                    continue
                if next(world.definitions(path, definition.name), None):
                    defined.setdefault(key, set()).add(path)
                    if not definition.traits & IS_CLASS:
                        functions.add(key)
    sites = {}
    for key, paths in defined.items():
        found = duplicates.get(key)
        if found:
            homes = {related.path for related in found[0].related if related.label == "canonical"}
            places = {*homes, *(violation.path for violation in found)}
            sites[key] = _Sites(min(homes), frozenset(places), key in functions)
        # Functions may share a name without being meant for the same; so may the members of a family of plug-ins.
        elif len(paths) == 1 or key not in functions:
            home = world.ranking.best(key[1], paths)
            sites[key] = _Sites(home, frozenset({home}), key in functions)
    return sites


def _candidate(
    symbol: tuple[str, str], sites: _Sites, uses: Iterable[_Use], world: World, modules: int
) -> Candidate | None:
    service, name = symbol
    faces = _faces(name, sites.home, world)
    allowed = {sites.home, *faces}
    reach, importers, elsewhere = Fraction(0), 0, 0
    places: set[str] = set(sites.paths)
    for use in uses:
        absent = {module for module in use.absent if world.config.service_of(module) == service}
        if not use.reached & sites.paths and not absent:
            continue
        importers += 1
        reach += Fraction(SCOPE_QUARTERS[world.files[use.path].scope], 4)
        other = bool(use.through) and not use.through & allowed
        if not _within(use.path, sites.home) and (absent or other):
            elsewhere += 1
            places |= absent or use.through
    least = _LEAST_DISPUTED if len(places) > 1 else _LEAST_FUNCTION if sites.functions else _LEAST_CLASS
    if importers < least:
        return None
    public = tuple(sorted(world.files[face].module for face in faces))
    entry = Canonical(name, world.files[sites.home].module, public, _importance(reach, modules))
    return Candidate(entry, len(sites.paths), importers, elsewhere, reach * len(places))


def _faces(name: str, home: str, world: World) -> list[str]:
    """Return the packages around a symbol's home that offer it, too."""
    found = []
    for key in ancestors(key_of(home)):
        path = world.tree.status(key).path
        if path in world.files and path != home:
            target = world.lookup(path, path, name)
            if target.state is State.FOUND and (target.path, target.name) == (home, name):
                found.append(path)
    return found


def _within(path: str, home: str) -> bool:
    """Whether a file lies in the package of a symbol's home: there any way of importing is its own affair."""
    package = package_of(home)
    return path == home or (bool(package) and path.startswith(f"{package}/"))


def _importance(reach: Fraction, modules: int) -> int:
    reached = (importance for least, share, importance in _IMPORTANCES if reach >= least and reach >= share * modules)
    return next(reached, 1)


def _rank(candidate: Candidate | None) -> tuple[Fraction, int]:
    return (candidate.weight, candidate.importers) if candidate else (Fraction(0), 0)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
