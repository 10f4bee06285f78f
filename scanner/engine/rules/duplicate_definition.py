from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from scanner.engine.facts import EMPTY, IS_CLASS, Definition
from scanner.engine.homonyms import are_homonyms
from scanner.engine.inheritance import inherited
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule, related_to, unlisted
from scanner.engine.violation import Related, Severity
from scanner.engine.world import World

_FAKES = ("Mock", "Fake", "Stub", "Dummy")
_FAMILY = 3
_TABLE = frozenset({"__tablename__", "__table__", "__table_args__"})
# Bases that say what kind of thing a class is, not what it plugs into.
_TRIVIAL = frozenset(
    {"object", "ABC", "Protocol", "Generic", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "BaseModel", "Model"}
    | {"TypedDict", "NamedTuple", "Exception", "BaseException", "str", "int", "dict", "list", "tuple", "set", "type"}
    | {"BaseSettings", "Struct", "Base", "Schema", "Thread", "SimpleNamespace"}
)


class Site(NamedTuple):
    """One module's definition of the name."""

    path: str
    definition: Definition


class DuplicateDefinition(Rule):
    """A class, or a registered function, is defined in more than one module of a service.

    What it does
    ------------
    Reports every production module of a service that defines, on module level, a class (or a function that is in the
    registry) that another module of the service defines, too. One of the sites is the canonical one and is not
    reported: the registered one, else the one that most modules imported when the epoch began, else the shortest
    path. Each other site is *identical* or *diverged*, by its body without docstrings, comments and layout.

    A registered symbol weighs high, another one medium. Classes whose members hardly overlap with the canonical
    one's are homonyms, two things under one name: they weigh low. So do a database table and a class that is none.

    Why is this bad
    ---------------
    A mistake is mended in one copy and stays in the others. `isinstance` and `except` fail between copies that look
    the same. Nobody can tell which one to import.

    Example
    -------
        # shop/core/retry.py
        class RetryConfig:
            attempts = 3

        # shop/http/retry.py
        class RetryConfig:
            attempts = 5

    Use instead
    -----------
        # shop/http/retry.py
        from shop.core.retry import RetryConfig

    Not flagged
    -----------
    - Longer names that merely start alike, and nested classes such as `Config` and `Meta`.
    - Variants under if/else, try/except or TYPE_CHECKING, and overloads.
    - The same name in two services, or below two roots, which are projects of their own; the registry's entry for a
      symbol of a shared package binds all services.
    - A class that inherits from a same-named one, or an empty subclass that only gives one another place.
    - A class that its module keeps to itself (`_Row`), unless it is a copy of another one.
    - Test doubles: names that begin with Mock, Fake, Stub or Dummy.
    - Plugin families: three or more classes with a base of their own in sibling positions, such as `Command` in
      `management/commands/` or `Channel` in `transport/`.
    """

    name = "duplicate-definition"
    area = "definitions"
    severity = "medium"
    version = 3

    def keys(self, world: World) -> Iterable[Hashable]:
        names = set(world.touched.symbols)
        for path in world.touched.files:
            file = world.files.get(path)
            names.update((file.service, name) for name in world.definable(file) if file)
        return {self._group(key, world) for key in names}

    @staticmethod
    def _group(key: tuple[str, str], world: World) -> tuple[str, str]:
        """A symbol registered in a shared package is one symbol for all services."""
        return (_EVERYWHERE, key[1]) if key[1] in world.registered and _is_shared(key[1], world) else key

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        definers: Mapping[Any, Collection[str]] = world.definers
        return [key for key in keys if key not in definers or len(definers[key]) > 1]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        service, name = key if isinstance(key, tuple) else ("", "")
        services = {s for s, n in world.definers if n == name} if service == _EVERYWHERE else {service}
        paths = {path for s in services for path in world.definers.get((s, name), ())}
        if len(paths) < 2 or name.startswith(_FAKES):
            return
        for project in _projects(name, paths, world):
            yield from self._findings(name, project, world)

    def _findings(self, name: str, paths: Collection[str], world: World) -> Iterator[Finding]:
        sites = [Site(path, _last(world.definitions(path, name))) for path in sorted(paths)]
        sites = _without_families(_without_heirs(sites, world), world)
        if name.startswith("_") and name not in world.registered:
            sites = _copies(sites)
        if len(sites) < 2:
            return
        canonical = world.home_of(name, [site.path for site in sites])
        [home] = [site for site in sites if site.path == canonical]
        rest = [site for site in sites if site is not home]
        others = [Related(site.path, site.definition.line, "another definition") for site in rest]
        for place, site in enumerate(rest):
            yield self._finding(name, site, home, others, place, world)

    def _finding(self, name: str, site: Site, home: Site, others: list[Related], place: int, world: World) -> Finding:
        same = site.definition.body == home.definition.body != ""
        grade = "identical" if same else "diverged"
        severity: Severity = self.severity
        note = ""
        if name in world.registered:
            severity = "high"
        elif not same and are_homonyms(site.definition, home.definition):
            severity, note = "low", " Their members hardly overlap: two things under one name."
        elif _is_table(site.definition) != _is_table(home.definition):
            severity, note = "low", " One of them is a database table: two things under one name."
        module = world.files[home.path].module
        return Finding(
            site.path,
            site.definition.line,
            site.definition.end_line,
            name,
            name,
            f"{name} is defined in {module}, too; this definition is {grade}.{note}{unlisted(others)}",
            severity,
            canonical=f"{module}.{name}",
            related=related_to(Related(home.path, home.definition.line, "canonical"), others, place),
        )


_EVERYWHERE = "*"


def _projects(name: str, paths: Collection[str], world: World) -> Iterable[Collection[str]]:
    """Return the paths by the root they lie below: those of several projects in one repository may have packages of
    the same name, and none of them imports another's. What is registered is one symbol for all of them."""
    if name in world.registered:
        return [paths]
    projects: dict[str, list[str]] = {}
    for path in paths:
        projects.setdefault(world.tree.root_of(path), []).append(path)
    return projects.values()


def _is_shared(name: str, world: World) -> bool:
    return any(world.config.service_of(entry.module) in world.config.shared for entry in world.registered[name])


def _is_table(definition: Definition) -> bool:
    """Whether a class maps a table of a database."""
    return not _TABLE.isdisjoint(definition.members)


def _copies(sites: list[Site]) -> list[Site]:
    """Return the sites whose body another one has, too: what a module keeps to itself may be written anew."""
    bodies = Counter(site.definition.body for site in sites if site.definition.body)
    return [site for site in sites if bodies[site.definition.body] > 1]


def _last(definitions: Iterator[Definition]) -> Definition:
    """Return the definition that counts in the end."""
    *_, last = definitions
    return last


def _without_heirs(sites: list[Site], world: World) -> list[Site]:
    """Leave out classes that inherit from another definition of their name, or only rename a class."""
    return [site for site in sites if not (site.definition.traits & IS_CLASS and _is_heir(site, world))]


def _is_heir(site: Site, world: World) -> bool:
    name = site.definition.name
    if any(t.name == name and t.path != site.path for t in inherited(site.path, site.path, site.definition, world)):
        return True
    if site.definition.traits & EMPTY and len(site.definition.bases) == 1:
        target = world.lookup(site.path, site.path, site.definition.bases[0])
        found = target.state is State.FOUND and bool(target.traits & IS_CLASS)
        return found and _is_renamed(name, target.name)
    return False


def _is_renamed(name: str, base: str) -> bool:
    """Whether an empty subclass only gives its base another name: `class Store(BaseStore): pass`.

    Exceptions are told apart by their class alone, so there an empty one is a thing of its own.
    """
    return not base.endswith(("Error", "Exception", "Warning")) and not name.endswith(("Error", "Exception", "Warning"))


def _without_families(sites: list[Site], world: World) -> list[Site]:
    """Leave out plugins: three or more sites with a base in common that lie in sibling positions."""
    places: Counter[tuple[str, str]] = Counter()
    relations = {site.path: set(_relations(site, world)) for site in sites}
    for found in relations.values():
        places.update(found)
    return [site for site in sites if not any(places[relation] >= _FAMILY for relation in relations[site.path])]


def _relations(site: Site, world: World) -> Iterator[tuple[str, str]]:
    """Yield (base, position) by which a site may be one of a family."""
    folder, _, file = site.path.rpartition("/")
    above, _, folder_name = folder.rpartition("/")
    positions = (f"{folder}/*", f"*/{folder_name}/*", f"{above}/*/{file}", f"*/{file}")
    for base in site.definition.bases:
        last = base.rpartition(".")[2]
        if last and last not in _TRIVIAL and not last.endswith(("Error", "Exception", "Warning", "Enum")):
            target = world.lookup(site.path, site.path, base)
            identity = f"{target.path}:{target.name}" if target.state is State.FOUND else last
            yield from ((identity, position) for position in positions)
