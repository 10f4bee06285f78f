"""The two runs, and what came of them. Imported once the environment names the database."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TypeVar

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model  # noqa: E402
from django.db import DatabaseError, InterfaceError, connection  # noqa: E402

from dashboard import plans  # noqa: E402
from dashboard.embedded.bootstrap import ROOT  # noqa: E402
from dashboard.embedded.processes import Program, launch  # noqa: E402
from dashboard.models import Plan  # noqa: E402
from dashboard.plan_markdown import parse  # noqa: E402
from scanner import scans  # noqa: E402
from scanner.connections import connect  # noqa: E402
from scanner.models import Blob, Repository, Scan  # noqa: E402
from tests.faults import comparing, origins  # noqa: E402
from tests.faults.installation import Installation  # noqa: E402
from tests.faults.reporting import Report, seen  # noqa: E402
from tests.faults.striking import Striker  # noqa: E402

T = TypeVar("T")

PATIENCE = 1800.0  # seconds for one scan, whatever befalls it
PLAN = """# One source of truth

## Phase 1: Imports
- [ ] No circular dependencies introduced
- [ ] Violation count reduced
- [ ] All imports lead somewhere: count(unresolvable-import) == 0

## Phase 2: All
- [ ] Compliance score improves
- [ ] Compliance score above 80
"""


def run(options: argparse.Namespace, installation: Installation, origin: Path) -> int:
    tips = origins.stages(origin, options.commits)
    report = Report(options, tips)
    began = time.time()
    undisturbed = scanned(origin, tips, lambda: None, report)
    report.undisturbed_seconds = time.time() - began
    tell(f"undisturbed: {report.undisturbed_seconds:.0f} s")
    wanted = {"worker": options.kills, "database": options.postgres, "broker": options.broker}
    wanted |= dict.fromkeys(("beat", "parser", "messages"), options.others)
    striker = Striker(installation, Random(options.seed), options.pause, wanted)
    log = installation.folder.path / "reader.jsonl"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.faults.reader", f"http://127.0.0.1:{installation.port}", cookie()]
    reader = launch(Program("reader", command, {"TRUTHLINE_DATABASE_POOL": "off"}, ROOT), log)
    began = time.time()
    forgotten = []
    while not striker.over:
        report.rounds += 1
        start = time.time()
        forget()
        forgotten.append((start, time.time()))
        found = scanned(origin, tips, lambda: strike(striker), report)
        for stage, state in found.items():
            report.differences += [f"{stage}: {one}" for one in comparing.difference(undisturbed[stage], state)]
    report.disturbed_seconds = time.time() - began
    reader.terminate()
    reader.wait()
    report.struck = striker.struck
    report.rows = {stage: {kind: len(rows) for kind, rows in state.items()} for stage, state in undisturbed.items()}
    lines = (json.loads(line) for line in log.read_text().splitlines() if line[:1] == "{")
    report.seen = seen(lines, striker.outages, forgotten)
    tell(report.text())
    if options.report:
        options.report.write_text(report.text(), encoding="utf-8")
    return 0 if report.good else 1


def scanned(
    origin: Path, tips: dict[str, str], meanwhile: Callable[[], None], report: Report
) -> dict[str, comparing.State]:
    """Connect the repository and scan it at each of the tips; return what was left behind after each."""
    forget()
    found = {}
    repository = None
    for stage, tip in tips.items():
        origins.move(origin, tip)
        if repository is None:
            repository = again(partial(connect, str(origin)))
            again(partial(plans.save, repository, parse(PLAN.encode()), user=None))
        else:
            again(partial(scans.request, repository, Scan.Reason.ASKED))
        began = time.time()
        wait(partial(settled, repository, tip), meanwhile)
        last = again(partial(repository.scans.newest().__getitem__, 0))
        if last.state != Scan.State.DONE:
            report.differences.append(f"{stage}: the scan {last.state}: {last.error}\n{last.log}")
            break
        found[stage] = again(partial(comparing.state, repository))
        tell(f"  {stage}: {time.time() - began:.0f} s, {last.log.count('no sign of life')} steps started again")
    return found


def settled(repository: Repository, tip: str) -> bool:
    """Tell whether the scan has ended, and the plan was looked at after it."""
    if repository.active_scan() is not None:
        return False
    plan = Plan.objects.get(repository=repository)
    return plan.evaluated_sha == tip or repository.scans.newest()[0].state != Scan.State.DONE


def forget() -> None:
    """Delete what an earlier run left."""
    again(lambda: Repository.objects.all().delete())
    again(lambda: Blob.objects.all().delete())


def strike(striker: Striker) -> None:
    def what_goes_on() -> str:
        scan = Scan.objects.active().first()
        return str(scan.state) if scan else "evaluating"

    before = len(striker.struck)
    striker.strike_when_due(lambda: again(what_goes_on))
    for at, part, way, during in striker.struck[before:]:
        tell(f"  {at:6.1f} s  {part} {way} while {during}, {len(striker.plan)} to come")


def wait(until: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not again(until):
        meanwhile()
        if time.monotonic() > deadline:
            raise AssertionError("a scan came to no end")
        time.sleep(0.1)


def again(act: Callable[[], T]) -> T:
    """Do something that the harness itself wants of the database, once more when that was just restarted."""
    for _ in range(20):
        try:
            return act()
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.5)
    return act()


def cookie() -> str:
    """Sign the first operator in and return the cookie that says so."""
    operator = get_user_model().objects.get(username="admin")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(operator.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = operator.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def tell(text: str) -> None:
    print(text, flush=True)
