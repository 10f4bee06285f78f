from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from scanner.engine.facts import ENUM, IS_CLASS, Copyable
from scanner.engine.rule import Finding, Rule
from scanner.engine.violation import MAX_RELATED, Related, Severity
from scanner.engine.world import World


class Site(NamedTuple):
    """One place where the body stands."""

    path: str
    row: Copyable


class DuplicateBody(Rule):
    """A function, method or class has the same body as another one.

    What it does
    ------------
    Reports functions, methods and classes of production files whose body, without docstrings, comments, layout and the
    definition's own name, stands under another name, or in another module of the same service or in a shared package.
    One of the places is the canonical one and is not reported: one in a shared package, else that of a registered
    symbol, of the class most imported when the epoch began, else the shortest path.

    Why is this bad
    ---------------
    A mistake is mended in one copy and stays in the others. Readers compare the copies to find the difference that is
    not there.

    Example
    -------
        # shop/orders.py
        def total(lines):
            result = Decimal(0)
            for line in lines:
                result += line.price * line.count
            return result.quantize(CENT)

        # shop/invoices.py
        def sum_of(lines):
            result = Decimal(0)
            for line in lines:
                result += line.price * line.count
            return result.quantize(CENT)

    Use instead
    -----------
        # shop/invoices.py
        from shop.orders import total

    Not flagged
    -----------
    - Small bodies: functions of one or two statements or of fewer than fifty nodes of syntax, classes of fewer than
      four statements, enums of two members; protocol stubs, `pass`, `...` and `raise NotImplementedError` at any size.
    - Enums with equal members are told, as info, and never scored.
    - A class of the same name in another module, which is duplicate-definition's; and the methods of classes that are
      reported as a whole.
    - Methods of one name in several classes of one module; functions named `test_…`.
    - The same body in two services, neither of which may import from the other.
    """

    name = "duplicate-body"
    area = "definitions"
    severity = "medium"
    version = 2

    def keys(self, world: World) -> Iterable[Hashable]:
        bodies = set(world.touched.bodies)
        paths = set(world.touched.files)
        for key in world.touched.symbols:
            paths |= world.definers.get(key, set())
        for path in paths:
            bodies.update(row.body for row in _rows(path, world))
        return bodies

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        return [key for key in keys if len(world.bodies.get(str(key), ())) > 1]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        body = str(key)
        paths = sorted(set(world.bodies.get(body, ())))
        sites = [Site(path, row) for path in paths for row in _rows(path, world) if row.body == body]
        if len(sites) < 2:
            return
        shared = [site for site in sites if world.files[site.path].service in world.config.shared]
        services = {world.files[site.path].service for site in sites} - set(world.config.shared)
        yield from self._copies(shared, shared, world)
        for service in sorted(services):
            own = [site for site in sites if world.files[site.path].service == service]
            yield from self._copies(own, shared, world)

    def _copies(self, sites: list[Site], shared: list[Site], world: World) -> Iterator[Finding]:
        """Yield the findings among a service's sites, of which the canonical one may be in a shared package."""
        home = _home(shared or sites, world) if shared or sites else None
        for site in sites:
            if home is not None and site != home and _is_another(site, home) and not _is_told(site, home, world):
                yield self._finding(site, home, chain(sites, () if sites is shared else shared), world)

    def _finding(self, site: Site, home: Site, sites: Iterable[Site], world: World) -> Finding:
        severity: Severity = "info" if site.row.traits & ENUM else self.severity
        module = world.files[home.path].module
        enclosing, _, name = site.row.name.rpartition(".")
        # A name bound twice may stand for two bodies, each of them a copy: one fingerprint would be both.
        number = [row for row in _rows(site.path, world) if row.name == site.row.name].index(site.row)
        others = islice((other for other in sites if other not in (site, home)), MAX_RELATED - 1)
        related = [Related(home.path, home.row.line, "canonical")]
        related += [Related(other.path, other.row.line, "another copy") for other in others]
        return Finding(
            site.path,
            site.row.line,
            site.row.end_line,
            site.row.name,
            name if number == 0 else f"{name}#{number + 1}",
            f"{site.row.name} has the same body as {home.row.name} in {module}.",
            severity,
            enclosing,
            canonical=f"{module}.{home.row.name}",
            related=tuple(related),
        )


def _rows(path: str, world: World) -> tuple[Copyable, ...]:
    file = world.files.get(path)
    return file.facts.copyable if file and file.facts and file.scope == "production" else ()


def _home(sites: list[Site], world: World) -> Site:
    """Return the site to keep: of a registered symbol, else the most imported, else the shortest path."""

    def rank(site: Site) -> tuple[bool, int, int, str, int]:
        top = site.row.name.partition(".")[0]
        registered = top in world.registered and site.path in world.canonical_paths(top)
        return not registered, -world.ranking.importers_of(top, site.path), len(site.path), site.path, site.row.line

    return min(sites, key=rank)


def _is_another(site: Site, home: Site) -> bool:
    """Whether two sites differ in name or module; methods of one module may share a name."""
    return site.path != home.path or site.row.name.rpartition(".")[2] != home.row.name.rpartition(".")[2]


def _is_told(site: Site, home: Site, world: World) -> bool:
    """Whether another finding says it: about the two as duplicate definitions, or about their classes as a whole."""
    top, other = site.row.name.partition(".")[0], home.row.name.partition(".")[0]
    service = world.files[site.path].service
    paired = top == other and (service == world.files[home.path].service or top in world.registered)
    if "." not in site.row.name:
        return paired and bool(site.row.traits & IS_CLASS or top in world.registered)
    body = _body(site.path, top, world)
    if not body or body != _body(home.path, other, world):
        return False
    if not paired:
        return True
    paths = sorted(world.definers.get((service, top), ()))
    return bool(paths) and body == _body(world.home_of(top, paths), top, world)


def _body(path: str, name: str, world: World) -> str:
    """Return the body of a definition on module level, "" when there is none that is large enough."""
    return next((row.body for row in _rows(path, world) if row.name == name), "")
