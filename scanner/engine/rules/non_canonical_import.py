from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.config import Canonical, Config
from scanner.engine.facts import FALLBACK, IS_CLASS, REFUSED
from scanner.engine.homonyms import are_homonyms
from scanner.engine.inheritance import inherited
from scanner.engine.interface import IS_FUNCTION
from scanner.engine.links import Linked
from scanner.engine.modules import key_of, package_of
from scanner.engine.questions import State, Target
from scanner.engine.rule import Finding, Rule
from scanner.engine.support import supports_tests
from scanner.engine.violation import Severity
from scanner.engine.world import World


class NonCanonicalImport(Rule):
    """A registered symbol is imported from elsewhere than its canonical module.

    What it does
    ------------
    Follows each imported name, inside functions too, through aliases, `as`, relative imports and chains of
    re-exports. Reports an import that ends at a registered symbol but names another module than its canonical one or
    one declared `public`; and an import that ends at another class or function of that name in production code of
    the canonical one's service (of any service, when the canonical module is shared). It is high; low, when that other
    class has hardly a member in common with the canonical one.

    Why is this bad
    ---------------
    Each further path is one more module that cannot be moved or deleted, and readers cannot tell whether two imports
    mean one thing. An import that reaches another definition is worse: `isinstance` and `except` fail, and state that
    should be one is two.

    Example
    -------
        # the registry says: Notifier is to be imported from shop.messages.notify
        from shop.legacy import Notifier  # shop/legacy.py: from shop.messages.notify import Notifier

    Use instead
    -----------
        from shop.messages.notify import Notifier

    Not flagged
    -----------
    - Imports from the canonical module, and from modules declared `public` for the symbol.
    - The canonical module's own imports, and those of the module that defines the symbol for it.
    - Imports inside the canonical module's package that go through a module of that package.
    - The fallback in `except ImportError:`, and imports in `with pytest.raises(ImportError)`.
    - A definition of that name in another service, in tests, in a module that supports tests by its name (`testing`,
      `test_...`) or outside the repository, and a class that inherits from the canonical one.
    - Names in strings and comments.
    """

    name = "non-canonical-import"
    area = "imports"
    severity = "high"
    version = 2

    def measures(self, config: Config) -> bool:
        return bool(config.canonical)

    def keys(self, world: World) -> Iterable[Hashable]:
        touched = world.touched
        if touched.registry:
            return world.links.keys() | touched.files
        # Whether two definitions are homonyms is for both to say.
        symbols = {name for _, name in touched.symbols} & world.registered.keys()
        if not symbols:
            return touched.files
        places = {(path, name) for (_, name), paths in world.definers.items() if name in symbols for path in paths}
        return touched.files.union(path for path, links in world.links.items() if not places.isdisjoint(links.symbols))

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        links = world.links.get(path)
        if links is None or not world.config.canonical:
            return
        registry = world.once(_Registry, lambda: _Registry(world))
        for link in links.imports:
            if link.name and not link.row.where & (FALLBACK | REFUSED):
                entry = registry.entry_of(path, link)
                if entry is not None and not registry.allows(path, link.target, entry):
                    yield self._finding(path, link, entry, registry)

    def _finding(self, path: str, link: Linked, entry: Canonical, registry: _Registry) -> Finding:
        row, name, target = link
        module = row.written
        severity: Severity = self.severity
        if registry.is_home(target, entry):
            what = f"{name} of {module} is {entry.symbol}" if name != entry.symbol else f"{name} comes through {module}"
            message = f"{what}; import it from {entry.module}."
        else:
            message = f"{name} of {module} is another definition than {entry.module}.{entry.symbol}."
            if registry.is_homonym(path, target, entry):
                severity = "low"
                message += " Their members hardly overlap: two things under one name."
        canonical = f"{entry.module}.{entry.symbol}"
        subject = f"{module}:{name}"
        return Finding(path, row.line, row.end_line, entry.symbol, subject, message, severity, row.enclosing, canonical)


class _Registry:
    """The registered symbols by their definition and by their name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._homes: dict[Canonical, Target | None] = {}
        self._by_definition: dict[tuple[str, str], Canonical] = {}
        self._by_symbol: dict[str, list[Canonical]] = {}
        for entry in world.config.canonical:
            home = self._homes[entry] = world.home(entry)
            self._by_symbol.setdefault(entry.symbol, []).append(entry)
            if home is not None:
                self._by_definition[home.path, home.name] = entry
        # Nearly all imports have nothing to do with the registry: that shows by the name.
        self._names = {*self._by_symbol, *(name for _, name in self._by_definition)}

    def is_home(self, target: Target, entry: Canonical) -> bool:
        """Whether an import reaches what the canonical module gives for the symbol."""
        home = self._homes[entry]
        return home is not None and (home.path, home.name) == (target.path, target.name)

    def entry_of(self, path: str, link: Linked) -> Canonical | None:
        """Return the entry of the symbol that an import in a file reaches, or whose name it gives to another one."""
        target = link.target
        if target.name not in self._names and link.name not in self._by_symbol:
            return None
        if target.state not in (State.FOUND, State.TYPING) or not target.name:
            return None
        entry = self._by_definition.get((target.path, target.name))
        if entry is not None:
            return entry
        entries = [*self._by_symbol.get(target.name, ()), *self._by_symbol.get(link.name, ())]
        return next((entry for entry in entries if self._is_rival(path, target, entry)), None)

    def _is_rival(self, path: str, target: Target, entry: Canonical) -> bool:
        file, config = self._world.files[target.path], self._world.config
        service = config.service_of(entry.module)
        if file.scope != "production" or supports_tests(file.module):
            return False
        if file.service != service and service not in config.shared:
            return False
        traits = self._world.lookup(path, target.path, target.name).traits
        return bool(traits & (IS_CLASS | IS_FUNCTION)) and not self._is_heir(path, target, entry)

    def _is_heir(self, path: str, target: Target, entry: Canonical) -> bool:
        """Whether a class inherits from the canonical one."""
        definition = self._world.definition(target)
        bases = inherited(path, target.path, definition, self._world) if definition else ()
        return any(self.is_home(base, entry) for base in bases)

    def is_homonym(self, path: str, target: Target, entry: Canonical) -> bool:
        """Whether a definition and the canonical one of the same name have nothing to do with each other."""
        home = self._homes[entry]
        if home is None or not home.name == entry.symbol == target.name:
            return False
        mine, theirs = self._world.definition(home), self._world.definition(target)
        if mine is None or theirs is None or not are_homonyms(mine, theirs):
            return False
        bases = inherited(path, home.path, mine, self._world)
        return all((base.path, base.name) != (target.path, target.name) for base in bases)

    def allows(self, path: str, target: Target, entry: Canonical) -> bool:
        """Whether a file may import the symbol from where it does."""
        files, home = self._world.files, self._homes[entry]
        if files[target.via].module in (entry.module, *entry.public) or files[path].module == entry.module:
            return True
        return home is not None and (path == home.path or self._is_internal(path, target, entry, home))

    def _is_internal(self, path: str, target: Target, entry: Canonical, home: Target) -> bool:
        """Whether the import stays inside the canonical module's package.

        Where that package is the whole service, this holds for its face alone: everything would be internal.
        """
        package = package_of(home.via)
        if not path.startswith(f"{package}/") or not self.is_home(target, entry):
            return False
        name = entry.module if key_of(home.via) == package else entry.module.rpartition(".")[0]
        is_service = self._world.config.service_of(entry.module) == name
        return key_of(target.via) == package or (target.via.startswith(f"{package}/") and not is_service)
