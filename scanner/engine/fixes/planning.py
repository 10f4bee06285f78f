"""A violation → the move that repairs it, or the reason why nobody should do that without a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from scanner.engine.facts import DEFERRED, FALLBACK, GUARDED, Facts, Import
from scanner.engine.fixes.codebase import Codebase
from scanner.engine.fixes.messages import Check, Move
from scanner.engine.interface import ANY_NAME
from scanner.engine.modules import absolute
from scanner.engine.questions import Question, Target, module_named
from scanner.engine.violation import fingerprint

SPLIT = "split-import-source"
BY_NAME = frozenset({"non-canonical-import", SPLIT})
BY_MODULE = frozenset({"deprecated-import"})
RULES = BY_NAME | BY_MODULE


class Finding(Protocol):
    """What is asked of a violation, be it fresh or from the database."""

    @property
    def rule(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def canonical(self) -> str | None: ...


class Refused(Exception):
    """The import is not moved; `str()` says why, as the part of a sentence."""


class Planned(NamedTuple):
    """A move, the paths whose sources its checks speak of by index, and what is imported from then on: the file and
    the dotted name of the module."""

    move: Move
    sources: tuple[str, ...]
    home: str
    module: str


class _Place(NamedTuple):
    """A dotted module, and a name in it or ""."""

    module: str
    name: str


def plan(finding: Finding, codebase: Codebase) -> Planned:
    """Say how the import of a finding is to be moved. Raises Refused."""
    facts = codebase.facts(finding.path)
    if facts is None:
        raise Refused("the file cannot be parsed at this commit")
    if finding.rule not in RULES:
        raise Refused(f"{finding.rule} is not a rule whose findings are repaired by moving an import")
    row, name = _site(finding, facts)
    if finding.rule in BY_NAME:
        return _Planner(finding, codebase, row, name).by_name()
    return _Planner(finding, codebase, row, name).by_module()


def _site(finding: Finding, facts: Facts) -> tuple[Import, str]:
    """Find the statement and the name that a finding is about: its fingerprint tells them.

    A name that is imported several times, be it by one statement under several aliases, is told apart by ordinals.
    """
    most = sum(max(1, len(row.names)) for row in facts.imports)
    for row in facts.imports:
        if row.line != finding.line:
            continue
        module = "." * row.level + row.module
        subjects = {module: "", **{f"{module}:{name}": name for name, _ in row.names}}
        for subject, name in subjects.items():
            for ordinal in range(most):
                if fingerprint(finding.rule, finding.path, row.enclosing, subject, ordinal) == finding.fingerprint:
                    return row, name
    raise Refused("the import is not where the scan saw it")


class _Planner:
    def __init__(self, finding: Finding, codebase: Codebase, row: Import, name: str) -> None:
        self._finding = finding
        self._codebase = codebase
        self._row = row
        self._name = name
        self._path = finding.path
        self._module = codebase.modules.name_of(finding.path)
        self._written = absolute(finding.path, self._module, row.level, row.module)

    def by_name(self) -> Planned:
        """Move one name to where the finding says it is at home."""
        module, _, name = (self._finding.canonical or "").rpartition(".")
        if not module:
            raise Refused("nothing says where the name is at home")
        home = self._codebase.find(module, name)
        if home is None:
            raise Refused(f"{module} gives no {name}")
        if self._finding.rule == SPLIT:
            module, home = self._face(module, name, home)
        self._refuse_import_of_itself(home)
        self._refuse_second_fallback(module)
        return self._planned(_Place(module, name), [(self._name, home)], home.via, module)

    def _face(self, module: str, name: str, home: Target) -> tuple[str, Target]:
        """Return where a file outside takes a name of a private module from: the nearest package around that offers
        it; where none does, the module itself."""
        parts = module.split(".")
        private = next((depth for depth, part in enumerate(parts) if part.startswith("_")), len(parts))
        inside = ".".join(parts[:private])
        if private < len(parts) and not f"{self._module}.".startswith(f"{inside}."):
            for depth in range(private, 0, -1):
                package = ".".join(parts[:depth])
                found = self._codebase.find(package, name)
                if found is not None and (found.path, found.name) == (home.path, home.name):
                    return package, found
        return module, home

    def by_module(self) -> Planned:
        """Move an import to the replacement of a deprecated module, or to the same place below it."""
        use = self._finding.canonical
        if not use:
            raise Refused(f"the configuration names no replacement for {self._finding.symbol}")
        place = self._replacement(use)
        self._refuse_second_fallback(use)
        taken = self._row.names if not self._name else ()
        if any(name == "*" for name, _ in taken):
            raise Refused("a star import brings names that nobody sees here")
        dotted = f"{place.module}.{place.name}" if place.module and place.name else place.module or place.name
        home = self._codebase.find(dotted, "")
        if home is None:
            raise Refused(f"there is no module {dotted} in this repository")
        if self._row.where & GUARDED and self._codebase.find(self._written, "") is None:
            raise Refused("the import always fails so far and its failure is caught: code that never ran would run")
        self._refuse_import_of_itself(home)
        targets = []
        for name, _ in taken:
            target = self._codebase.find(dotted, name)
            if target is None:
                raise Refused(f"{dotted} has no {name}")
            targets.append((name, target))
        return self._planned(place, targets, home.path, dotted)

    def _replacement(self, use: str) -> _Place:
        """Say what takes the place of the module that is imported: the replacement, or what lies below it."""
        old, written = self._finding.symbol, self._written
        if self._name:
            written = f"{written}.{self._name}"
        if not f"{written}.".startswith(f"{old}."):
            written = self._reached_module()
        if not f"{written}.".startswith(f"{old}."):
            raise Refused(f"the import reaches {old} in a way that cannot be followed")
        dotted = use + written[len(old) :]
        if not self._name:
            return _Place(dotted, "")
        module, _, name = dotted.rpartition(".")
        return _Place(module, name)

    def _reached_module(self) -> str:
        """Return how the module is called that the import reaches under another name."""
        for row, name, target in self._codebase.links(self._path).imports:
            if row == self._row and name == (self._name or name):
                path = target.path if self._name else target.via
                if path:
                    return self._codebase.modules.name_of(path)
        return ""

    def _refuse_import_of_itself(self, home: Target) -> None:
        if self._path in (home.path, home.via):
            raise Refused("this module is the canonical one: it would import from itself")

    def _refuse_second_fallback(self, module: str) -> None:
        """Refuse where a guarded import and its fallback would become the same import."""
        mine, wanted = self._row, GUARDED if self._row.where & FALLBACK else FALLBACK
        if not mine.where & (GUARDED | FALLBACK):
            return
        bound = {alias for _, alias in mine.names} or {mine.alias or mine.module.partition(".")[0]}
        facts = self._codebase.facts(self._path)
        for row in facts.imports if facts else ():
            same = bound & ({alias for _, alias in row.names} or {row.alias or row.module.partition(".")[0]})
            named = {absolute(self._path, self._module, row.level, row.module)}
            named |= {f"{next(iter(named))}.{name}" for name, _ in row.names}
            if row.where & wanted and row.enclosing == mine.enclosing and same and module in named:
                raise Refused(f"line {row.line} already imports it from {module}: one of the two can go, by hand")

    def _planned(self, place: _Place, targets: list[tuple[str, Target]], home: str, dotted: str) -> Planned:
        row = self._row
        is_module = not row.names or (self._finding.rule in BY_MODULE and bool(self._name))
        level, module = 0, place.module
        if row.level:
            level, module = self._relative(place.module)
        sources = tuple(dict.fromkeys(target.path for _, target in targets if target.path and target.name))
        return Planned(
            Move(
                key=self._finding.fingerprint,
                line=row.line,
                level=row.level,
                module=row.module,
                name=self._name,
                to_level=level,
                to_module=module,
                to_name=place.name,
                is_module=is_module,
                deferred=bool(row.where & DEFERRED),
                watched=tuple(self._watched(is_module)),
                checks=tuple(self._checks(targets, sources)),
            ),
            sources,
            home,
            dotted,
        )

    def _watched(self, is_module: bool) -> Iterator[str]:
        if is_module:
            yield f"{self._written}.{self._name}" if self._name else self._written
        elif self._name:
            yield f"{self._written}.{self._name}"
        else:
            yield from (f"{self._written}.{name}" for name, _ in self._row.names)

    def _checks(self, targets: list[tuple[str, Target]], sources: tuple[str, ...]) -> Iterator[Check]:
        for name, target in dict(targets).items():
            before = self._before(name)
            is_other = before is not None and (before.path, before.name) != (target.path, target.name)
            other = f"{self._written}.{name}" if is_other else ""
            if other:
                self._refuse_test_of(self._written)
            source = sources.index(target.path) if target.path in sources else -1
            for bound in dict.fromkeys(bound for imported, bound in self._row.names if imported == name):
                if other:
                    self._refuse_confusion(bound, target)
                yield Check(bound, target.name, source, other)

    def _refuse_confusion(self, bound: str, target: Target) -> None:
        """Refuse to make one of two definitions that a file calls by different names."""
        for row, name, other in self._codebase.links(self._path).imports:
            if name and (other.path, other.name) == (target.path, target.name):
                called = dict(row.names).get(name, bound)
                if called != bound:
                    raise Refused(
                        f"line {row.line} imports the canonical one as {called}: the file tells the two apart"
                    )

    def _refuse_test_of(self, module: str) -> None:
        """Refuse to turn the tests of a module, told by their name, into tests of another one."""
        name = module.rpartition(".")[2]
        if self._path.rpartition("/")[2].startswith((f"test_{name}.", f"test_{name}_")):
            raise Refused(f"the file tests {module}, as its name says, and would test another definition")

    def _before(self, name: str) -> Target | None:
        """Return what a name means now."""
        module = module_named(self._path, self._row.level, self._row.module)
        target = self._codebase.ask(Question(module, (name,)))[0] if module is not None else None
        return target if target is not None and target.path else None

    def _relative(self, module: str) -> tuple[int, str]:
        """Write a module with dots where it lies in the same top package, as the import did so far."""
        package = self._module.split(".")
        if self._path.rpartition("/")[2] != "__init__.py":
            package.pop()
        parts = module.split(".")
        common = 0
        while common < min(len(package), len(parts)) and package[common] == parts[common]:
            common += 1
        if not common:
            return 0, module
        return len(package) - common + 1, ".".join(parts[common:])


def may_have(codebase: Codebase, module: str, name: str) -> bool:
    """Whether a module has a name, or makes up any when asked."""
    if codebase.find(module, name) is not None:
        return True
    target = codebase.find(module, "")
    facts = codebase.facts(target.path) if target is not None and target.path else None
    return facts is not None and bool(facts.module & ANY_NAME)
