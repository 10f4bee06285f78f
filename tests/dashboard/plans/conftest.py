"""A small shop with a plan over it: real commits, scanned for real in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scanner.origin import SMALL, Origin

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

    from dashboard.models import Criterion, Plan
    from dashboard.states import State
    from scanner.models import Repository

PLAN = """# One basket for the shop

**VIOLATIONS DETECTED**: Basket duplicates

### Known state
1. **Known Duplicates**: `shop/orders.py:4`

## Phase 1: Remove the duplicate (P0 CRITICAL)

### Step 1A: Remove the order module
**Target**: `shop/orders.py:4`
**Action**: Delete the duplicate `class Basket` of the orders

**Expected Result**: Reduction in duplicate violations

### Step 1B: Look at the utility
**Target**: `shop/never.py`

Imports from shop.gone.thing and shop.gone must go.

## Success criteria

### Phase 1 Success
- [ ] Order module removed
- [ ] Violation count reduced
- [ ] All imports use the canonical Basket source
- [ ] No circular dependencies introduced
- [x] All tests pass

### Overall Success
- [ ] Compliance score improves
- [ ] Shop works
"""


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A repository whose second commit adds the plan."""
    made = Origin(tmp_path / "shop")
    made.commit(SMALL, "First commit")
    made.commit({"docs/plan.md": PLAN}, "The plan")
    return made


@pytest.fixture
def scan() -> Callable[[Repository], None]:
    """Scans a repository from the request to the published numbers, and evaluates its plans as a worker would."""
    from dashboard import evaluation
    from scanner import extraction, preparation, replaying, scans
    from scanner.engine.parser_pool import ParserPool
    from scanner.models import Scan

    def scan(repository: Repository) -> None:
        asked = scans.request(repository, Scan.Reason.ASKED)
        preparation.prepare(asked.pk)
        with ParserPool() as pool:
            for _ in range(100):
                asked.refresh_from_db()
                if asked.state == Scan.State.EXTRACTING:
                    if extraction.extract_next(asked.pk, pool) == "preview":
                        replaying.preview(asked.pk, pool)
                elif asked.state == Scan.State.REPLAYING:
                    replaying.replay_next(asked.pk, pool)
        assert asked.state == Scan.State.DONE, f"{asked.error}\n{asked.log}"
        repository.refresh_from_db()
        evaluation.evaluate_waiting(repository)

    return scan


@pytest.fixture
def shop(db, origin: Origin, scan) -> Repository:
    """The origin connected and scanned."""
    from scanner.connections import connect

    repository = connect(str(origin.path), scan=False)
    scan(repository)
    return repository


@pytest.fixture
def engineer(db, django_user_model: type[User]) -> User:
    return django_user_model.objects.create_user("engineer", password="long enough to guess")


@pytest.fixture
def plan(shop: Repository, lead: User) -> Plan:
    """The plan, imported by a lead with the suggested predicates."""
    return imported(shop, PLAN, user=lead)


def imported(repository: Repository, text: str, **options: Any) -> Plan:
    """A plan saved and evaluated, as by a page and the worker behind it."""
    from dashboard import evaluation, plans
    from dashboard.plan_markdown import parse

    made = plans.save(repository, parse(text.encode()), **options)
    evaluation.evaluate(made)
    return made


def state_of(criterion: Criterion, now: datetime | None = None) -> State:
    """How a criterion stands, read anew as the plan's page does."""
    from dashboard import states
    from dashboard.models import Plan

    return states.of_plan(Plan.objects.get(pk=criterion.plan_id), now).of[criterion.pk]
