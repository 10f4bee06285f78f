"""The whole way: a worker scans, and what plans say is looked at again without anybody asking."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_a_worker_evaluates_after_its_scan(live_worker, origin, lead) -> None:
    from dashboard import plans, tasks
    from dashboard.plan_markdown import parse
    from scanner import scans
    from scanner.connections import connect
    from scanner.models import Scan
    from tests.dashboard.plans.conftest import PLAN, state_of
    from tests.scanner.scanning import finished, wait

    repository = connect(str(origin.path))
    finished(repository)
    repository.refresh_from_db()
    plan = plans.save(repository, parse(PLAN.encode()), user=lead)
    criterion = plan.criteria.get(text="Order module removed")
    assert state_of(criterion).name == "not evaluated"
    tasks.ask_for_evaluation(repository.pk)
    wait(lambda: state_of(criterion).name == "failing")

    fix = origin.commit({"shop/orders.py": None})
    scans.request(repository, Scan.Reason.ASKED)
    wait(lambda: state_of(plan.criteria.get(pk=criterion.pk)).name == "verified")
    assert state_of(criterion).since.sha == fix
