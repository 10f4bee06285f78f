"""What a rule reports: one violation of the single source of truth, and the name it keeps while lines move."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

Severity = Literal["critical", "high", "medium", "low", "info"]
Scope = Literal["production", "tests", "scripts", "archive", "generated"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
SCOPES: tuple[Scope, ...] = ("production", "tests", "scripts", "archive", "generated")


# Other places that a violation names at most: of ten thousand copies each would name all the others.
MAX_RELATED = 300


class Related(NamedTuple):
    """Another place that belongs to the violation: the canonical site, the next import of a cycle…"""

    path: str
    line: int
    label: str


class Waiver(NamedTuple):
    """A waiver written in the code. `until` is an ISO date, the last day on which it holds."""

    until: str
    reason: str

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day; which day it is, is the business of whoever shows the violation."""
        return day.isoformat() <= self.until


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding at one commit.

    `subject` is what the rule says the finding is about; together with the path, the enclosing
    qualified name and an ordinal it makes the fingerprint, which holds no line number.
    `identity` is (enclosing, subject, ordinal), so that the fingerprint under another path can be told.
    `line` is the line of the offending statement, 1-based. Paths that are not UTF-8 are
    escaped reversibly (`scanner.engine.git.decode_path`).
    """

    rule: str
    severity: Severity
    scope: Scope
    service: str
    symbol: str
    path: str
    line: int
    end_line: int
    message: str
    fingerprint: str
    canonical: str | None = None
    waived: Waiver | None = None
    related: tuple[Related, ...] = ()
    identity: tuple[str, str, int] = ("", "", 0)

    def waiver_on(self, day: date) -> Waiver | None:
        """Return the waiver in the code if it holds on that day."""
        return self.waived if self.waived and self.waived.holds_on(day) else None


def fingerprint(rule: str, path: str, enclosing: str, subject: str, ordinal: int = 0) -> str:
    """Return 32 hex digits that name a violation across commits: no line number goes in."""
    text = "\0".join((rule, path, enclosing, subject, str(ordinal)))
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
