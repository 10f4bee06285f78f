"""A scan as text for a terminal, 80 columns wide unless a path needs more."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from scanner.engine.config import to_toml
from scanner.engine.formats import counts
from scanner.engine.gate import Gate, failing, judge
from scanner.engine.printable import visible
from scanner.engine.report import Report
from scanner.engine.rule import all_rules
from scanner.engine.score import AREA_WEIGHTS, AreaScore, ServiceScore, key_of, quarters, shown
from scanner.engine.trees import NO_COMMIT
from scanner.engine.violation import SCOPES, Violation

WIDTH = 80
EACH = 3
SERVICES = 8
_COLOURS = {"critical": "31;1", "high": "31", "medium": "33", "low": "36", "info": "2", "title": "1", "quiet": "2"}
_COLUMNS = dict(zip(SCOPES, (12, 8, 10, 10, 11), strict=True))


def scan_text(report: Report, name: str, *, gate: Gate = "never", colour: bool = False) -> str:
    """Return the scan of the repository called `name`; `colour` for a terminal that shows ANSI colours."""
    page = _Page(report, colour)
    blocks = [page.head(name), page.areas(), page.services(), page.symbols(), page.rules(), page.worst()]
    blocks += [page.configuration(), page.compared(), page.verdict(gate)]
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block))) + "\n"


class _Page:
    """The blocks of the page, each a sequence of lines."""

    def __init__(self, report: Report, colour: bool) -> None:
        self.report = report
        self.score = report.score
        self.colour = colour

    def head(self, name: str) -> Iterator[str]:
        yield f"{self._in('title', visible(name))} {self._scanned()}"
        yield self._files()
        yield ""
        if self.score.value is None:
            yield self._in("title", "Not measured: there is no production Python code at this commit.")
            return
        value = self._in("title", f"Score {shown(self.score.value)} of 100")
        yield f"{value}, weighted debt {_debt(self.score.debt)}"
        waived = sum(violation.waiver_on(self.report.day) is not None for violation in self.report.violations)
        if waived and self.report.with_waivers.value is not None:
            yield f"with {waived} waived in the code {shown(self.report.with_waivers.value)}"
        if self.score.inconclusive:
            yield self._in("high", "Inconclusive: less than 99 % of the files could be analysed.")

    def areas(self) -> Iterator[str]:
        if self.score.value is None:
            return
        yield self._in("quiet", f"{'area':<20}{'score':>14}{'D':>10}{'debt V':>12}{'weight':>10}")
        for name, area in self.score.areas.items():
            d = "" if area.d is None else f"{area.d:,}"
            yield f"{name:<20}{_value(area):>14}{d:>10}{_debt(area.v):>12}{AREA_WEIGHTS[name]:>10}"
        yield self._in("quiet", "score = 100 · D / (D + V); the repository's is the weighted mean of its areas")

    def services(self) -> Iterator[str]:
        """The services, worst first, when there are several."""
        measured = [(part.exact, name, part) for name, part in self.score.services.items() if part.exact is not None]
        if len(measured) < 2:
            return
        yield self._in("quiet", f"{'service':<44}{'score':>14}{'debt V':>12}")
        for _, name, service in sorted(measured, key=lambda item: item[:2])[:SERVICES]:
            debt = sum((area.v for area in service.areas.values()), Fraction(0))
            yield f"{_cut(name, 44)}{_value(service):>14}{_debt(debt):>12}"
        if len(measured) > SERVICES:
            yield self._in("quiet", f"and {len(measured) - SERVICES} more")

    def symbols(self) -> Iterator[str]:
        if self.score.symbols:
            yield self._in("quiet", f"{'canonical symbol':<44}{'score':>14}{'debt V':>12}")
        for name, symbol in self.score.symbols.items():
            yield f"{_cut(name, 44)}{_value(symbol):>14}{_debt(symbol.v):>12}"

    def rules(self) -> Iterator[str]:
        points: dict[str, Fraction] = {}
        for key, number in Counter(map(key_of, self.report.violations)).items():
            points[key.rule] = points.get(key.rule, Fraction(0)) + number * self.score.share(key)
        heads = "".join(f"{scope:>{width}}" for scope, width in _COLUMNS.items())
        yield self._in("quiet", f"{'violations':<21}{heads}{'points':>8}")
        table = counts(self.report.violations, self.score.rules)
        config = self.report.settings.config
        unmeasured = {name for name, rule in all_rules().items() if not rule.measures(config)}
        for rule in sorted(table, key=lambda rule: (-points.get(rule, 0), rule)):
            if rule in unmeasured:
                yield self._in("quiet", _cut(rule, 21) + "not measured: the configuration names nothing to look for")
                continue
            cells = "".join(f"{table[rule][scope]:>{width},}" for scope, width in _COLUMNS.items())
            yield f"{_cut(rule, 21)}{cells}{_points(points.get(rule, Fraction(0))):>8}"

    def worst(self) -> Iterator[str]:
        scored = [v for v in self.report.violations if quarters(v.severity, v.scope)]
        if not scored:
            return
        shares = {key: (-self.score.share(key), -quarters(key.severity, key.scope)) for key in set(map(key_of, scored))}
        places = {share: place for place, share in enumerate(sorted(set(shares.values())))}
        scored.sort(key=lambda v: places[shares[key_of(v)]])
        of_rule: Counter[str] = Counter()
        worst = []
        for violation in scored:
            of_rule[violation.rule] += 1
            if of_rule[violation.rule] <= EACH:
                worst.append(violation)
        more = f", at most {EACH} of a rule; all {len(scored):,} with --format json" if worst != scored else ""
        yield self._in("title", "Worst first") + self._in("quiet", more)
        for violation in worst:
            yield ""
            yield from self._finding(violation)

    def configuration(self) -> Iterator[str]:
        if self.report.settings.origin is None:
            here = "at this commit" if self.report.kind == "commit" else f"in the {self.report.kind}"
            yield self._in("quiet", f"# No truthline.toml {here}. This one, suggested by its files, was used:")
            yield from to_toml(self.report.settings.config).splitlines()

    def compared(self) -> Iterator[str]:
        """What is new and what is gone against another commit, all of it."""
        compared = self.report.comparison
        if compared is None:
            return
        against = "nothing" if compared.since == NO_COMMIT else compared.since[:12]
        new, fixed = compared.introduced, compared.fixed
        yield self._in("title", f"Against {against}: {len(new):,} new, {len(fixed):,} fixed")
        for violation in new:
            yield ""
            yield from self._finding(violation, "new ")
        for violation in fixed:
            yield ""
            yield self._in("quiet", f"fixed {_label(violation)}")
            yield f"  {visible(violation.path)}:{violation.line}"

    def verdict(self, gate: Gate) -> Iterator[str]:
        """How a gate that was asked for was judged."""
        if gate == "never":
            return
        number = len(failing(self.report, gate))
        what = {
            "passed": "passed",
            "failed": f"failed, {number:,} scored finding{'' if number == 1 else 's'}",
            "inconclusive": "inconclusive, too little could be analysed",
        }[judge(self.report, gate)]
        yield self._in("title", f"Gate {gate}: {what}")

    def _scanned(self) -> str:
        report = self.report
        if report.kind == "commit":
            return f"at {report.commit[:12]}"
        on = "before the first commit" if report.commit == NO_COMMIT else f"on {report.commit[:12]}"
        return f"{report.kind} {on}"

    def _finding(self, violation: Violation, mark: str = "") -> Iterator[str]:
        share = self.score.share(key_of(violation))
        points = f"−{_points(share)}" if share else "not measured"
        label = mark + _label(violation)
        label += " (waived)" if mark and violation.waiver_on(self.report.day) else ""
        yield self._in(violation.severity, label) + f"{points:>{max(WIDTH - len(label), len(points) + 1)}}"
        yield f"  {visible(violation.path)}:{violation.line}"
        yield from textwrap.wrap(
            visible(violation.message), WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip

    def _files(self) -> str:
        coverage = self.report.coverage
        if not coverage.python:
            return "no Python files"
        text = f"{coverage.python:,} Python files: {coverage.analysed:,} analysed"
        for number, what in ((coverage.unparsable, "unparsable"), (coverage.skipped, "links skipped")):
            text += f", {number:,} {what}" if number else ""
        share = coverage.scored
        percent = f"{share.percent:.2f}" if share.analysed in (0, share.files) else shown(share.percent)
        return f"{text}; coverage {percent} %"

    def _in(self, style: str, text: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and text else text


def _label(violation: Violation) -> str:
    label = f"{violation.severity:<9} {violation.rule}"
    return label + (f" in {violation.scope}" if violation.scope != "production" else "")


def _value(part: AreaScore | ServiceScore) -> str:
    if part.value is None:
        return "not measured"
    return shown(part.value) + ("?" if part.inconclusive else "")


def _debt(v: Fraction) -> str:
    return f"{float(v):,.2f}"


def _points(share: Fraction) -> str:
    return shown(float(share)) if share else "0"


def _cut(name: str, width: int) -> str:
    name = visible(name)
    return f"{name:<{width}}" if len(name) < width else f"{name[: width - 2]}… "
