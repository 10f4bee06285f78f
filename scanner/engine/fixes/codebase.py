"""One commit's tree for who wants to move imports in a few of its files: read as far as it is asked, and no further."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scanner.engine.config import Config
from scanner.engine.facts import Facts
from scanner.engine.interface import Interface, interface_of
from scanner.engine.links import NO_LINKS, Links, link
from scanner.engine.modules import ModuleTree
from scanner.engine.questions import Question, State, Target, Targets
from scanner.engine.resolve import Resolver
from scanner.engine.snapshot import FactsOf

# So many files are followed to find a circle of imports; beyond, nobody knows.
MOST_FOLLOWED = 5_000


class Codebase:
    """`tree` is path → blob id (`Repository.tree`), `facts_of` and `read_blob` return what blobs say and hold."""

    def __init__(
        self,
        config: Config,
        tree: Mapping[str, str],
        facts_of: FactsOf,
        read_blob: Callable[[str], bytes | None],
    ) -> None:
        self.config = config
        self.modules = ModuleTree(config)
        for path, blob in tree.items():
            self.modules.add(path, blob)
        self._tree = tree
        self._facts_of = facts_of
        self._read_blob = read_blob
        self._facts: dict[str, Facts | None] = {}
        self._interfaces: dict[str, Interface | None] = {}
        self._resolver = Resolver(config, self.modules, self._interface, frozenset())
        self._answers: dict[Question, Targets] = {}
        self._links: dict[str, Links] = {}
        self._reached: dict[tuple[str, bool], frozenset[str] | None] = {}

    def facts(self, path: str) -> Facts | None:
        """Return the facts of a file, None when there is none or it cannot be parsed."""
        if path not in self._facts:
            blob = self._tree.get(path)
            known = self._facts_of({blob}) if blob and path.endswith(".py") else ()
            facts = next((facts for _, facts in known), None)
            self._facts[path] = facts if facts and facts.parsed else None
        return self._facts[path]

    def source(self, path: str) -> bytes | None:
        """Return what a file holds, None when there is none or it is too large. Raises GitError."""
        blob = self._tree.get(path)
        return self._read_blob(blob) if blob else None

    def ask(self, question: Question) -> Targets:
        """Return what an import reaches."""
        if question not in self._answers:
            self._answers[question], _ = self._resolver.answer(question)
        return self._answers[question]

    def find(self, module: str, name: str) -> Target | None:
        """Return what an absolute import of a name (or "" for the module) reaches; None when it may fail."""
        [target] = self.ask(Question(module, (name,)))
        return target if target.state is State.FOUND else None

    def links(self, path: str) -> Links:
        """Return where the imports of a file lead."""
        if path not in self._links:
            facts = self.facts(path)
            self._links[path] = link(path, facts, self.ask) if facts else NO_LINKS
        return self._links[path]

    def links_with(self, path: str, facts: Facts) -> Links:
        """Return where they would lead if the file had these facts."""
        return link(path, facts, self.ask)

    def reached(self, path: str, *, deferred: bool) -> frozenset[str] | None:
        """Return the files that loading a file loads, itself left out unless it comes round; None for too many.

        With `deferred`, imports inside functions count, too.
        """
        key = (path, deferred)
        if key not in self._reached:
            self._reached[key] = self._follow(path, deferred)
        return self._reached[key]

    def _follow(self, start: str, deferred: bool) -> frozenset[str] | None:
        found: set[str] = set()
        pending = [start]
        while pending:
            edges = self.links(pending.pop()).edges
            fresh = {path for path, edge in edges.items() if deferred or not edge.deferred} - found
            found |= fresh
            pending.extend(fresh)
            if len(found) > MOST_FOLLOWED:
                return None
        return frozenset(found)

    def _interface(self, path: str) -> Interface | None:
        if path not in self._interfaces:
            facts = self.facts(path)
            self._interfaces[path] = interface_of(facts) if facts else None
        return self._interfaces[path]
