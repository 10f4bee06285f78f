"""The promised JSON of a scan and of a history line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from scanner.engine.report import Report
from scanner.engine.score import AreaScore, Score, ServiceScore, key_of
from scanner.engine.timeline import Moment
from scanner.engine.violation import SCOPES, Violation

VERSION = "0.1.0"


def scan_document(report: Report) -> dict[str, Any]:
    """Return a scan as JSON data. `new` and `fixed` are empty without a revision to compare with."""
    coverage, compared = report.coverage, report.comparison
    return {
        "tool": {"name": "truthline", "version": VERSION, "ruleset": report.ruleset},
        "commit": report.commit,
        "epoch": report.epoch,
        "files": {
            "python": coverage.python,
            "analysed": coverage.analysed,
            "unparsable": coverage.unparsable,
            "skipped": coverage.skipped,
        },
        "score": {
            **_service(report.score),
            "services": {name: _service(service) for name, service in report.score.services.items()},
            "symbols": {name: _area(symbol) for name, symbol in report.score.symbols.items()},
        },
        "counts": counts(report.violations, report.score.rules),
        "violations": [violation_document(violation, report.score, report.day) for violation in report.violations],
        "new": sorted(violation.fingerprint for violation in compared.introduced) if compared else [],
        "fixed": sorted(violation.fingerprint for violation in compared.fixed) if compared else [],
    }


def history_line(moment: Moment, day: date) -> dict[str, Any]:
    """Return one commit of a history. The score is null where it must not be compared with the baseline's; waivers are
    told that hold on `day`."""
    step = moment.step
    return {
        "commit": step.commit.sha,
        "parent": step.commit.parent,
        "introduced": [violation_document(violation, moment.score, day) for violation in step.introduced],
        "fixed": list(step.fixed),
        "moved": [
            {"from": move.source, "to": violation_document(move.violation, moment.score, day)} for move in step.moved
        ],
        "score": moment.score.value if moment.comparable else None,
        "open": step.open,
    }


def violation_document(violation: Violation, score: Score, day: date) -> dict[str, Any]:
    """Return one violation; `points` is what it takes off the score, `waived` the waiver that holds on `day`."""
    waived = violation.waiver_on(day)
    return {
        "rule": violation.rule,
        "severity": violation.severity,
        "scope": violation.scope,
        "service": violation.service,
        "symbol": violation.symbol,
        "path": violation.path,
        "line": violation.line,
        "end_line": violation.end_line,
        "message": violation.message,
        "canonical": violation.canonical,
        "waived": waived._asdict() if waived else None,
        "fingerprint": violation.fingerprint,
        "points": float(score.share(key_of(violation))),
        "related": [related._asdict() for related in violation.related],
    }


def counts(violations: Iterable[Violation], rules: Mapping[str, str | None]) -> dict[str, dict[str, int]]:
    """Return how many violations each rule has in each scope, rules without any included."""
    table = {rule: dict.fromkeys(SCOPES, 0) for rule in sorted(rules)}
    for violation in violations:
        table.setdefault(violation.rule, dict.fromkeys(SCOPES, 0))[violation.scope] += 1
    return {rule: {str(scope): number for scope, number in row.items()} for rule, row in table.items()}


def _service(score: ServiceScore) -> dict[str, Any]:
    areas = {name: _area(area) for name, area in score.areas.items()}
    return {"value": score.value, "inconclusive": score.inconclusive, "areas": areas}


def _area(area: AreaScore) -> dict[str, Any]:
    return {"value": area.value, "d": area.d or 0, "v": float(area.v), "inconclusive": area.inconclusive}
