"""What the machine found about a criterion, in words, with the address that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from dashboard.models import Criterion, Evaluation
from dashboard.predicates import number
from dashboard.states import State
from dashboard.words import plural

MOST_PATHS = 4


@dataclass(frozen=True, slots=True)
class Proof:
    """`found` says it in a sentence; `url` leads to what was counted, `paths` name the files, `parts` are of an all."""

    found: str
    url: str = ""
    link: str = ""
    paths: list[str] = field(default_factory=list)
    parts: list[Proof] = field(default_factory=list)
    holds: bool = False


def proof_of(criterion: Criterion, state: State, repository: str) -> Proof:
    """Say what is known; `repository` is the slug that the addresses begin with."""
    row = state.evaluation
    if row is not None:
        told = {"outcome": row.outcome, "value": row.value, "threshold": row.threshold, **row.evidence}
        return _proof(told, repository)
    if criterion.predicate and criterion.predicate.get("kind") != "manual":
        return Proof("Not evaluated yet: the history is still being read.")
    return Proof("" if state.tick else "Nothing measures it: a person has to look and say so.")


def _proof(told: Mapping[str, Any], repository: str) -> Proof:
    holds = told["outcome"] == Evaluation.Outcome.PASS
    kind, value, threshold = told.get("kind"), told.get("value"), str(told.get("threshold", ""))
    if kind == "all":
        parts = [_proof(part, repository) for part in told.get("of", [])]
        return Proof(f"{number(value or 0)} of {len(parts)} parts hold", parts=parts, holds=holds)
    if kind == "path":
        return _path(told, holds)
    if kind == "violations" and value is not None:
        url = f"{reverse('violations', args=[repository])}?{told.get('query', '')}"
        if threshold == "none new":
            found = f"{plural(int(value), 'violation')} new since the start" if value else "None new since the start"
        else:
            found = f"{plural(int(value), 'violation')} open, asked for {_asked(threshold)}"
        return Proof(found, url, "See them" if value else "See the list", holds=holds)
    if kind == "score" and value is not None:
        url = f"{reverse('violations', args=[repository])}?{told.get('query', '')}"
        found = f"Plan score {value:.2f}, asked for {_asked(threshold)}"
        return Proof(found, url, "What it is made of", holds=holds)
    return Proof(str(told.get("detail", "")).rstrip(".") or "Not known", holds=holds)


def _path(told: Mapping[str, Any], holds: bool) -> Proof:
    present = [str(path) for path in told.get("present", [])]
    if holds:
        return Proof("No such file in the tree", holds=True)
    words = "file is" if len(present) == 1 else "files are"
    more = "at least " if len(present) >= 20 else ""
    return Proof(f"{more}{len(present)} {words} still there".capitalize(), paths=present[:MOST_PATHS])


def _asked(threshold: str) -> str:
    op, _, rest = threshold.partition(" ")
    words = {"<": "fewer than", "<=": "at most", "==": "exactly", ">=": "at least", ">": "more than"}
    return f"{words.get(op, op)} {rest}"
