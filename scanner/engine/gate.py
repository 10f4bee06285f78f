"""Whether a scan may pass: what fails a gate, and when a scan says too little to be passed."""

from __future__ import annotations

from typing import Literal

from scanner.engine.report import Report
from scanner.engine.score import areas_of, quarters
from scanner.engine.violation import Violation

Gate = Literal["new", "any", "never"]
Verdict = Literal["passed", "failed", "inconclusive"]


def failing(report: Report, gate: Gate) -> list[Violation]:
    """Return the violations that fail a gate: of all, or of the new ones, those that are scored and not waived."""
    compared = report.comparison.introduced if report.comparison else ()
    watched = {"any": report.violations, "new": compared, "never": ()}[gate]
    return [violation for violation in watched if counts(violation, report) and not violation.waiver_on(report.day)]


def counts(violation: Violation, report: Report) -> bool:
    """Whether a violation is scored: of an announced rule, or in an archive, it is only shown."""
    scored = areas_of(violation.rule, report.score.rules)
    return bool(scored and quarters(violation.severity, violation.scope))


def judge(report: Report, gate: Gate) -> Verdict:
    """Return a gate's verdict; one that nobody asked for is passed."""
    if gate == "never":
        return "passed"
    if failing(report, gate):
        return "failed"
    return "inconclusive" if report.score.inconclusive else "passed"
