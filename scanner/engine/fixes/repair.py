"""Many findings → patches, each held against a scan of the patched tree: the findings gone, nothing new."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from scanner.engine.config import Config
from scanner.engine.facts import Facts
from scanner.engine.fixes.codebase import Codebase
from scanner.engine.fixes.diff import blob_id
from scanner.engine.fixes.patching import Patch, Refusal, patch_file
from scanner.engine.fixes.planning import RULES, Finding
from scanner.engine.git import Change
from scanner.engine.globs import translate
from scanner.engine.parser_pool import ParserPool
from scanner.engine.snapshot import FactsOf, Snapshot, VersionsOf
from scanner.engine.violation import Violation


def wanted(
    violations: Iterable[Violation],
    today: date,
    rule: str | None = None,
    symbol: str | None = None,
    glob: str | None = None,
) -> list[Violation]:
    """Return the findings that are repaired by moving an import, those waived today left out: of a rule, about a
    symbol, in files whose path matches a glob."""
    matches = re.compile(translate(glob)).match if glob is not None else None
    return [
        violation
        for violation in violations
        if violation.rule in ({rule} if rule else RULES)
        and not violation.waiver_on(today)
        and symbol in (None, violation.symbol)
        and (matches is None or matches(violation.path))
    ]


class Workshop:
    """A commit's snapshot that patches are tried on, one after the other: each builds on those before.

    `tree` is path → blob id (`Repository.tree`); `facts_of`, `read_blob`, `versions_of` and the commit's `day` are as
    in Snapshot and Codebase.
    """

    def __init__(
        self,
        config: Config,
        tree: Mapping[str, str],
        facts_of: FactsOf,
        read_blob: Callable[[str], bytes | None],
        versions_of: VersionsOf,
        day: date,
    ) -> None:
        self._day = day
        self._facts_of = facts_of
        self._patched: dict[str, Facts] = {}
        self._current = dict(tree)
        self._codebase = Codebase(config, tree, facts_of, read_blob)
        self._snapshot = Snapshot(config, self._facts)
        self._snapshot.apply([Change(path, None, blob) for path, blob in tree.items()], versions_of, day)

    @property
    def violations(self) -> Mapping[str, Violation]:
        """What is open, by fingerprint, with the patches made so far."""
        return self._snapshot.violations

    def repair(self, findings: Iterable[Violation], pool: ParserPool) -> Iterator[Patch | Refusal]:
        """Yield a patch for each file that can be repaired, by path, and a refusal for each finding that stays.

        Raises GitError and ParserPoolError.
        """
        in_order = sorted(findings, key=lambda finding: (finding.path, finding.line, finding.fingerprint))
        for path, some in groupby(in_order, key=lambda finding: finding.path):
            yield from self._repair_file(path, list(some), pool)

    def _repair_file(self, path: str, findings: Sequence[Violation], pool: ParserPool) -> Iterator[Patch | Refusal]:
        """Repair all findings of a file at once, or, where that brings something new, one after the other.

        A name that a line imports under several aliases is several findings and one move.
        """
        made, refusals = patch_file(path, findings, self._codebase, pool)
        if made is None or not self._objection(made):
            yield from _in_order(made, refusals)
            return
        kept: Patch | None = None
        moved: tuple[Finding, ...] = ()
        for _, some in groupby(sorted(made.moved, key=_names), key=_names):
            together = list(some)
            candidate, also = patch_file(path, [*moved, *together], self._codebase, pool)
            objection = self._objection(candidate, len(moved)) if candidate else also[0].reason
            if objection or candidate is None:
                refusals += (Refusal(finding, objection) for finding in together)
            else:
                kept, moved = candidate, candidate.moved
        yield from _in_order(kept, refusals)

    def _objection(self, made: Patch, already: int = 0) -> str:
        """Try a patch of a file of which `already` so many findings are repaired: leave it there and return "", or
        take it back and say what a scan would find wrong."""
        blob, before = blob_id(made.source).decode(), self._current[made.path]
        self._patched[blob] = made.facts
        delta = self._snapshot.apply([Change(made.path, before, blob)], day=self._day)
        new = [violation for key, violation in delta.added.items() if key not in delta.removed]
        gone = delta.removed.keys() - delta.added.keys()
        if not new and len(gone) >= len(made.moved) - already:
            self._current[made.path] = blob
            return ""
        self._snapshot.apply([Change(made.path, blob, before)], day=self._day)
        if new:
            first = min(new, key=lambda violation: (violation.rule, violation.path, violation.line))
            return f"it would bring {first.rule} in {first.path}:{first.line}: {first.message.rstrip('.')}"
        return "the finding would stay"

    def _facts(self, shas: Collection[str]) -> Iterator[tuple[str, Facts]]:
        known = {sha: self._patched[sha] for sha in shas if sha in self._patched}
        yield from known.items()
        if len(known) < len(shas):
            yield from self._facts_of(set(shas) - known.keys())


def _names(finding: Finding) -> tuple[int, str, str]:
    return finding.line, finding.rule, finding.symbol


def _in_order(made: Patch | None, refusals: list[Refusal]) -> Iterator[Patch | Refusal]:
    if made is not None:
        yield made
    yield from sorted(refusals, key=lambda refusal: refusal.finding.line)
