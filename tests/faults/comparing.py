"""What a scan left behind, as sets: two runs over the same commits must leave the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from dashboard.models import Evaluation, Plan
from scanner.models import Blob, Chunk, Repository
from tests.scanner.scanning import numbers, rows_of

State = Mapping[str, set[tuple[object, ...]]]


def state(repository: Repository) -> State:
    """Return all that is kept about a repository, and the facts of all files."""
    plans = Plan.objects.filter(repository=repository)
    settled = ("slug", "start_sha", "start_seq", "d", "start", "evaluated_seq", "evaluated_sha", "seen_blob", "problem")
    facts = Blob.objects.values_list("sha", "extractor", "outcome", "facts")
    return {
        **numbers(repository),
        "facts": {(sha, extractor, outcome, digest(data)) for sha, extractor, outcome, data in facts.iterator()},
        "plans": {tuple(map(str, row)) for row in plans.values_list(*settled)},
        "evaluations": rows_of(Evaluation.objects.filter(criterion__plan__in=plans), "criterion__text"),
        "left over": {(chunk.pk,) for chunk in Chunk.objects.filter(scan__repository=repository)},
    }


def digest(data: bytes) -> str:
    return hashlib.sha256(bytes(data)).hexdigest()


def difference(undisturbed: State, disturbed: State) -> list[str]:
    """Return a sentence for each kind of row of which some are lost or too many; a doubled row is one too many."""
    found = []
    for kind, wanted in undisturbed.items():
        lost, more = wanted - disturbed[kind], disturbed[kind] - wanted
        if lost or more:
            found.append(f"{kind}: {len(lost)} lost, {len(more)} too many, e.g. {[*lost, *more][:2]}")
    return found
