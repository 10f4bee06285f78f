"""A transitional module may stay until a phase of the plan: the dashboard knows when that is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dashboard.plans.conftest import imported

if TYPE_CHECKING:
    from scanner.models import Repository
    from tests.scanner.origin import Origin

PLAN = """# Away with the old names

## Phase 1: Remove the duplicate

### Phase 1 Success
- [ ] `shop/orders.py` is deleted

## Phase 2: Remove the shim

### Phase 2 Success
- [ ] `shop/old.py` is deleted
"""
CONFIG = '[[transitional]]\nmodule = "shop.old"\nuntil = "Phase 1"\n'
SHIM = "from shop.cart import Basket\n"


@pytest.fixture
def shimmed(db, origin: Origin, scan, lead) -> Repository:
    from scanner.connections import connect

    origin.commit({"truthline.toml": CONFIG, "shop/old.py": SHIM})
    repository = connect(str(origin.path), scan=False)
    scan(repository)
    imported(repository, PLAN, user=lead)
    return repository


def shims(repository: Repository) -> list[tuple[str, int]]:
    from scanner.models import Violation

    found = Violation.objects.filter(epoch=repository.current_epoch, rule="legacy-shim")
    return list(found.values_list("path", "introduced"))


def settled(repository: Repository) -> list[str]:
    """Settle the phases; return why scans wait."""
    from dashboard import phases

    phases.settle(repository)
    repository.refresh_from_db()
    return list(repository.scans.active().values_list("reason", flat=True))


def test_a_shim_is_overdue_when_its_phase_is_finished(shimmed, origin, scan) -> None:
    assert settled(shimmed) == []
    assert (shimmed.finished_phases, shims(shimmed)) == ({}, [])

    origin.commits += 24
    origin.commit({"shop/orders.py": None})
    scan(shimmed)
    assert settled(shimmed) == ["settings changed"], "the configuration speaks of that phase"
    assert shimmed.finished_phases == {"1": "2023-11-16"}
    scan(shimmed)
    assert shims(shimmed) == [], "the day itself belongs to the phase"
    assert settled(shimmed) == [], "nothing is new"

    origin.commits += 24
    origin.commit({"README.md": "# Old shop\n"})
    scan(shimmed)
    assert shims(shimmed) == [("shop/old.py", 5)]
    assert shimmed.epochs.filter(state="live").get().config_in_repository

    # The duplicate is back: the phase is not finished any more, and the shim may stay.
    origin.commit({"shop/orders.py": "class Basket: ...\n"})
    scan(shimmed)
    assert settled(shimmed) == ["settings changed"]
    scan(shimmed)
    assert (shimmed.finished_phases, shims(shimmed)) == ({}, [])


def test_no_scan_where_the_configuration_speaks_of_no_phase(shimmed, origin, scan) -> None:
    origin.commit({"truthline.toml": CONFIG.replace("Phase 1", "phase 2"), "shop/orders.py": None})
    scan(shimmed)
    assert settled(shimmed) == []
    assert list(shimmed.finished_phases) == ["1"]


def test_a_phase_of_two_plans_is_finished_in_both(shimmed, origin, scan, lead) -> None:
    imported(shimmed, PLAN.replace("orders", "cart"), user=lead)
    origin.commit({"shop/orders.py": None})
    scan(shimmed)
    assert settled(shimmed) == []
    assert shimmed.finished_phases == {}


def test_a_stored_configuration_is_not_pending_for_ever(db, origin, scan, lead) -> None:
    from dashboard import registry
    from scanner.connections import connect

    origin.commit({"shop/old.py": SHIM})
    repository = connect(str(origin.path), scan=False)
    scan(repository)
    repository.config_toml += "\n" + CONFIG
    repository.save()
    origin.commit({"shop/orders.py": None})
    scan(repository)
    imported(repository, PLAN, user=lead)
    assert settled(repository) == ["settings changed"]
    assert registry.is_pending(repository)
    scan(repository)
    assert not registry.is_pending(repository)
    assert 'until = "Phase 1"' in registry.current_text(repository), "what people wrote stays"


@pytest.mark.slow
def test_a_worker_notes_that_a_phase_is_finished(live_worker, origin, lead) -> None:
    from dashboard import plans
    from dashboard.plan_markdown import parse
    from scanner import scans
    from scanner.connections import connect
    from scanner.models import Repository, Scan
    from tests.scanner.scanning import finished, wait

    origin.commit({"truthline.toml": CONFIG, "shop/old.py": SHIM})
    repository = connect(str(origin.path))
    finished(repository)
    plans.save(repository, parse(PLAN.encode()), user=lead)
    origin.commit({"shop/orders.py": None})
    scans.request(repository, Scan.Reason.ASKED)
    wait(lambda: Repository.objects.get(pk=repository.pk).finished_phases == {"1": "2023-11-15"})
    wait(lambda: repository.scans.filter(reason=Scan.Reason.SETTINGS, state=Scan.State.DONE).exists())
