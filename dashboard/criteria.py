"""What of a document becomes a criterion with a state of its own, and how it is known again after an edit."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from dashboard.models import Criterion
from dashboard.plan_markdown.document import Criterion as Box
from dashboard.plan_markdown.document import PlanDocument, Statement, Step

Kind = Criterion.Kind

SIMILAR = 0.85
MOST_PAIRS = 500_000  # texts compared with each other: a document that shares no line with the old one is another plan
# Labels under which a step says what must be true after it.
_VALIDATION = re.compile(r"\b(validations?|acceptance|must hold)\b", re.IGNORECASE)
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A criterion that is not saved yet. `key` holds no line: kind, phase, normalised text and the count of its like.

    `phase` and `step` are the document's numbers, `parent` is the key of the box it is nested in.
    """

    key: str
    kind: Criterion.Kind
    phase: str | None
    step: str | None
    text: str
    line: int
    ordinal: int
    parent: str | None = None
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A saved criterion and the draft that is the same one, with how alike their texts are, 1.0 = the same key."""

    criterion: Criterion
    draft: Draft
    similarity: float


def drafts(document: PlanDocument) -> list[Draft]:
    """Return every criterion the document would have, in its order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    keys: dict[int, str] = {}
    found: list[Draft] = []
    for ordinal, part in enumerate(sorted(_parts(document), key=lambda part: part.line)):
        identity = (str(part.kind), part.phase or "", normalised(part.text))
        key = hashlib.blake2b("\0".join((*identity, str(seen[identity]))).encode(), digest_size=16).hexdigest()
        seen[identity] += 1
        if part.kind == Kind.CRITERION:
            keys[part.line] = key
        parent = keys.get(part.parent) if part.parent else None
        found.append(Draft(key, part.kind, part.phase, part.step, part.text, part.line, ordinal, parent, part.ticked))
    return found


def normalised(text: str) -> str:
    """Return the words of a text: case, marks and spaces do not make another criterion."""
    return _NOT_WORDS.sub(" ", text.casefold()).strip()


def match(criteria: Iterable[Criterion], new: Iterable[Draft]) -> list[Match]:
    """Pair saved criteria with drafts, one to one: by key, then the most alike of the same kind and phase.

    The pairs are in the order of the document.
    """
    drafts_by_key = {draft.key: draft for draft in new}
    matches, left = [], []
    for criterion in criteria:
        draft = drafts_by_key.pop(criterion.key, None)
        if draft is None:
            left.append(criterion)
        else:
            matches.append(Match(criterion, draft, 1.0))
    few = len(left) * len(drafts_by_key) <= MOST_PAIRS
    candidates = sorted(_alike(left, drafts_by_key.values()) if few else (), key=lambda pair: -pair.similarity)
    taken: set[str | int] = set()
    for pair in candidates:
        if not taken & {pair.criterion.pk, pair.draft.key}:
            taken |= {pair.criterion.pk, pair.draft.key}
            matches.append(pair)
    return sorted(matches, key=lambda match: match.draft.ordinal)


def _alike(criteria: Iterable[Criterion], new: Iterable[Draft]) -> Iterator[Match]:
    groups: dict[tuple[str, str | None], list[Draft]] = {}
    for draft in new:
        groups.setdefault((draft.kind, draft.phase), []).append(draft)
    for criterion in criteria:
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(normalised(criterion.text))
        phase = criterion.phase.number if criterion.phase else None
        for draft in groups.get((criterion.kind, phase), ()):
            matcher.set_seq1(normalised(draft.text))
            if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= SIMILAR and matcher.ratio() >= SIMILAR:
                yield Match(criterion, draft, matcher.ratio())


@dataclass(frozen=True, slots=True)
class _Part:
    kind: Criterion.Kind
    phase: str | None
    step: str | None
    text: str
    line: int
    parent: int | None = None
    ticked: bool = False


def _parts(document: PlanDocument) -> Iterator[_Part]:
    for phase in document.phases:
        yield from _boxes(phase.criteria, phase.number, None)
    for step in document.all_steps():
        yield from _boxes(step.criteria, step.phase, step.id)
        yield from _of_step(step)
    yield from _boxes(document.overall, None, None)
    yield from _boxes(document.other_criteria, None, None)
    yield from _statements(Kind.VALIDATION, document.validation_after_each_step)
    yield from _statements(Kind.STOP, document.emergency_stop)


def _boxes(boxes: Iterable[Box], phase: str | None, step: str | None) -> Iterator[_Part]:
    for box in boxes:
        yield _Part(Kind.CRITERION, phase, step, box.text, box.line, box.parent, box.checked)


def _of_step(step: Step) -> Iterator[_Part]:
    for name, field in step.fields.items():
        if _VALIDATION.search(name):
            for n, text in enumerate(field.texts, 1):
                # A field knows its own line; the texts of a list stand below it, one a line.
                yield _Part(Kind.CRITICAL, step.phase, step.id, text, field.line + (0 if field.inline else n))
    if step.expected_result:
        line = next((line for name, line in step.labels.items() if "expect" in name.casefold()), step.line)
        yield _Part(Kind.EXPECTED, step.phase, step.id, step.expected_result, line)


def _statements(kind: Criterion.Kind, statements: Iterable[Statement]) -> Iterator[_Part]:
    for statement in statements:
        text = ": ".join(part for part in (statement.title, statement.text) if part)
        if text:
            yield _Part(kind, None, None, text, statement.line)
