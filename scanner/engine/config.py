"""truthline.toml: what a repository says about its services, scopes and canonical symbols."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import cast

from scanner.engine import globs
from scanner.engine.violation import Scope

FILE_NAME = "truthline.toml"

DEFAULT_SCOPES: dict[Scope, tuple[str, ...]] = {
    "tests": ("**/tests/**", "**/test_*.py", "**/conftest.py"),
    "scripts": ("scripts/**",),
    "archive": ("**/archive/**", "**/*backup*/**"),
    "generated": ("**/migrations/**",),
}
IMPORTANCES = (1, 2, 3, 5)
DEFAULT_IMPORTANCE = 1


class ConfigError(Exception):
    """The text is no valid configuration; `str()` is one sentence that names the key and its table."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """A registered symbol and the one module it is to be imported from; modules in `public` may re-export it."""

    symbol: str
    module: str
    public: tuple[str, ...] = ()
    importance: int = DEFAULT_IMPORTANCE


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A module nobody may import any more; `use` names its replacement, when there is one."""

    module: str
    use: str | None = None


_PHASE = re.compile(r"phase\s+(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Transitional:
    """A re-exporting module that may stay until a date or the end of a plan's phase."""

    module: str
    until: str


@dataclass(frozen=True, slots=True)
class Environment:
    """The modules that may read the process environment."""

    accessors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes from which a file is worth a remark, in lines."""

    file_lines: int = 2000


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """What one rule is told; `allow` holds dotted names it must not flag."""

    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """One epoch's configuration. Every value is immutable; `scopes` is in the order in which it is matched.

    `roots` are the folders where imports start ("" is the repository's root), or None while nobody has named them:
    `scanner.engine.suggestion.complete` then takes them from a tree's paths.
    """

    services: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    roots: tuple[str, ...] | None = None
    scopes: tuple[tuple[Scope, tuple[str, ...]], ...] = tuple(DEFAULT_SCOPES.items())
    canonical: tuple[Canonical, ...] = ()
    deprecated: tuple[Deprecated, ...] = ()
    transitional: tuple[Transitional, ...] = ()
    environment: Environment = Environment()
    limits: Limits = Limits()
    rules: Mapping[str, RuleOptions] = field(default_factory=dict)

    def scope_of(self, path: str) -> Scope:
        """Return the scope class of a path: the first glob that matches, in written order, else production."""
        scope = self._scope_by_path.get(path)
        if scope is None:
            match = self._scope_pattern.match(path)
            scope = cast(Scope, match.lastgroup) if match else "production"
            self._scope_by_path[path] = scope
        return scope

    def service_of(self, module: str) -> str:
        """Return the longest configured prefix (services and shared) of a dotted module name, else its first part."""
        prefix = module
        while prefix not in self._prefixes:
            prefix, dot, _ = prefix.rpartition(".")
            if not dot:
                return module.partition(".")[0]
        return prefix

    def options(self, rule: str) -> RuleOptions:
        """Return what the rule of that name was told."""
        return self.rules.get(rule, RuleOptions())

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits that are equal for configurations of equal meaning and differ for others."""
        return hashlib.blake2b(to_toml(self).encode(), digest_size=8).hexdigest()

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        return frozenset(self.services + self.shared)

    @cached_property
    def _scope_pattern(self) -> re.Pattern[str]:
        return globs.compile_classes(self.scopes)

    @cached_property
    def _scope_by_path(self) -> dict[str, Scope]:
        return {}

    def __hash__(self) -> int:
        return hash(self.digest)


def with_scopes(config: Config, written: Mapping[Scope, tuple[str, ...]]) -> Config:
    """Return the config with these classes matched first, in their order, and the absent ones at their defaults."""
    absent = {scope: patterns for scope, patterns in DEFAULT_SCOPES.items() if scope not in written}
    return replace(config, scopes=(*written.items(), *absent.items()))


def phase_of(until: str) -> str:
    """Return the phase that a transitional module may stay until, as plans number it, "" when that is a date."""
    found = _PHASE.fullmatch(until.strip())
    return found[1].casefold() if found else ""


def day_of(until: str) -> date | None:
    """Return the last day that a transitional module may stay; None for a phase."""
    try:
        return datetime.fromisoformat(until).date()
    except ValueError:
        return None


def with_finished(config: Config, finished: Mapping[str, str]) -> Config:
    """Return the config with the phases that are finished replaced by their days: phase → ISO date."""
    shims = tuple(replace(shim, until=finished.get(phase_of(shim.until), shim.until)) for shim in config.transitional)
    return replace(config, transitional=shims) if shims != config.transitional else config


def to_toml(config: Config, notes: Mapping[str, str] | None = None) -> str:
    """Return the text that `config_file.parse` reads back as an equal Config.

    `notes` are comments by what they stand above: "services", "scopes", a scope class, the name of a canonical symbol.
    """
    told = notes or {}
    lines = [*_note(told, "services"), f"services = {_array(config.services)}"]
    lines += [*_note(told, "shared"), f"shared = {_array(config.shared)}"]
    if config.roots is not None:
        lines += [*_note(told, "roots"), f"roots = {_array(config.roots)}"]
    lines += ["", "[scopes]"]
    for scope, patterns in config.scopes:
        lines += [*_note(told, scope), f"{scope} = {_array(patterns)}"]
    for symbol in config.canonical:
        lines += ["", *_note(told, symbol.symbol), "[[canonical]]"]
        lines += [f"symbol = {_text(symbol.symbol)}", f"module = {_text(symbol.module)}"]
        lines += [f"public = {_array(symbol.public)}"] if symbol.public else []
        lines.append(f"importance = {symbol.importance}")
    for old in config.deprecated:
        lines += ["", "[[deprecated]]", f"module = {_text(old.module)}"]
        lines += [f"use = {_text(old.use)}"] if old.use is not None else []
    for shim in config.transitional:
        lines += ["", "[[transitional]]", f"module = {_text(shim.module)}", f"until = {_text(shim.until)}"]
    if config.environment.accessors:
        lines += ["", "[environment]", f"accessors = {_array(config.environment.accessors)}"]
    lines += ["", "[limits]", f"file_lines = {config.limits.file_lines}"]
    for rule, options in sorted(config.rules.items()):
        lines += ["", f"[rules.{rule}]", f"allow = {_array(options.allow)}"]
    return "\n".join(lines) + "\n"


def _note(notes: Mapping[str, str], key: str) -> list[str]:
    """Return a comment's lines; what a repository's own names hold of control characters is escaped."""
    text = notes.get(key, "")
    shown = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text)
    lines = (textwrap.wrap(line, 110, break_long_words=False, break_on_hyphens=False) for line in shown.split("\n"))
    return [f"# {line}" for wrapped in lines for line in wrapped]


def _array(values: tuple[str, ...]) -> str:
    line = f"[{', '.join(map(_text, values))}]"
    if len(line) <= 66:
        return line
    return "[\n" + "".join(f"    {_text(value)},\n" for value in values) + "]"


def _text(value: str) -> str:
    """Return a TOML string; what a terminal would obey or not show is written by its number."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
