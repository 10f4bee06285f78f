"""A configuration tried out on the shown commit: its numbers there, from stored facts, before anything is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from . import mirrors
from .engine import rule
from .engine.baseline import pin
from .engine.config import Config
from .engine.parser_pool import ParserPool
from .engine.replay import snapshot_at
from .engine.score import TallyKey, areas_of, debts_of, key_of, quarters, score
from .engine.snapshot import Snapshot
from .engine.suggestion import complete
from .extraction import facts_of
from .models import Commit, Repository


@dataclass(frozen=True, slots=True)
class Trial:
    """What a new epoch with the configuration would say at its baseline, the commit `sha`.

    `score` is 0 to 100, None without production code; `debt` the weighted debt V; `by_rule` counts open violations
    of all scopes and `debt_by_rule` is what they add to V; `symbols` are the scores of the registered symbols that are
    defined at their canonical module.
    """

    sha: str
    score: float | None
    debt: float
    open: int
    by_rule: dict[str, int]
    debt_by_rule: dict[str, float]
    symbols: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)


def shown_commit(repository: Repository) -> Commit | None:
    """Return the commit whose numbers are shown; None before the first scan got that far."""
    epoch = repository.current_epoch
    return repository.commits.filter(seq=epoch.replayed_seq).first() if epoch else None


def resolve(repository: Repository, commit: Commit, config: Config, pool: ParserPool) -> Snapshot:
    """Return a commit of the repository, resolved with a configuration. Raises GitError."""
    source = mirrors.open_at(repository, commit.sha)
    completed = complete(config, lambda: [*source.tree(commit.sha), *source.projects(commit.sha)])
    return snapshot_at(source, commit.sha, completed, partial(facts_of, source, pool))


def measure(repository: Repository, commit: Commit, config: Config, pool: ParserPool) -> Trial:
    """Return the numbers of a commit in an epoch that begins there with this configuration. Raises GitError."""
    snapshot = resolve(repository, commit, config, pool)
    found = snapshot.violations.values()
    counts = Counter(map(key_of, found))
    result = score(debts_of(found, rule.areas()), pin(snapshot.obligations), snapshot.coverage)
    return Trial(
        sha=commit.sha,
        score=result.value,
        debt=float(result.debt),
        open=len(found),
        by_rule=dict(Counter(violation.rule for violation in found)),
        debt_by_rule=debt_by_rule(counts),
        symbols={name: part.value for name, part in result.symbols.items() if part.value is not None},
    )


def debt_by_rule(counts: Mapping[TallyKey, int]) -> dict[str, float]:
    """Return what the open violations of each rule add to the weighted debt V, from their counts by key."""
    areas = rule.areas()
    debts: Counter[str] = Counter()
    for key, count in counts.items():
        debts[key.rule] += quarters(key.severity, key.scope) * count * len(areas_of(key.rule, areas))
    return {name: debt / 4 for name, debt in debts.items()}
