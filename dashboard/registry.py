"""The registry: what is in force, drafts with their effect, and the one way in which a configuration is saved."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from dashboard import arithmetic, attempts, audit
from dashboard.models import RegistrySurvey, RegistryVersion
from scanner import mirrors, outages, scans, trials
from scanner.engine import candidates, config_file
from scanner.engine.config import FILE_NAME, Config, ConfigError, to_toml, with_finished
from scanner.engine.git import GitError
from scanner.engine.parser_pool import ParserPool
from scanner.engine.snapshot import Snapshot
from scanner.models import Epoch, Repository, Scan

MAX_NOTE = 2_000
State = RegistryVersion.State


class Refused(Exception):
    """It was not done; `str()` is one sentence for a person."""


def is_in_repository(repository: Repository) -> bool:
    """Whether the tracked head has its own truthline.toml, which wins over what is saved here."""
    return repository.current_epoch is not None and repository.current_epoch.config_in_repository


def current_text(repository: Repository) -> str:
    """Return the text that a change starts from: the repository's own file as it is at the shown commit, else the
    stored one, else what was suggested."""
    epoch = repository.current_epoch
    if epoch is None or not epoch.config_in_repository:
        return repository.config_toml or (epoch.config_toml if epoch else "")
    commit = trials.shown_commit(repository)
    try:
        own = mirrors.held(repository).read(commit.sha, FILE_NAME) if commit else None
    except GitError:
        own = None
    return own.decode("utf-8-sig", "replace") if own is not None else epoch.config_toml


def current(repository: Repository) -> Config:
    """Return what `current_text` means: what is in force, or will be when the scan asked for by saving is through."""
    try:
        return config_file.parse(current_text(repository))
    except ConfigError:  # stored by a version that understood more
        epoch = repository.current_epoch
        return config_file.parse(epoch.config_toml) if epoch else Config()


def is_pending(repository: Repository) -> bool:
    """Whether what is stored is another configuration than that of the shown numbers."""
    epoch = repository.current_epoch
    if epoch is None or epoch.config_in_repository or not repository.config_toml:
        return False
    return with_finished(current(repository), repository.finished_phases).digest != epoch.config_digest


def edited(repository: Repository, config: Config) -> str:
    """Return the current configuration with the canonical symbols and deprecated modules of `config`."""
    return to_toml(replace(current(repository), canonical=config.canonical, deprecated=config.deprecated))


def draft(repository: Repository, text: str, author: AbstractBaseUser, note: str = "") -> RegistryVersion:
    """Keep a text to be measured and return it; an earlier draft of the same person gives way. Raises ConfigError,
    Refused."""
    text = _checked(text)
    if text == current_text(repository):
        raise Refused("Nothing was changed: this is the configuration in force.")
    note, base = note.replace("\0", "").strip()[:MAX_NOTE], _newest(repository)
    with transaction.atomic():
        RegistryVersion.objects.drafts().filter(repository=repository, author_id=author.pk).delete()
        return RegistryVersion.objects.create(
            repository=repository, config_toml=text, author_id=author.pk, note=note, base_n=base
        )


def measure(version: RegistryVersion, pool: ParserPool) -> None:
    """Try a draft out on the shown commit and keep the effect, or the reason why there is none.

    Three starts that came to no end are such a reason.
    """
    with attempts.attempt(version) as taken:
        if taken:
            _measure(version, pool)
        elif version.is_abandoned():
            _keep(version, State.FAILED, None, attempts.GAVE_UP)


def _measure(version: RegistryVersion, pool: ParserPool) -> None:
    try:
        effect, problem = _effect(version.repository, version.config_toml, pool), ""
    except (GitError, ConfigError, Refused) as error:
        effect, problem = None, str(error)
    except Exception as error:
        if not outages.is_outage(error):
            _keep(version, State.FAILED, None, f"{type(error).__name__}: {error}"[:500])
        raise
    _keep(version, State.FAILED if problem else State.MEASURED, effect, problem)


def measure_again(version: RegistryVersion) -> None:
    """Let a draft wait to be measured once more, against what is there now."""
    again = {"base_n": _newest(version.repository), "attempts": 0}
    RegistryVersion.objects.drafts().filter(pk=version.pk).update(**again)
    _keep(version, State.DRAFT, None, "")


def save(version: RegistryVersion, author: AbstractBaseUser) -> RegistryVersion:
    """Put a draft in force and ask for the scan that builds its numbers. Raises Refused."""
    repository = version.repository
    if version.is_saved:
        raise Refused("This version is saved already.")
    if is_in_repository(repository):
        raise Refused(f"The repository's own {FILE_NAME} wins: change it there.")
    with transaction.atomic():
        Repository.objects.select_for_update(of=("self",), no_key=True).get(pk=repository.pk)
        newest = _newest(repository)
        if newest != version.base_n:
            raise Refused(f"Version {newest} was saved meanwhile. Look at what is changed now, and measure it again.")
        kept = record(repository, version.config_toml, author, version.note, version.effect)
        version.delete()
    return kept


def record(
    repository: Repository,
    text: str,
    author: AbstractBaseUser | None,
    note: str = "",
    effect: dict[str, Any] | None = None,
) -> RegistryVersion:
    """Store a configuration as the repository's newest version and ask for a scan, unless it is archived.

    The first one keeps what was there before as version 1. Raises ConfigError.
    """
    text = _checked(text)
    with transaction.atomic():
        locked = Repository.objects.select_for_update(of=("self",), no_key=True).get(pk=repository.pk)
        last = _newest(repository)
        if not last and locked.config_toml:
            last = 1
            _saved(repository, last, locked.config_toml, None, "As it was before the first change here.", None)
        made = _saved(repository, last + 1, text, author, note, effect)
        repository.config_toml = text
        Repository.objects.filter(pk=repository.pk).update(config_toml=text)
        audit.record(author, "saved", f"the configuration, version {made.n}", repository, version=made.pk, note=note)
        if not locked.archived_at:
            scans.request(repository, Scan.Reason.SETTINGS)
    return made


def diff(before: str, after: str) -> list[tuple[str, str]]:
    """Return the changed lines with two around them: ("+", "-", " " or "@" for a gap, text)."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(line[:1], "" if line.startswith("@@") else line[1:]) for line in list(lines)[2:]]


def before(version: RegistryVersion) -> str:
    """Return the text that a version replaced, or would replace."""
    if not version.is_saved:
        return current_text(version.repository)
    older = RegistryVersion.objects.saved().filter(repository=version.repository, n__lt=version.n).first()
    return older.config_toml if older else ""


def ask_survey(repository: Repository) -> None:
    """Note that symbols worth registering are wanted."""
    wanted = {"asked_at": timezone.now(), "attempts": 0}
    RegistrySurvey.objects.update_or_create(repository=repository, defaults=wanted)


def survey(repository: Repository, pool: ParserPool) -> None:
    """Look for symbols worth registering at the shown commit and keep them, or the reason why there are none.

    Three starts that came to no end are such a reason.
    """
    row, _ = RegistrySurvey.objects.get_or_create(repository=repository)
    with attempts.attempt(row) as taken:
        if taken:
            _survey(repository, pool)
        elif row.is_abandoned():
            _keep_survey(repository, problem=attempts.GAVE_UP, attempts=0)


def _survey(repository: Repository, pool: ParserPool) -> None:
    commit = trials.shown_commit(repository)
    if commit is None:
        return
    try:
        snapshot = trials.resolve(repository, commit, current(repository), pool)
    except GitError as error:
        _keep_survey(repository, sha=commit.sha, found=[], problem=str(error))
    else:
        survey_resolved(repository, commit.sha, snapshot)


def survey_resolved(repository: Repository, sha: str, snapshot: Snapshot) -> None:
    """Look for symbols worth registering at the shown commit, which is resolved already, and keep them."""
    found = [
        {
            "symbol": one.entry.symbol,
            "module": one.entry.module,
            "public": list(one.entry.public),
            "importance": one.entry.importance,
            "reason": one.reason,
        }
        for one in candidates.candidates(snapshot)
    ]
    _keep_survey(repository, sha=sha, found=found, problem="")


def _keep_survey(repository: Repository, **values: Any) -> None:
    """Store what a survey of the shown epoch gave."""
    values |= {"epoch": repository.current_epoch, "at": timezone.now()}
    RegistrySurvey.objects.update_or_create(repository=repository, defaults=values)


def has_survey(scan: Scan) -> bool:
    """Whether the epoch of a recorded scan has a survey. One that was made for the preview of that same scan is about
    the same commit with the same configuration, so it is this epoch's from now on."""
    surveys = RegistrySurvey.objects.filter(repository=scan.repository_id)
    # The preview is gone, and with it what told which epoch the survey was of.
    of_preview = surveys.filter(epoch=None, sha=scan.head_sha, at__gte=scan.started_at)
    return bool(of_preview.update(epoch=scan.epoch_id)) or surveys.filter(epoch=scan.epoch_id).exists()


def unsurveyed() -> QuerySet[Repository]:
    """Return the repositories that wait for a survey: it was asked for, or the shown epoch has had none."""
    of_epoch = RegistrySurvey.objects.filter(repository=OuterRef("pk"), epoch=OuterRef("current_epoch"))
    waiting = RegistrySurvey.objects.waiting().filter(repository=OuterRef("pk"))
    live = Repository.objects.tracked().filter(current_epoch__state=Epoch.State.LIVE)
    return live.filter(~Exists(of_epoch) | Exists(waiting))


def _newest(repository: Repository) -> int:
    """Return the number of the newest saved version, 0 for none."""
    return RegistryVersion.objects.filter(repository=repository).aggregate(last=Max("n"))["last"] or 0


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n")
    config_file.parse(text)
    return text


def _saved(
    repository: Repository,
    n: int,
    text: str,
    author: AbstractBaseUser | None,
    note: str,
    effect: dict[str, Any] | None,
) -> RegistryVersion:
    return RegistryVersion.objects.create(
        repository=repository, n=n, config_toml=text, author_id=author.pk if author else None, note=note,
        effect=effect, state=State.SAVED,
    )  # fmt: skip


def _keep(version: RegistryVersion, state: State, effect: dict[str, Any] | None, problem: str) -> None:
    """Store what measuring gave; a draft that was saved or thrown away meanwhile is left alone."""
    drafts = RegistryVersion.objects.drafts().filter(pk=version.pk)
    drafts.update(state=state, effect=effect, problem=problem)


def _effect(repository: Repository, text: str, pool: ParserPool) -> dict[str, Any]:
    commit, epoch = trials.shown_commit(repository), repository.current_epoch
    standing = epoch.standing if epoch else None
    if commit is None or epoch is None or standing is None:
        raise Refused("Nothing has been scanned yet: there are no numbers to compare with.")
    after = trials.measure(repository, commit, with_finished(config_file.parse(text), repository.finished_phases), pool)
    counts = {arithmetic.key_of(row): row.open for row in epoch.tallies.at(standing.seq) if row.open}
    by_rule: Counter[str] = Counter()
    for key, count in counts.items():
        by_rule[key.rule] += count
    return {
        "seq": commit.seq,
        "before": {
            "sha": commit.sha,
            "score": standing.score,
            "debt": standing.debt,
            "open": standing.open,
            "by_rule": dict(by_rule),
            "debt_by_rule": trials.debt_by_rule(counts),
        },
        "after": after.to_json(),
        "remeasured": arithmetic.remeasured(standing, epoch),
    }
