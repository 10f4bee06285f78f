"""What a person confirms before a plan is saved: the predicate of every criterion, as suggested or as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.criteria import Draft, drafts
from dashboard.models import Criterion
from dashboard.plan_markdown.document import PlanDocument
from dashboard.plan_names import suggestions
from dashboard.predicate_text import from_text
from dashboard.predicates import Manual, PredicateError, text, to_json
from dashboard.suggestion import Names, Suggestion

# A form of more fields than this is refused by the server; further criteria take what is suggested.
MOST = 400


@dataclass(frozen=True, slots=True)
class Choice:
    """`typed` is what stands in the field; `error` says what is wrong with it."""

    draft: Draft
    suggestion: Suggestion | None
    typed: str
    error: str = ""

    @property
    def field(self) -> str:
        return f"p-{self.draft.key}"

    @property
    def manual(self) -> bool:
        return self.typed in {"", "manual"}

    @property
    def changed(self) -> bool:
        """Not what was suggested."""
        return self.suggestion is not None and self.typed != text(self.suggestion.predicate)


@dataclass(frozen=True, slots=True)
class Choices:
    """`rest` are the criteria beyond what one form can hold."""

    shown: Sequence[Choice]
    rest: Sequence[Choice]

    @property
    def wrong(self) -> int:
        return sum(bool(one.error) for one in self.shown)

    @property
    def automatic(self) -> int:
        return sum(not one.manual for one in (*self.shown, *self.rest))

    def groups(self) -> list[tuple[str, list[Choice]]]:
        """The shown ones by where they stand: a phase, or outside of all."""
        found: dict[str, list[Choice]] = {}
        for one in self.shown:
            kind = one.draft.kind
            name = f"Phase {one.draft.phase}" if one.draft.phase else "Outside of the phases"
            if kind == Criterion.Kind.VALIDATION:
                name = "After each step"
            found.setdefault(name, []).append(one)
        return list(found.items())

    def predicates(self) -> dict[str, dict[str, Any] | None]:
        """What plans.save takes. Raises PredicateError while one is wrong."""
        return {one.draft.key: _stored(one.typed) for one in (*self.shown, *self.rest)}


def choices(document: PlanDocument, names: Names, typed: Mapping[str, str]) -> Choices:
    """Return one choice for every criterion that can be bound; `typed` is the form as it was sent, {} before."""
    guesses = suggestions(document, names)
    found = []
    for draft in drafts(document):
        if draft.kind == Criterion.Kind.STOP:
            continue
        guess = guesses.get(draft.key)
        offered = text(guess.predicate) if guess else "manual"
        value = typed.get(f"p-{draft.key}", offered).strip()
        found.append(Choice(draft, guess, value, _problem(value)))
    # The document's own boxes come first where not all have room.
    found.sort(key=lambda one: (one.draft.kind != Criterion.Kind.CRITERION, one.draft.ordinal))
    order = {phase.number: n for n, phase in enumerate(document.phases)}
    shown = sorted(found[:MOST], key=lambda one: (order.get(one.draft.phase or "", len(order)), one.draft.ordinal))
    return Choices(shown, found[MOST:])


def _problem(value: str) -> str:
    try:
        _stored(value)
    except PredicateError as error:
        return str(error)
    return ""


def _stored(value: str) -> dict[str, Any] | None:
    if not value:
        return None
    predicate = from_text(value)
    return None if isinstance(predicate, Manual) else to_json(predicate)
