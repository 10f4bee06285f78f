"""Reading truthline.toml strictly: an unknown key or a wrong type is one clear sentence, never ignored."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from scanner.engine.config import (
    DEFAULT_IMPORTANCE,
    DEFAULT_SCOPES,
    IMPORTANCES,
    Canonical,
    Config,
    ConfigError,
    Deprecated,
    Environment,
    Limits,
    RuleOptions,
    Transitional,
    with_scopes,
)
from scanner.engine.rule import all_rules

MAX_BYTES = 256 * 1024
DOTTED = r"[^\s./\\]+(\.[^\s./\\]+)*"
_TOP = "at the top level"
_KEYS = (
    "services",
    "shared",
    "roots",
    "scopes",
    "canonical",
    "deprecated",
    "transitional",
    "environment",
    "limits",
    "rules",
)
_Entry = TypeVar("_Entry")
_Kind = TypeVar("_Kind")


def parse(source: str | bytes) -> Config:
    """Return the configuration written in `source` (TOML, UTF-8).

    Raises ConfigError with one sentence: broken TOML with line and column, else the key and the table it stands in.
    """
    table = _Table(_TOP, _load(source), _KEYS)
    scopes = table.table("scopes", tuple(DEFAULT_SCOPES))
    config = Config(
        services=table.names("services"),
        shared=table.names("shared"),
        roots=table.strings("roots", check=_root) if "roots" in table else None,
        canonical=tuple(table.entries("canonical", ("symbol", "module", "public", "importance"), _canonical)),
        deprecated=tuple(table.entries("deprecated", ("module", "use"), _deprecated)),
        transitional=tuple(table.entries("transitional", ("module", "until"), _transitional)),
        environment=Environment(table.table("environment", ("accessors",)).names("accessors")),
        limits=Limits(table.table("limits", ("file_lines",)).positive("file_lines", Limits().file_lines)),
        rules={name: RuleOptions(options.names("allow")) for name, options in _rules(table)},
    )
    return with_scopes(config, {scope: scopes.strings(scope, check=glob) for scope in scopes if scope in scopes})


def _load(source: str | bytes) -> dict[str, Any]:
    if len(source) > MAX_BYTES:
        raise ConfigError(f"the file is larger than {MAX_BYTES // 1024} KiB")
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source.removeprefix("\ufeff")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ConfigError(f"the file is not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise ConfigError("not valid TOML: brackets are nested too deeply") from None
    except ValueError as error:
        raise ConfigError(f"not valid TOML: {error}") from None


class _Table:
    """One TOML table: `where` is how a person would call it. Every key it holds is known."""

    def __init__(self, where: str, values: object, known: tuple[str, ...]) -> None:
        self.where = where
        self._values = _typed(values, dict, where.removeprefix("in "), "a table")
        for key in self._values:
            if known and key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}"
                raise ConfigError(f'unknown key "{_shown(key)}" {where}; {hint}')

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def _name(self, key: str) -> str:
        return f'"{key}" {self.where}'

    def strings(self, key: str, check: Callable[[str], str]) -> tuple[str, ...]:
        """Return a list of texts, each as `check` returns it; `check` raises ValueError with what is wrong."""
        values = _typed(self._values.get(key, []), list, self._name(key), "a list of texts")
        return tuple(_checked(value, f"every entry of {self._name(key)}", check) for value in values)

    def names(self, key: str) -> tuple[str, ...]:
        return self.strings(key, check=dotted)

    def text(self, key: str, check: Callable[[str], str]) -> str:
        if key not in self._values:
            raise ConfigError(f'the key "{key}" is missing {self.where}')
        return _checked(self._values[key], self._name(key), check)

    def positive(self, key: str, default: int) -> int:
        value = _typed(self._values.get(key, default), int, self._name(key), "a whole number")
        if value < 1:
            raise ConfigError(f"{self._name(key)} must be 1 or more, not {value}")
        return value

    def table(self, key: str, known: tuple[str, ...], where: str = "") -> _Table:
        values = _typed(self._values.get(key, {}), dict, self._name(key), "a table")
        return _Table(where or f"in [{key}]", values, known)

    def entries(self, key: str, known: tuple[str, ...], read: Callable[[_Table], _Entry]) -> Iterator[_Entry]:
        values = _typed(self._values.get(key, []), list, self._name(key), f"a list of tables, written [[{key}]]")
        seen = []
        for number, value in enumerate(values, 1):
            where = f"in [[{key}]] number {number}"
            seen.append(read(_Table(where, value, known)))
            if seen[-1] in seen[:-1]:
                raise ConfigError(f"[[{key}]] number {number} repeats number {seen.index(seen[-1]) + 1}")
        yield from seen


def _canonical(table: _Table) -> Canonical:
    importance = table.positive("importance", DEFAULT_IMPORTANCE)
    if importance not in IMPORTANCES:
        choice = ", ".join(map(str, IMPORTANCES))
        raise ConfigError(f'"importance" {table.where} must be one of {choice}, not {importance}')
    return Canonical(table.text("symbol", dotted), table.text("module", dotted), table.names("public"), importance)


def _deprecated(table: _Table) -> Deprecated:
    return Deprecated(table.text("module", dotted), table.text("use", dotted) if "use" in table else None)


def _transitional(table: _Table) -> Transitional:
    return Transitional(table.text("module", dotted), table.text("until", _filled))


def _rules(table: _Table) -> Iterator[tuple[str, _Table]]:
    rules = table.table("rules", tuple(all_rules()))
    for name in rules:
        yield name, rules.table(name, ("allow",), where=f"in [rules.{name}]")


def _typed(value: object, kind: type[_Kind], name: str, wanted: str) -> _Kind:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise ConfigError(f"{name} must be {wanted}, not {_kind_name(value)}")
    return value


def _checked(value: object, name: str, check: Callable[[str], str]) -> str:
    if isinstance(value, datetime.date) and check is _filled:
        return value.isoformat()
    try:
        return check(_typed(value, str, name, "text in quotes"))
    except ValueError as error:
        raise ConfigError(f'{name} {error}, not "{_shown(str(value))}"') from None


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def dotted(value: str) -> str:
    """Return a dotted name as it is. Raises ValueError with what it must be."""
    if not re.fullmatch(DOTTED, value):
        raise ValueError("must be a dotted name such as package.module")
    return value


def glob(value: str) -> str:
    """Return a glob as it is. Raises ValueError with what it must be."""
    if not value or value.startswith(("/", "./", "../")):
        raise ValueError("must be a glob that starts at the repository's root, such as tests/**")
    return value


def _root(value: str) -> str:
    parts = [part for part in value.split("/") if part not in {"", "."}]
    if value.startswith("/") or ".." in parts:
        raise ValueError("must be a folder inside the repository")
    return "/".join(parts)


def _shown(value: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in value[:80])


def _kind_name(value: object) -> str:
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a decimal number"),
        (str, "text"),
        (list, "a list"),
        (dict, "a table"),
        ((datetime.date, datetime.time), "a date or time"),
    ]
    return next(name for kind, name in kinds if isinstance(value, kind))
