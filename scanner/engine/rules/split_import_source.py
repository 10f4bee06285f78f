from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from functools import partial

from scanner.engine.links import Linked
from scanner.engine.modules import ancestors
from scanner.engine.rule import Finding, Rule
from scanner.engine.sources import INITIAL, Symbol, builds_face, is_roundabout, symbol_of
from scanner.engine.world import World


class SplitImportSource(Rule):
    """An unregistered symbol is imported from several modules, and this one is not its home.

    What it does
    ------------
    Looks at every class, function and value of the repository that is defined once, is not in the registry, and that
    the files which use it import from two modules or more. Reports each import that names neither the module that
    defines the symbol nor a package around that module. A file through which others take the symbol is not one that
    uses it.

    Why is this bad
    ---------------
    Two files that use the same thing seem to use two. A module that only passes a name on cannot be changed or deleted,
    and `mock.patch` reaches one path and not the other.

    Example
    -------
        # shop/orders.py
        from shop.money import Price

        # shop/cart.py
        from shop.orders import Price  # shop/orders.py merely uses it

    Use instead
    -----------
        # shop/cart.py
        from shop.money import Price

    Not flagged
    -----------
    - Imports through the defining module, or any package around it (`from shop import Price`).
    - Imports in `__init__.py`, which build a package's face.
    - Imports through a module that offers the symbol on purpose, in its `__all__` or by `Price as Price`, when a
      package around the definition takes it from there, or when no such package offers it. Of several modules in the
      latter case it is the one with the shortest path.
    - Symbols that all who use them import from the same module, wherever that is.
    - Registered symbols (non-canonical-import reports those) and classes defined more than once in the service
      (duplicate-definition reports those).
    - Modules, and names from outside the repository.
    - The fallback in `except ImportError:`, and imports in `with pytest.raises(ImportError)`.
    """

    name = "split-import-source"
    area = "imports"
    severity = "low"
    version = 2

    def keys(self, world: World) -> Iterable[Hashable]:
        touched = world.touched
        if touched.registry:
            return world.links.keys() | touched.files
        names = {name for _, name in touched.symbols}
        symbols = touched.sources | {symbol for symbol in world.sources if symbol[1] in names}
        importers = (files for symbol in symbols for files in world.sources.importers(symbol).values())
        return touched.files.union(*importers)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        links = world.links.get(path)
        if links is None or builds_face(path):
            return
        for link in links.imports:
            symbol = symbol_of(link) if is_roundabout(link) else None
            if symbol is None or symbol[0] == path or link.name in world.registered:
                continue
            if link.target.via not in world.once((SplitImportSource, symbol), partial(_right, symbol, world)):
                yield self._finding(path, link, world)

    def _finding(self, path: str, link: Linked, world: World) -> Finding:
        row, name, target = link
        home = world.files[target.path].module
        what = name if name == target.name else f"{name}, which is {target.name},"
        message = f"{what} comes through {row.written}; others import it from elsewhere. It is defined in {home}."
        subject = f"{row.written}:{name}"
        canonical = f"{home}.{target.name}"
        return Finding(
            path, row.line, row.end_line, target.name, subject, message, self.severity, row.enclosing, canonical
        )


def _right(symbol: Symbol, world: World) -> Collection[str]:
    """Return the files of the modules that a symbol may be imported from: where it has one source only, from there."""
    path, name = symbol
    sources = world.sources.importers(symbol)
    if name in world.registered or len(world.definers.get((world.files[path].service, name), ())) > 1:
        return sources
    # Modules that pass the symbol on import it themselves: that is no second source.
    through = sum(symbol in _directly_imported(source, world) for source in sources)
    if len(sources) + (world.sources.direct(symbol) > through) < 2:
        return sources
    return _offering(symbol, sources, world)


def _directly_imported(source: str, world: World) -> set[Symbol | None]:
    """Return what a file imports from where it is defined or from a package around that; a face counts for nothing."""
    if source not in world.links or builds_face(source):
        return set()
    return {symbol_of(link) for link in world.links[source].imports if not is_roundabout(link)}


def _offering(symbol: Symbol, sources: Iterable[str], world: World) -> set[str]:
    """Return the files of the modules that offer a symbol on purpose, and that one may therefore import it from.

    Where packages around the definition offer it, these are the ones they take it from; else it is one.
    """
    faces = (f"{folder}/{INITIAL}" for folder in ancestors(symbol[0]))
    through = [
        link.target.via
        for face in faces
        for link in (world.links[face].imports if face in world.links else ())
        if symbol_of(link) == symbol
    ]
    offering = {source for source in through or sources if _offers(source, symbol, world)}
    return offering if through else {min(offering, key=lambda source: (len(source), source))} if offering else set()


def _offers(source: str, symbol: Symbol, world: World) -> bool:
    file = world.files.get(source)
    if file is None or file.facts is None:
        return False
    names = {symbol[1]}
    for row, name, target in world.links[source].imports:
        if (target.path, target.name) == symbol:
            names.update(bound for wanted, bound in row.names if wanted == name)
    return not names.isdisjoint((*(file.facts.exports or ()), *file.facts.reexports))
