"""Predicates as people write them: `all(path_absent(scripts/old.py), count(rule=import-cycle) < start)`."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

from dashboard.predicates import MAX_PARTS, MAX_TEXT, Op, Predicate, PredicateError, parse


def from_text(source: str) -> Predicate:
    """Read what a person wrote. Raises PredicateError."""
    if len(source) > 4 * MAX_TEXT:
        raise PredicateError(f"A predicate has at most {4 * MAX_TEXT} characters.")
    reader = _Reader(source)
    result = parse(reader.predicate(0))
    reader.end()
    return result


_TOKEN = re.compile(r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<op><=|>=|==|[<>(),=])|(?P<word>[^\s"(),=<>]+))')


class _Reader:
    """Reads tokens into the JSON form, which parse() then checks."""

    def __init__(self, source: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        source = source.strip()
        while at < len(source):
            found = _TOKEN.match(source, at)
            if found is None or found.lastgroup is None:
                raise PredicateError(f"There is no sense in {source[at : at + 40]!r}.")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _take(self, *wanted: str) -> str:
        token = self._peek()
        if not token or (wanted and token not in wanted):
            raise PredicateError(f"Expected {' or '.join(wanted) or 'more'} instead of {token[:60] or 'the end'!r}.")
        self.at += 1
        return token

    def _value(self) -> str:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        token = self._take()
        if kind == "op":
            raise PredicateError(f"Expected a value instead of {token!r}.")
        if kind != "string":
            return token
        try:
            return str(json.loads(token))
        except ValueError:
            raise PredicateError(f"{token[:60]} is not a quoted text.") from None

    def end(self) -> None:
        if self._peek():
            raise PredicateError(f"{self._peek()[:60]!r} is more than a predicate.")

    def predicate(self, depth: int) -> dict[str, Any]:
        if depth > MAX_PARTS:
            raise PredicateError("The parts are nested too deep.")
        kind = self._take("path_absent", "count", "no_new", "score", "manual", "all")
        if kind == "manual":
            return {"kind": kind}
        if kind == "score":
            return {"kind": kind, **self._comparison()}
        self._take("(")
        data: dict[str, Any] = {"kind": kind}
        if kind == "path_absent":
            data["glob"] = self._value()
        elif kind == "all":
            data["of"] = [self.predicate(depth + 1)]
            while self._peek() == ",":
                self._take(",")
                data["of"].append(self.predicate(depth + 1))
        else:
            data |= self._named()
        self._take(")")
        return data | (self._comparison() if kind == "count" else {})

    def _named(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while self._peek() not in {")", ""}:
            name = self._value()
            if name == "plan":
                data["plan"] = True
            elif self._peek() == "=":
                self._take("=")
                data[name] = self._value()
            else:
                data["rule"] = name
            if self._peek() != ")":
                self._take(",")
        return data

    def _comparison(self) -> dict[str, Any]:
        op = self._take(*get_args(Op), "=")
        op = "==" if op == "=" else op
        word = self._value()
        if word == "start":
            return {"op": op, "start": True}
        try:
            return {"op": op, "n": float(word.removesuffix("%"))}
        except ValueError:
            raise PredicateError(f"Expected a number or start instead of {word[:60]!r}.") from None
