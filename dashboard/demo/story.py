"""What the demo's people did, read from `story.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("story.toml")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has an account and no password. `role` is the name of a dashboard.models.Role in small letters."""

    username: str
    first_name: str
    last_name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Binding:
    criterion: str
    predicate: str


@dataclass(frozen=True, slots=True)
class Said:
    """A tick of `by`, at the commit with this subject."""

    criterion: str
    by: str
    commit: str
    note: str


@dataclass(frozen=True, slots=True)
class Forced:
    """An override of `by` that ends so many days after the demo was loaded."""

    criterion: str
    by: str
    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """`lead` imports `plan`, a path in the repository, and confirms what its criteria are bound to."""

    name: str
    plan: str
    lead: str
    people: Sequence[Person]
    predicates: Sequence[Binding]
    ticks: Sequence[Said]
    overrides: Sequence[Forced]


def read() -> Story:
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Story(
        name=told["name"],
        plan=told["plan"],
        lead=told["lead"],
        people=[Person(**one) for one in told["people"]],
        predicates=[Binding(**one) for one in told["predicates"]],
        ticks=[Said(**one) for one in told["ticks"]],
        overrides=[Forced(**one) for one in told["overrides"]],
    )
