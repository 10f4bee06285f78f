"""One commit scanned: what a person or a program is told about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from scanner.engine import rule
from scanner.engine.baseline import pin
from scanner.engine.config import FILE_NAME, Config, ConfigError
from scanner.engine.config_file import parse
from scanner.engine.coverage import Coverage
from scanner.engine.git import Repository
from scanner.engine.replay import snapshot_at
from scanner.engine.score import Score, debts_of, epoch_of, score
from scanner.engine.snapshot import FactsOf, Snapshot
from scanner.engine.suggestion import complete, suggest_at
from scanner.engine.violation import Violation, Waiver


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration a scan goes by, and where it comes from; `origin` is None for a suggested one."""

    config: Config
    origin: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A scanned commit. Violations stand by path and line.

    `with_waivers` is the score without what the code waives on `day`, the day of the scan; `notes` say which waivers
    waive nothing, and why.
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


def settings_at(repository: Repository, commit: str) -> Settings:
    """Return the configuration in the commit's root, else a suggested one. Raises ConfigError."""
    source = repository.read(commit, FILE_NAME)
    if source is None:
        return Settings(suggest_at(repository, commit), None)
    return settings_from(source, f"{FILE_NAME} at {commit[:12]}", repository, commit)


def settings_from(source: bytes, origin: str, repository: Repository, commit: str) -> Settings:
    """Return the configuration written in `source`, roots it leaves out taken from the commit's tree.

    Raises ConfigError; `origin` is how a person calls the source.
    """
    try:
        return Settings(complete(parse(source), repository.tree(commit)), origin)
    except ConfigError as error:
        raise ConfigError(f"{origin}: {error}") from None


def examine(
    repository: Repository,
    commit: str,
    settings: Settings,
    facts_of: FactsOf,
    baseline: str | None = None,
    *,
    day: date,
) -> Report:
    """Scan one commit (40 hex digits) and score it with the D of `baseline`, by default its own.

    `day` is the day of the scan, in UTC: waivers in the code are judged by it.

    Raises GitError when the repository cannot be read.
    """
    if baseline is None or baseline == commit:
        snapshot = pinning = snapshot_at(repository, commit, settings.config, facts_of)
    else:
        pinning = snapshot_at(repository, baseline, settings.config, facts_of)
        snapshot = snapshot_at(repository, commit, settings.config, facts_of, pinning.ranking)
    found, pinned = snapshot.violations.values(), pin(pinning.obligations)
    scores = [
        score(debts_of(counted, rule.areas()), pinned, snapshot.coverage)
        for counted in (found, [violation for violation in found if not violation.waiver_on(day)])
    ]
    return Report(
        commit=commit,
        epoch=epoch_of(rule.ruleset(), settings.config.digest, baseline or commit),
        ruleset=rule.ruleset(),
        settings=settings,
        coverage=snapshot.coverage,
        score=scores[0],
        violations=tuple(sorted(found, key=_place)),
        day=day,
        with_waivers=scores[1],
        notes=tuple(_notes(snapshot, day)),
    )


def _place(violation: Violation) -> tuple[str, int, str, str]:
    return violation.path, violation.line, violation.rule, violation.fingerprint


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
