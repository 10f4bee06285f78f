"""One tree, resolved: what rules look at. It follows changes and says what each touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from operator import attrgetter
from typing import NamedTuple, TypeVar, cast

from scanner.engine import facts as facts_of_blobs
from scanner.engine.answers import Answers
from scanner.engine.bodies import follow_bodies
from scanner.engine.config import Canonical, Config
from scanner.engine.facts import Definition, Facts, grouped
from scanner.engine.graph import Cycles
from scanner.engine.instance_counts import Instances
from scanner.engine.interface import Interfaces, interface_of
from scanner.engine.links import NO_LINKS, Links, link
from scanner.engine.modules import ModuleTree, Status, ancestors, key_of
from scanner.engine.multimap import Multimap
from scanner.engine.questions import MODULE, Question, State, Target, mark_key, mark_name, mark_provided, mark_rest
from scanner.engine.ranking import Ranking
from scanner.engine.resolve import Resolver
from scanner.engine.sources import Sources, Symbol
from scanner.engine.touched import Touched
from scanner.engine.violation import Scope

T = TypeVar("T")


class File(NamedTuple):
    """A Python file. `facts` are those of its last version that could be read, None when there is none; `failure` are
    the facts of the present one when it cannot be read."""

    scope: Scope
    service: str
    module: str
    facts: Facts | None
    failure: Facts | None = None


class World:
    """The files of one tree, what each defines, and where its imports lead."""

    def __init__(self, config: Config, ranking: Ranking | None) -> None:
        self.tree = ModuleTree(config)
        self.files: dict[str, File] = {}
        self.links: dict[str, Links] = {}
        self.definers: Multimap[tuple[str, str], str] = Multimap()  # (service, name) → production files
        self.bodies: dict[str, tuple[str, ...]] = {}  # digest → production files, once for each such body
        self.instances = Instances()  # on the module level of production files
        self.loading = Cycles()  # of imports that run when a module is loaded
        self.calling = Cycles()  # of these and of imports inside functions
        self.sources = Sources()
        self.touched = Touched()  # by the last change
        self.day = date.min  # the commit's date in UTC
        self._ranking = ranking
        self._importers: Counter[Symbol] = Counter()  # how many files import a symbol
        self._interfaces = Interfaces(self.files)
        self._providers: Multimap[str, str] = Multimap()  # what other modules provide → the files that do
        self.answers = Answers()  # to what the files asked to follow their imports
        self._once: dict[Hashable, object] = {}
        self._go_by(config)

    def _go_by(self, config: Config) -> None:
        self.config = config
        self.registered: dict[str, list[Canonical]] = {}  # two services may have a symbol of one name each
        for entry in config.canonical:
            self.registered.setdefault(entry.symbol, []).append(entry)
        self._resolver = Resolver(config, self.tree, self._interfaces.get, self._providers)
        self.answers.rely_on(self._resolver.answer)

    def __getstate__(self) -> dict[str, object]:
        left_out = {"config", "registered", "_resolver", "touched", "links", "answers", "_interfaces", "_once"}
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def thaw(self, config: Config, links: dict[str, Links], answers: Answers) -> None:
        """Take what it was pickled without."""
        self.touched, self._once = Touched(), {}
        self.links, self.answers = links, answers
        self._interfaces = Interfaces(self.files)
        self.tree.go_by(config)
        self._go_by(config)

    # What rules ask

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """Return what is worked out about the tree as it is, whatever file it is looked at for; a change forgets it."""
        if what not in self._once:
            self._once[what] = make()
        return cast(T, self._once[what])

    @property
    def ranking(self) -> Ranking:
        """The ranking of the epoch's baseline; a world that was given none is the baseline itself."""
        if self._ranking is None:
            self._ranking = Ranking.of(self._importers, {name for _, name in self.definers})
        return self._ranking

    def rank_anew(self) -> tuple[Ranking, Ranking]:
        """Make the tree its own baseline; return the ranking before and now. No rule looks again for that."""
        before, self._ranking = self.ranking, None
        return before, self.ranking

    def lookup(self, asker: str, path: str, dotted: str) -> Target:
        """Return what a dotted name means in a file; the rules look at `asker` again when that changes."""
        [target] = self.answers.ask(asker, Question(f"={path}", (dotted,)))
        return target

    def canonical_paths(self, symbol: str) -> list[str]:
        """Return the files that define a registered symbol as its canonical modules have it."""
        homes = (self.home(entry) for entry in self.registered[symbol])
        return [home.path for home in homes if home]

    def home(self, entry: Canonical) -> Target | None:
        """Return what a registered symbol's canonical module gives for it, None when it has no such name."""
        question = Question(entry.module, (entry.symbol,))
        [target] = self.once(question, partial(self.answers.ask, _REGISTRY + entry.symbol, question))
        return target if target.state is State.FOUND else None

    def home_of(self, symbol: str, paths: list[str]) -> str:
        """Return which of the files that define a symbol has the canonical definition: the registered one, else the
        one most imported at the baseline."""
        homes = self.canonical_paths(symbol) if symbol in self.registered else []
        return next((path for path in homes if path in paths), None) or self.ranking.best(symbol, paths)

    def file_of(self, module: str) -> str:
        """Return the file of a module named in the registry, "" when there is none."""
        [target] = self.answers.ask(_REGISTRY, Question(module, MODULE))
        return target.path

    def definitions(self, path: str, name: str) -> Iterator[Definition]:
        """Yield the definitions of a name on a file's module level that do not hang on a condition."""
        facts = self.files[path].facts
        rows: Sequence[Definition] = facts.definitions if facts else ()
        if len(rows) > _MANY_DEFINITIONS:
            rows = self.once(("definitions", path), partial(grouped, rows, attrgetter("name"))).get(name, ())
        for definition in rows:
            if definition.name == name and not definition.where & _HYPOTHETICAL:
                yield definition

    def definition(self, target: Target) -> Definition | None:
        """Return the definition that a name stands for in the end; None where there is none without a condition."""
        *_, last = (None, *self.definitions(target.path, target.name))
        return last

    # Following changes

    def replace(self, removed: Mapping[str, str], added: Mapping[str, str], files: Mapping[str, File]) -> None:
        """Take paths with their blobs out and others in; `files` are the Python files among those now there.

        A file that stays under another blob is in both.
        """
        touched = self.touched = Touched()
        self._once = {}
        before: dict[str, Status] = {}
        self._note(before, (*removed, *added))
        for path, blob in removed.items():
            self.tree.remove(path, blob)
        for path, blob in added.items():
            self.tree.add(path, blob)
        self._resolver.look_anew()
        marks = {mark_key(key) for key, status in before.items() if self.tree.status(key) != status}
        old = {path: self.files.pop(path) for path in removed if path in self.files}
        self.files.update(files)
        touched.bodies = follow_bodies(self.bodies, old, files)
        for path in old.keys() | files.keys():
            marks.update(self._follow(path, old.get(path), files.get(path)))
            self._index(path, old.get(path), files.get(path), touched)
        affected = self.answers.renew(marks)
        for asker in affected:
            if asker.startswith(_REGISTRY) and asker != _REGISTRY:
                touched.registry = True
                symbol = asker.removeprefix(_REGISTRY)
                touched.symbols.update(key for key in self.definers if key[1] == symbol)
        tops = {asker.removeprefix(_TOP) for asker in affected if asker.startswith(_TOP)}
        touched.files = {path for path in affected if path in self.files} | old.keys() | files.keys()
        touched.files.update(self._importing(tops))
        self._relink(touched)

    def settle(self) -> None:
        """Let go of what nobody needs, after the rules have looked."""
        self.touched, self._once = Touched(), {}
        self.answers.purge()
        self._resolver.look_anew()

    def _note(self, statuses: dict[str, Status], paths: Iterable[str]) -> None:
        """Write down what stands at all keys that adding or removing the paths can change."""
        for path in paths:
            for key in (path, key_of(path), *ancestors(path)):
                if key not in statuses:
                    statuses[key] = self.tree.status(key)

    def _follow(self, path: str, before: File | None, after: File | None) -> Iterator[str]:
        """Yield marks of what a file offers otherwise than before."""
        if before and after and before.facts is after.facts:
            return
        known = self._interfaces.forget(path)
        if self.answers.looked_at(mark_rest(path)):
            mine = known or (interface_of(before.facts) if before and before.facts else None)
            theirs = self._interfaces.get(path)
            if mine is None or theirs is None or not mine.same_rest(theirs):
                yield mark_rest(path)
            if mine and theirs:
                yield from (mark_name(path, name) for name in mine.differing(theirs))
        given, gives = self._provided(before), self._provided(after)
        for module in given ^ gives:
            (self._providers.add if module in gives else self._providers.discard)(module, path)
            yield mark_provided(module)

    @staticmethod
    def _provided(file: File | None) -> set[str]:
        """Return what a file gives to others; what tests put in place is for themselves."""
        facts = file.facts if file and file.scope == "production" else None
        return {*facts.virtual, *facts.patches} if facts else set()

    def _index(self, path: str, before: File | None, after: File | None, touched: Touched) -> None:
        """Bring `definers` up to date."""
        for file, keep in ((before, False), (after, True)):
            for name in self.definable(file):
                key = (file.service, name) if file else ("", name)
                (self.definers.add if keep else self.definers.discard)(key, path)
                touched.symbols.add(key)

    def definable(self, file: File | None) -> set[str]:
        """Return the names for which a production file is a place of definition: classes and registered functions."""
        if file is None or file.facts is None or file.scope != "production":
            return set()
        return {
            definition.name
            for definition in file.facts.definitions
            if not definition.where & _HYPOTHETICAL
            and (definition.traits & facts_of_blobs.IS_CLASS or definition.name in self.registered)
        }

    def _ask(self, path: str, question: Question) -> tuple[Target, ...]:
        """Ask for a file. Every file asks for the top-level names it imports, of which hardly one ever comes or goes:
        the files are not noted down for these, but looked for when one does."""
        module, names = question
        is_top = names == MODULE and module.isidentifier()
        return self.answers.ask(_TOP + module if is_top else path, question)

    def _importing(self, tops: set[str]) -> Iterator[str]:
        """Yield the files that import modules below any of these top-level names."""
        for path, file in self.files.items() if tops else ():
            if file.facts and any(not row.level and row.module.partition(".")[0] in tops for row in file.facts.imports):
                yield path

    def _relink(self, touched: Touched) -> None:
        removed: tuple[list[tuple[str, str]], ...] = ([], [])
        added: tuple[list[tuple[str, str]], ...] = ([], [])
        for path in touched.files:
            self.answers.forget(path)
            touched.instantiated |= self._count_instances(path)
            before = self.links.pop(path, NO_LINKS)
            file = self.files.get(path)
            after = NO_LINKS
            if file is not None and file.facts is not None:
                after = self.links[path] = link(path, file.facts, partial(self._ask, path))
            self._importers.update(after.symbols)
            self._importers.subtract(before.symbols)
            offers = (file.facts.exports, file.facts.reexports) if file and file.facts else (None, ())
            touched.sources |= self.sources.replace(path, before, after, offers)
            for tier, deferred in enumerate((False, True)):
                old, new = before.targets(deferred=deferred), after.targets(deferred=deferred)
                removed[tier].extend((path, target) for target in old - new)
                added[tier].extend((path, target) for target in new - old)
        for tier, cycles in enumerate((self.loading, self.calling)):
            if removed[tier] or added[tier]:
                touched.cyclic |= cycles.update(removed[tier], added[tier])

    def _count_instances(self, path: str) -> set[Symbol]:
        """Bring `instances` up to date; return the classes of which the file makes more or fewer than before."""
        file = self.files.get(path)
        rows = file.facts.instances if file and file.facts and file.scope == "production" else ()
        targets = (self.lookup(path, path, row.maker) for row in rows)
        made = ((target.path, target.name) for target in targets if target.traits & facts_of_blobs.IS_CLASS)
        return self.instances.replace(path, Counter(made))


_REGISTRY = "\0registry\0"
_TOP = "\0top\0"
# Of a file with more of them, one that has a name is not looked for among all.
_MANY_DEFINITIONS = 100
_HYPOTHETICAL = facts_of_blobs.CONDITIONAL | facts_of_blobs.TYPE_CHECKING
