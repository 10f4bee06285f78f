"""A scan as SARIF 2.1.0, within the limits of GitHub's code scanning.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from scanner.engine.documentation import CODE, Block, RulePage, everything
from scanner.engine.formats import VERSION
from scanner.engine.git import encode_path
from scanner.engine.report import Report
from scanner.engine.score import key_of, quarters
from scanner.engine.violation import SEVERITIES, Severity, Violation

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub refuses a run with more results, and shows no more locations of one.
MOST_RESULTS = 25_000
MOST_RELATED = 100
_ROOT = "%SRCROOT%"
_LEVELS: dict[Severity, str] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}  # fmt: skip
# What GitHub calls them in its list of alerts.
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}


def sarif_document(report: Report) -> dict[str, Any]:
    """Return a scan as a SARIF log of one run. Results stand worst first; those that are gone since the commit it was
    compared with come last."""
    pages = everything()
    places = {page.name: index for index, page in enumerate(pages)}
    results = list(_results(report, places))
    run = {
        "tool": {
            "driver": {
                "name": "truthline",
                "semanticVersion": VERSION,
                "version": VERSION,
                "rules": [_rule(page) for page in pages],
                "properties": {"ruleset": report.ruleset},
            }
        },
        "automationDetails": {"id": "truthline/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": list(_notifications(report, len(results))),
            }
        ],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "results": results[:MOST_RESULTS],
        "properties": _measures(report),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results(report: Report, places: dict[str, int]) -> Iterator[dict[str, Any]]:
    compared = report.comparison
    fresh = {violation.fingerprint for violation in compared.introduced} if compared else set()
    for violation in sorted(report.violations, key=_rank):
        result = _result(violation, report, places)
        if compared:
            result["baselineState"] = "new" if violation.fingerprint in fresh else "unchanged"
        yield result
    for violation in sorted(compared.fixed, key=_rank) if compared else ():
        yield {**_result(violation, report, places), "baselineState": "absent"}


def _rank(violation: Violation) -> tuple[int, int, str, int, str]:
    weight = quarters(violation.severity, violation.scope)
    return -weight, SEVERITIES.index(violation.severity), violation.path, violation.line, violation.fingerprint


def _result(violation: Violation, report: Report, places: dict[str, int]) -> dict[str, Any]:
    waiver = violation.waiver_on(report.day)
    known = {"ruleIndex": places[violation.rule]} if violation.rule in places else {}
    left_out = max(0, len(violation.related) - MOST_RELATED)
    return {
        "ruleId": violation.rule,
        **known,
        "level": _LEVELS[violation.severity],
        "message": {"text": violation.message or violation.rule},
        "locations": [{"physicalLocation": _place(violation.path, violation.line, violation.end_line)}],
        "relatedLocations": [
            {"id": number, "physicalLocation": _place(path, line, line), "message": {"text": label}}
            for number, (path, line, label) in enumerate(violation.related[:MOST_RELATED], 1)
        ],
        # GitHub tells findings of two commits apart by the one name, everybody else may by the other.
        "partialFingerprints": {
            "primaryLocationLineHash": violation.fingerprint,
            "truthlineFingerprint/v1": violation.fingerprint,
        },
        "suppressions": [
            {"kind": "inSource", "status": "accepted", "justification": f"{waiver.reason} (until {waiver.until})"}
        ]
        if waiver
        else [],
        "properties": {
            "severity": violation.severity,
            "scope": violation.scope,
            "service": violation.service,
            "symbol": violation.symbol,
            "canonical": violation.canonical,
            "points": float(report.score.share(key_of(violation))),
            **({"relatedLocationsLeftOut": left_out} if left_out else {}),
        },
    }


def _place(path: str, line: int, end_line: int) -> dict[str, Any]:
    first = max(line, 1)
    return {
        "artifactLocation": {"uri": quote(encode_path(path), safe="/"), "uriBaseId": _ROOT},
        "region": {"startLine": first, "endLine": max(end_line, first)},
    }


def _rule(page: RulePage) -> dict[str, Any]:
    level = _LEVELS[page.severity]
    return {
        "id": page.name,
        "name": "".join(word.capitalize() for word in page.name.split("-")),
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": _described(page)},
        "help": {"text": _help(page, "{title}"), "markdown": _help(page, "## {title}")},
        "defaultConfiguration": {"level": level},
        "properties": {
            "area": page.area,
            "severity": page.severity,
            "announced": page.announced,
            "problem.severity": _PROBLEMS[level],
            "tags": ["maintainability", page.area],
        },
    }


def _described(page: RulePage) -> str:
    found = (block.text for part in page.parts if part.title == "What it does" for block in part.blocks)
    return next((text for text in found if text), page.summary)


def _help(page: RulePage, head: str) -> str:
    """Return a rule's documentation as text, or as Markdown when its heads are."""
    pieces = []
    for part in page.parts:
        if part.title:
            pieces.append(head.format(title=part.title))
        fenced = head.startswith("#") and part.title in CODE
        pieces += [f"```python\n{block.text}\n```" if fenced else _written(block) for block in part.blocks]
    return "\n\n".join(pieces)


def _written(block: Block) -> str:
    return "\n".join(f"- {row}" for row in block.rows) or block.text


def _notifications(report: Report, results: int) -> Iterator[dict[str, Any]]:
    for note in report.notes:
        yield _notification(note, "note")
    if report.score.inconclusive:
        read = report.coverage.scored
        yield _notification(
            f"Inconclusive: {read.analysed:,} of {read.files:,} files could be analysed, less than 99 %.", "warning"
        )
    if results > MOST_RESULTS:
        left = f"{results - MOST_RESULTS:,} of {results:,}"
        yield _notification(f"Left out, as of least weight: {left} results.", "warning")


def _notification(text: str, level: str) -> dict[str, Any]:
    return {"message": {"text": text}, "level": level}


def _measures(report: Report) -> dict[str, Any]:
    coverage, score = report.coverage, report.score
    return {
        "commit": report.commit,
        "scanned": report.kind,
        "since": report.comparison.since if report.comparison else None,
        "epoch": report.epoch,
        "score": score.value,
        "inconclusive": score.inconclusive,
        "areas": {name: area.value for name, area in score.areas.items()},
        "files": _only(coverage, ("python", "analysed", "unparsable", "skipped")),
    }


def _only(values: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(values, name) for name in names}
