"""Where the files of a tree take a symbol from, when that is neither its own module nor a package around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from scanner.engine.facts import FALLBACK, REFUSED
from scanner.engine.links import Linked, Links
from scanner.engine.modules import package_of
from scanner.engine.questions import State

# (file, name) of a class, function or value.
Symbol = tuple[str, str]
Names = tuple[tuple[str, str], ...]
Offers = tuple[tuple[str, ...] | None, tuple[str, ...]]
INITIAL = "__init__.py"
_INITIAL = f"/{INITIAL}"


def symbol_of(link: Linked) -> Symbol | None:
    """Return the symbol that one name of an import reaches; None for modules, and for fallbacks."""
    target = link.target
    if target.state is not State.FOUND or not target.name or link.row.where & (FALLBACK | REFUSED):
        return None
    return target.path, target.name


def is_roundabout(link: Linked) -> bool:
    """Whether an import names neither the module that defines the symbol nor a package around that."""
    _, home, _, via, *_ = link.target
    return via != home and not (via.endswith(_INITIAL) and home.startswith(f"{package_of(via)}/"))


class Sources:
    """The symbols that are imported in a roundabout way, kept up to date. Packages' `__init__` files, whose imports
    build faces, are not counted as importers."""

    def __init__(self) -> None:
        self._importers: dict[Symbol, dict[str, set[str]]] = {}  # by the file of the module that imports name
        self._direct: Counter[Symbol] = Counter()  # files that import it from its home or from a package around it
        self._by_source: dict[str, set[Symbol]] = {}
        self._offers: dict[str, Offers] = {}

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self._importers)

    def importers(self, symbol: Symbol) -> Mapping[str, set[str]]:
        """Return the files that import a symbol in a roundabout way, by the file they import it from."""
        return self._importers.get(symbol, {})

    def direct(self, symbol: Symbol) -> int:
        """Return how many files import a symbol from its home or a package around it."""
        return self._direct[symbol]

    def replace(self, path: str, before: Links, after: Links, offers: Offers) -> set[Symbol]:
        """Take a file's imports out and others in; return the symbols of which other importers may want to know.

        `offers` are the names the file offers on purpose: its `__all__`, and what it imports `name as name`.
        """
        changed: set[Symbol] = set()
        if path in self._by_source and (self._offers.get(path) != offers or _bound(before) != _bound(after)):
            changed.update(self._by_source[path])
        self._offers[path] = offers
        old, new = _uses(path, before), _uses(path, after)
        if builds_face(path):
            return changed.union(symbol for symbol, _ in old ^ new)
        for symbol, source in old - new:
            changed.update(self._drop(symbol, source, path))
        for symbol, source in new - old:
            changed.update(self._add(symbol, source, path))
        return changed

    def _add(self, symbol: Symbol, source: str, path: str) -> Iterator[Symbol]:
        if not source:
            self._direct[symbol] += 1
            yield from self._few_direct(symbol)
            return
        sources = self._importers.setdefault(symbol, {})
        if source in sources:
            sources[source].add(path)
            return
        sources[source] = {path}
        self._by_source.setdefault(source, set()).add(symbol)
        yield symbol

    def _drop(self, symbol: Symbol, source: str, path: str) -> Iterator[Symbol]:
        if not source:
            self._direct[symbol] -= 1
            yield from self._few_direct(symbol)
            if not self._direct[symbol]:
                del self._direct[symbol]
            return
        sources = self._importers[symbol]
        sources[source].discard(path)
        if sources[source]:
            return
        del sources[source]
        self._by_source[source].discard(symbol)
        if not self._by_source[source]:
            del self._by_source[source]
        if not sources:
            del self._importers[symbol]
        yield symbol

    def _few_direct(self, symbol: Symbol) -> Iterator[Symbol]:
        """Yield the symbol when one direct import more or less may matter: those of its sources do not count."""
        if self._direct[symbol] <= len(self._importers.get(symbol, ())) + 1:
            yield symbol


def builds_face(path: str) -> bool:
    """Whether a file is a package's `__init__.py`, whose imports say what the package offers."""
    return path.rpartition("/")[2] == INITIAL


def _uses(path: str, links: Links) -> set[tuple[Symbol, str]]:
    """Return the symbols a file imports, each with the file it takes it from, "" when that is no roundabout way."""
    found = set()
    for link in links.imports:
        symbol = symbol_of(link)
        if symbol is not None and symbol[0] != path:
            found.add((symbol, link.target.via if is_roundabout(link) else ""))
    return found


def _bound(links: Links) -> set[tuple[Symbol | None, str, Names]]:
    """Return which names a file gives to what it imports."""
    return {(symbol_of(link), link.name, link.row.names) for link in links.imports}
