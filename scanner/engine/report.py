"""One tree scanned: what a person or a program is told about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from scanner.engine import rule
from scanner.engine.baseline import pin
from scanner.engine.config import FILE_NAME, Config, ConfigError, day_of, phase_of
from scanner.engine.config_file import parse
from scanner.engine.coverage import Coverage
from scanner.engine.difference import difference
from scanner.engine.git import Change
from scanner.engine.kept import KeptTrees
from scanner.engine.replay import lead, snapshot_of
from scanner.engine.score import Score, debts_of, epoch_of, score
from scanner.engine.snapshot import FactsOf, Snapshot
from scanner.engine.suggestion import complete, suggest_for
from scanner.engine.trees import Kind, Tree, changes
from scanner.engine.violation import Violation, Waiver


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration a scan goes by, and where it comes from; `origin` is None for a suggested one."""

    config: Config
    origin: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a tree has that the commit `since` had not (NO_COMMIT: nothing at all), and the other way round.

    Violations that moved with their file, or have another severity now, are in neither.
    """

    since: str
    introduced: tuple[Violation, ...]
    fixed: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A scanned tree. Violations stand by path and line.

    `commit` is what was scanned, or what the index or the work tree stands on (`kind`). `with_waivers` is the score
    without what the code waives on `day`, the day of the scan; `notes` say which waivers waive nothing and which shims
    may stay for ever, and why.
    """

    commit: str
    epoch: str
    ruleset: str
    settings: Settings
    coverage: Coverage
    score: Score
    violations: tuple[Violation, ...]
    day: date
    with_waivers: Score
    notes: tuple[str, ...] = ()
    kind: Kind = "commit"
    comparison: Comparison | None = None


def settings_of(tree: Tree) -> Settings:
    """Return the configuration in the tree's root, else a suggested one. Raises ConfigError."""
    source = tree.read(FILE_NAME)
    if source is None:
        return Settings(suggest_for(tree.files, tree.projects(), tree.blobs), None)
    return settings_from(source, f"{FILE_NAME} {tree.place}", tree)


def settings_from(source: bytes, origin: str, tree: Tree) -> Settings:
    """Return the configuration written in `source`, roots it leaves out taken from the tree.

    Raises ConfigError; `origin` is how a person calls the source.
    """
    try:
        return Settings(complete(parse(source), tree.paths), origin)
    except ConfigError as error:
        raise ConfigError(f"{origin}: {error}") from None


def examine(
    tree: Tree,
    settings: Settings,
    facts_of: FactsOf,
    baseline: Tree | None = None,
    *,
    day: date,
    since: Tree | None = None,
    kept: KeptTrees | None = None,
) -> Report:
    """Scan a tree, score it with the D of `baseline`, by default its own, and compare it with `since`.

    `day` is the day of the scan, in UTC: waivers in the code are judged by it. `kept` may know most of the tree.

    Raises GitError when the repository cannot be read.
    """
    if baseline is None or baseline.name == tree.name:
        snapshot = pinning = kept.snapshot(tree) if kept else snapshot_of(tree, settings.config, facts_of)
    else:
        pinning = snapshot_of(baseline, settings.config, facts_of)
        snapshot = snapshot_of(tree, settings.config, facts_of, pinning.ranking)
    found, pinned = tuple(sorted(snapshot.violations.values(), key=_place)), pin(pinning.obligations)
    scores = [
        score(debts_of(counted, rule.areas()), pinned, snapshot.coverage)
        for counted in (found, [violation for violation in found if not violation.waiver_on(day)])
    ]
    report = Report(
        commit=tree.commit,
        epoch=epoch_of(rule.ruleset(), settings.config.digest, (baseline or tree).name),
        ruleset=rule.ruleset(),
        settings=settings,
        coverage=snapshot.coverage,
        score=scores[0],
        violations=found,
        day=day,
        with_waivers=scores[1],
        notes=(*_endless(settings.config), *_notes(snapshot, day)),
        kind=tree.kind,
    )
    return replace(report, comparison=_compare(snapshot, since, tree, facts_of)) if since else report


def _compare(snapshot: Snapshot, since: Tree, tree: Tree, facts_of: FactsOf) -> Comparison:
    """Compare a tree with an earlier one by taking the tree's snapshot back there."""
    _ = snapshot.ranking  # made at the first look, which must not be from back there
    after = dict(snapshot.violations)
    leading = changes(since, tree)
    lead(snapshot, [Change(change.path, change.new, change.old) for change in leading], since, facts_of)
    before = snapshot.violations
    removed = {f: violation for f, violation in before.items() if after.get(f) != violation}
    added = {f: violation for f, violation in after.items() if before.get(f) != violation}
    told = difference(removed, added, leading)
    return Comparison(since.commit, tuple(sorted(told.introduced, key=_place)), tuple(sorted(told.fixed, key=_place)))


def _place(violation: Violation) -> tuple[str, int, str, str]:
    return violation.path, violation.line, violation.rule, violation.fingerprint


def _endless(config: Config) -> Iterator[str]:
    for shim in config.transitional:
        if day_of(shim.until) is None and not phase_of(shim.until):
            yield f"{shim.module} is transitional until {shim.until!r}, no day and no phase, so it may stay for ever"


def _notes(snapshot: Snapshot, day: date) -> Iterator[str]:
    for path, row in snapshot.allowances():
        place = f"{path}:{row.line}: the waiver"
        if row.rule not in rule.all_rules():
            yield f"{place} names {row.rule!r}, and there is no such rule"
        elif not row.until or not row.reason:
            missing = " and ".join(word for word, told in (("until", row.until), ("reason", row.reason)) if not told)
            yield f"{place} of {row.rule} says no {missing}, so it waives nothing"
        elif not Waiver(row.until, row.reason).holds_on(day):
            yield f"{place} of {row.rule} ended on {row.until}"
