"""What a rule is, and the rules there are: every module in scanner.engine.rules holds one."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from functools import cache
from typing import ClassVar, NamedTuple

from scanner.engine import rules
from scanner.engine.config import Config
from scanner.engine.lookups import lookups
from scanner.engine.violation import MAX_RELATED, SCOPES, Related, Scope, Severity, Violation, fingerprint
from scanner.engine.world import World

# Raise it when the engine's reading of imports changes what rules report.
_ENGINE = 4

_LONGEST_TEXT = 2_000


class Finding(NamedTuple):
    """What a rule found in a file; what the rule and the world know is added to make a Violation of it.

    `subject` names what it is about, without a line number; `enclosing` is the qualified name around it.
    """

    path: str
    line: int
    end_line: int
    symbol: str
    subject: str
    message: str
    severity: Severity
    enclosing: str = ""
    canonical: str | None = None
    related: tuple[Related, ...] = ()


class Rule(ABC):
    """One rule. Its docstring is its documentation; `version` is raised when it reports something else. What an
    `announced` rule reports is shown and does not count in the score.

    A rule looks at its findings key by key; which keys there are is its own affair.
    """

    name: ClassVar[str]
    area: ClassVar[str | None]
    severity: ClassVar[Severity]
    version: ClassVar[int] = 1
    announced: ClassVar[bool] = False
    # Of a rule whose keys are files: the field of Facts that it reads, and the scopes in which it looks.
    rows: ClassVar[str] = ""
    scopes: ClassVar[tuple[Scope, ...]] = SCOPES

    def measures(self, config: Config) -> bool:  # noqa: ARG002
        """Whether the configuration gives the rule something to look for; else, that it found nothing says nothing."""
        return True

    def keys(self, world: World) -> Iterable[Hashable]:
        """Return the keys whose findings may have changed: unless a rule says otherwise, the files."""
        return world.touched.files

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        """Return those of the keys at which there may be findings, by a look that costs next to nothing.

        Most files have nothing to do with most rules.
        """
        if not self.rows and self.scopes is SCOPES:
            return keys
        files = ((key, world.files.get(str(key))) for key in keys)
        told = ((key, file) for key, file in files if file and file.facts and file.scope in self.scopes)
        return [key for key, file in told if not self.rows or getattr(file.facts, self.rows)]

    @abstractmethod
    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        """Return the findings of one key; none when what it names is gone."""

    def check(self, key: Hashable, world: World) -> Iterator[Violation]:
        """Yield the violations of one key; those that would have the same fingerprint are numbered by line."""
        ordinals: dict[tuple[str, str, str], int] = {}
        for finding in sorted(self.find(key, world), key=lambda finding: (finding.path, finding.line, finding.subject)):
            if self._is_allowed(finding, world):
                continue
            identity = (finding.path, finding.enclosing, finding.subject)
            ordinal = ordinals[identity] = ordinals.get(identity, -1) + 1
            yield self.violation(finding, ordinal, world)

    def violation(self, finding: Finding, ordinal: int, world: World) -> Violation:
        """Return a finding with what this rule and the world know; `ordinal` tells it from others of its identity."""
        file = world.files[finding.path]
        return Violation(
            rule=self.name,
            severity=finding.severity,
            scope=file.scope,
            service=file.service,
            symbol=_shown(finding.symbol),
            path=finding.path,
            line=finding.line,
            end_line=finding.end_line,
            message=_shown(finding.message),
            fingerprint=fingerprint(self.name, finding.path, finding.enclosing, finding.subject, ordinal),
            canonical=_shown(finding.canonical) if finding.canonical else None,
            waived=lookups(world).waiver(self.name, finding.path, finding.line),
            related=finding.related,
            identity=(finding.enclosing, finding.subject, ordinal),
        )

    def _is_allowed(self, finding: Finding, world: World) -> bool:
        """Whether `[rules.NAME] allow` of the configuration names the finding's module, or the definition around it
        or at it."""
        allowed = world.config.options(self.name).allow
        if not allowed:
            return False
        module = world.files[finding.path].module
        around = f"{module}.{finding.enclosing}" if finding.enclosing else module
        places = (f"{around}.", f"{around}.{finding.symbol}.", f"{module}.{finding.symbol}.")
        return any(place.startswith(f"{name}.") for name in allowed for place in places)


def related_to(home: Related, others: Sequence[Related], own: int) -> tuple[Related, ...]:
    """Return what the finding at `others[own]` names: the canonical place and the others, at most MAX_RELATED."""
    room = MAX_RELATED - 1
    return home, *others[: min(own, room)], *others[own + 1 : room + 1]


def unlisted(others: Sequence[Related]) -> str:
    """Return the sentence that says how many places such a finding leaves out, "" when it names them all."""
    left = len(others) - MAX_RELATED
    return f" Places not listed: {left:,}." if left > 0 else ""


def _shown(text: str) -> str:
    """Return what is kept of a text that holds names: one of a million letters is no help to anybody."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


@cache
def all_rules() -> dict[str, Rule]:
    """Return every rule by its name, in the order of names."""
    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(value) and issubclass(value, Rule) and value.__module__ == module.name:
                found[value.name] = value()
    return dict(sorted(found.items()))


def areas() -> dict[str, str | None]:
    """Return the area each rule counts in; None for one that is announced, never scored, or counts in every area."""
    return {name: None if rule.announced else rule.area for name, rule in all_rules().items()}


@cache
def ruleset() -> str:
    """Return eight hex digits that change when a rule comes, goes or reports something else."""
    text = " ".join(
        [str(_ENGINE), *(f"{name}:{rule.version}{'a' * rule.announced}" for name, rule in all_rules().items())]
    )
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
