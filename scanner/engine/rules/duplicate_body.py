from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import NamedTuple

from scanner.engine.bodies import copyable
from scanner.engine.facts import ENUM, IS_CLASS, Copyable
from scanner.engine.lookups import lookups
from scanner.engine.rule import Finding, Rule, related_to, unlisted
from scanner.engine.violation import Related, Severity
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
    - Methods of one name in several classes of one module.
    - Tests, wherever they lie: functions and classes named `test_…`, classes with `Test` in their names that have such
      methods, and all methods of these.
    - The same body in two services, neither of which may import from the other.
    """

    name = "duplicate-body"
    area = "definitions"
    severity = "medium"
    version = 4

    def keys(self, world: World) -> Iterable[Hashable]:
        bodies = set(world.touched.bodies)
        paths = set(world.touched.files)
        for key in world.touched.symbols:
            paths.update(world.definers.get(key, ()))
        for path in paths:
            bodies.update(row.body for row in copyable(world.files.get(path)))
        return bodies

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        return [key for key in keys if len(world.bodies.get(str(key), ())) > 1]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        body = str(key)
        paths = sorted(set(world.bodies.get(body, ())))
        sites = [Site(path, row) for path in paths for row in lookups(world).with_body(path, body)]
        if len(sites) < 2:
            return
        by_service: dict[str, list[Site]] = {}
        for site in sites:
            by_service.setdefault(world.files[site.path].service, []).append(site)
        shared = [site for site in sites if world.files[site.path].service in world.config.shared]
        home = _home(shared, world) if shared else None
        told: dict[tuple[str, str], str] = {}
        yield from self._copies(shared, [], home, world, told)
        for service in sorted(by_service.keys() - set(world.config.shared)):
            yield from self._copies(by_service[service], shared, home, world, told)

    def _copies(
        self, sites: list[Site], shared: list[Site], home: Site | None, world: World, told: dict[tuple[str, str], str]
    ) -> Iterator[Finding]:
        """Yield the findings among a service's sites, of which the canonical one may be in a shared package."""
        if not sites:
            return
        home = home or _home(sites, world)
        own = [site for site in sites if site != home]
        group = (*own, *(site for site in shared if site != home))
        others = [Related(site.path, site.row.line, "another copy") for site in group]
        for place, site in enumerate(own):
            if _is_another(site, home) and not _is_told(site, home, world, told):
                yield self._finding(site, home, others, place, world)

    def _finding(self, site: Site, home: Site, others: list[Related], place: int, world: World) -> Finding:
        severity: Severity = "info" if site.row.traits & ENUM else self.severity
        module = world.files[home.path].module
        enclosing, _, name = site.row.name.rpartition(".")
        # A name bound twice may stand for two bodies, each of them a copy: one fingerprint would be both.
        number = lookups(world).number(site.path, site.row)
        return Finding(
            site.path,
            site.row.line,
            site.row.end_line,
            site.row.name,
            name if number == 0 else f"{name}#{number + 1}",
            f"{site.row.name} has the same body as {home.row.name} in {module}.{unlisted(others)}",
            severity,
            enclosing,
            canonical=f"{module}.{home.row.name}",
            related=related_to(Related(home.path, home.row.line, "canonical"), others, place),
        )


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


def _is_told(site: Site, home: Site, world: World, told: dict[tuple[str, str], str]) -> bool:
    """Whether another finding says it: about the two as duplicate definitions, or about their classes as a whole.

    `told` keeps the body of the canonical definition of a class, for as long as one body is looked at.
    """
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
    if (service, top) not in told:
        paths = sorted(world.definers.get((service, top), ()))
        told[service, top] = _body(world.home_of(top, paths), top, world) if paths else ""
    return body == told[service, top]


def _body(path: str, name: str, world: World) -> str:
    """Return the body of a definition on module level, "" when there is none that is large enough."""
    return next((row.body for row in lookups(world).named(path, name)), "")
