"""The language a criterion is bound in: what a machine can look up in the tree and its history.

JSON is what is stored, text is what people read and write: `count(rule=import-cycle, scope=production) < start`
(dashboard.predicate_text reads it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from scanner.engine.violation import SCOPES

Op = Literal["<", "<=", "==", ">=", ">"]
Bound = float | Literal["start"]

FILTERS = ("rule", "symbol", "path", "scope", "service")
MAX_TEXT = 500
MAX_PARTS = 20


class PredicateError(Exception):
    """Not a predicate; `str()` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which violations are counted; empty fields take any. `path` is a glob; `plan`: those that the plan names."""

    rule: str = ""
    symbol: str = ""
    path: str = ""
    scope: str = ""
    service: str = ""
    plan: bool = False


@dataclass(frozen=True, slots=True)
class PathAbsent:
    """No file of the tree matches the glob."""

    glob: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many violations are open, against a number or against the count at the plan's start."""

    filters: Filters
    op: Op
    bound: Bound


@dataclass(frozen=True, slots=True)
class NoNew:
    """Nothing is open that was not there at the plan's start."""

    filters: Filters


@dataclass(frozen=True, slots=True)
class Score:
    """The plan score, from 0 to 100."""

    op: Op
    bound: Bound


@dataclass(frozen=True, slots=True)
class Manual:
    """A person says so, with evidence."""


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Predicate, ...]


Predicate = PathAbsent | Count | NoNew | Score | Manual | All


def parse(data: object, depth: int = 0) -> Predicate:
    """Read the stored form. Raises PredicateError."""
    if not isinstance(data, Mapping):
        raise PredicateError("A predicate is an object with a kind.")
    rest = dict(data)
    kind = rest.pop("kind", None)
    result: Predicate
    if kind == "path_absent":
        result = PathAbsent(_glob(rest.pop("glob", "")))
    elif kind == "count":
        result = Count(_filters(rest), _op(rest), _bound(rest, "count"))
    elif kind == "no_new":
        result = NoNew(_filters(rest))
    elif kind == "score":
        result = Score(_op(rest), _bound(rest, "score"))
    elif kind == "manual":
        result = Manual()
    elif kind == "all":
        result = All(_parts(rest.pop("of", None), depth))
    else:
        raise PredicateError(f"There is no predicate of the kind {str(kind)[:60]!r}.")
    if rest:
        raise PredicateError(f"{kind} has no {str(min(map(str, rest)))[:60]!r}.")
    return result


def to_json(predicate: Predicate) -> dict[str, Any]:
    """Return the form that is stored."""
    match predicate:
        case PathAbsent(glob):
            return {"kind": "path_absent", "glob": glob}
        case Count(filters, op, bound):
            return {"kind": "count", **_set(filters), "op": op, **_bound_json(bound)}
        case NoNew(filters):
            return {"kind": "no_new", **_set(filters)}
        case Score(op, bound):
            return {"kind": "score", "op": op, **_bound_json(bound)}
        case All(parts):
            return {"kind": "all", "of": [to_json(part) for part in parts]}
        case Manual():
            return {"kind": "manual"}


def text(predicate: Predicate) -> str:
    """Return the predicate as people read and write it."""
    match predicate:
        case PathAbsent(glob):
            return f"path_absent({_quoted(glob)})"
        case Count(filters, op, bound):
            return f"count({_arguments(filters)}) {op} {number(bound)}"
        case NoNew(filters):
            return f"no_new({_arguments(filters)})"
        case Score(op, bound):
            return f"score {op} {number(bound)}"
        case All(parts):
            return f"all({', '.join(map(text, parts))})"
        case Manual():
            return "manual"


def number(bound: Bound) -> str:
    """Return a bound or a value in as few digits as it has."""
    return "start" if bound == "start" else f"{bound:.10g}"


def leaves(predicate: Predicate) -> Iterator[Predicate]:
    """Yield the predicate, or the parts of an `all`, however deep."""
    if isinstance(predicate, All):
        for part in predicate.parts:
            yield from leaves(part)
    else:
        yield predicate


def is_relative(predicate: Predicate) -> bool:
    """Whether it compares with the plan's start, and so says nothing of commits before it."""
    return any(
        isinstance(leaf, NoNew) or (isinstance(leaf, Count | Score) and leaf.bound == "start")
        for leaf in leaves(predicate)
    )


def is_path(value: str) -> bool:
    """Whether a text can be a path or glob of a tree."""
    return 0 < len(value) <= MAX_TEXT and value.isprintable() and value[0] != "/" and ".." not in value.split("/")


def _glob(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise PredicateError(f"A path is a text of 1 to {MAX_TEXT} characters.")
    if not is_path(value):
        raise PredicateError("A path is written from the repository's root, without a leading slash and without ...")
    return value


def _filters(rest: dict[str, Any]) -> Filters:
    chosen: dict[str, str] = {}
    for name in FILTERS:
        value = rest.pop(name, "")
        if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
            raise PredicateError(f"{name} is a text of at most {MAX_TEXT} characters.")
        chosen[name] = value
    if chosen["path"]:
        _glob(chosen["path"])
    if chosen["scope"] and chosen["scope"] not in SCOPES:
        raise PredicateError(f"There is no scope {chosen['scope'][:60]!r}: it is one of {', '.join(SCOPES)}.")
    plan = rest.pop("plan", False)
    if not isinstance(plan, bool):
        raise PredicateError("plan is true or absent.")
    return Filters(**chosen, plan=plan)


def _op(rest: dict[str, Any]) -> Op:
    op = rest.pop("op", None)
    if op not in get_args(Op):
        raise PredicateError(f"{str(op)[:20]!r} compares nothing: use one of {' '.join(get_args(Op))}.")
    return cast("Op", op)


def _bound(rest: dict[str, Any], kind: str) -> Bound:
    start, n = rest.pop("start", False), rest.pop("n", None)
    if start is True and n is None:
        return "start"
    most = 100 if kind == "score" else 1_000_000_000
    if start or isinstance(n, bool) or not isinstance(n, int | float) or not 0 <= n <= most:
        raise PredicateError(f"A {kind} is compared with start or with a number from 0 to {most}.")
    return float(n)


def _parts(of: object, depth: int) -> tuple[Predicate, ...]:
    if not isinstance(of, list) or not 0 < len(of) <= MAX_PARTS or depth >= 3:
        raise PredicateError(f"all takes 1 to {MAX_PARTS} predicates, nested at most three deep.")
    return tuple(parse(part, depth + 1) for part in of)


def _set(filters: Filters) -> dict[str, Any]:
    named: dict[str, Any] = {name: value for name in FILTERS if (value := getattr(filters, name))}
    return named | ({"plan": True} if filters.plan else {})


def _bound_json(bound: Bound) -> dict[str, Any]:
    return {"start": True} if bound == "start" else {"n": int(bound) if bound == int(bound) else bound}


def _arguments(filters: Filters) -> str:
    named = [f"{name}={_quoted(value)}" for name, value in _set(filters).items() if name != "plan"]
    return ", ".join([*named, *(["plan"] if filters.plan else [])])


def _quoted(value: str) -> str:
    return value if re.fullmatch(r'[^\s"(),=<>]+', value) and value != "plan" else json.dumps(value, ensure_ascii=False)
