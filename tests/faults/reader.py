"""`python -m tests.faults.reader URL COOKIE`: somebody who looks all the time, and says when what he sees is not whole.

Looks in transactions of its own through the QuerySet methods of the pages, and asks for the pages themselves. Prints a
line of JSON for each thing seen.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import time
import urllib.error
import urllib.request
from collections import Counter

import django

PAUSE = 0.2  # seconds
HTTP_PATIENCE = 30.0  # seconds


def main(url: str, cookie: str) -> None:
    from django.db import DatabaseError, InterfaceError, connection

    slugs: list[str] = []
    for turn in itertools.count():
        try:
            slugs = look()
        except (DatabaseError, InterfaceError) as error:
            say("interrupted", str(error).splitlines()[0] if str(error) else type(error).__name__)
            connection.close()
        paths = ["/", *(f"/repositories/{slug}/{page}" for slug in slugs for page in ("", "violations/", "commits/"))]
        ask(url, cookie, paths[turn % len(paths)])
        time.sleep(PAUSE)


def look() -> list[str]:
    """Look at all repositories at one moment; return their slugs."""
    from django.db import connection, transaction

    from scanner.models import Repository

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        repositories = list(Repository.objects.tracked().select_related("current_epoch"))
        for repository in repositories:
            shown = repository.current_epoch
            for epoch in repository.epochs.exclude(state="retired"):
                wrong = [*contradictions(repository, epoch)]
                say("wrong" if wrong else "whole", wrong, epoch=epoch.pk, state=epoch.state, seq=epoch.replayed_seq)
            if shown and repository.epochs.filter(state="live").exists() and shown.state != "live":
                say("wrong", ["an epoch is live and another is shown"])
            if repository.scans.running().count() > 1:
                say("wrong", ["two scans run"])
    return [repository.slug for repository in repositories]


def contradictions(repository, epoch):
    """Yield a sentence for everything about an epoch that does not fit the rest of it."""
    from scanner.models import Commit, Standing

    seq = epoch.replayed_seq
    standing = epoch.standing
    rows = set(epoch.standings.values_list("seq", flat=True))
    expected = set() if not seq else {seq} if epoch.state == "preview" else set(range(1, seq + 1))
    if rows != expected:
        yield f"{len(rows)} standings, {len(expected)} expected"
    if epoch.violations.filter(introduced__gt=seq).exists() or epoch.violations.filter(fixed__gt=seq).exists():
        yield "violations know a later commit"
    if epoch.tallies.filter(seq__gt=seq).exists():
        yield "tallies know a later commit"
    if standing is None:
        return
    if repository.current_epoch_id == epoch.pk:
        if Commit.objects.filter(repository=repository).heads(django.utils.timezone.timedelta(days=7)).count() != 1:
            yield "no commit is the shown one"
        if Standing.objects.filter(epoch=epoch).current().count() != 1:
            yield "no standing is the shown one"
    yield from _counts(epoch, seq, standing)


def _counts(epoch, seq, standing):
    from dashboard.arithmetic import score_of
    from scanner.engine import rule
    from scanner.engine.score import Debts, TallyKey

    keys = ("service", "rule", "severity", "scope")
    there: Counter[TallyKey] = Counter(TallyKey(*key) for key in epoch.violations.open().values_list(*keys))
    told = {TallyKey(*(getattr(row, key) for key in keys)): row.open for row in epoch.tallies.at(seq) if row.open}
    if there != told:
        yield f"{there.total()} violations are open, the tallies say {sum(told.values())}"
    if epoch.violations.open_at(seq).count() != there.total():
        yield "open is not the same as open at the newest commit"
    if standing.open != there.total():
        yield f"{there.total()} violations are open, the standing says {standing.open}"
    came = epoch.violations.introduced_in(seq).count()
    if standing.introduced != came and epoch.state != "preview":
        yield f"{came} violations are new, the standing says {standing.introduced}"
    if epoch.violations.fixed_in(seq).count() != standing.fixed:
        yield "the standing miscounts what was fixed"
    debts = Debts(rule.areas())
    for key, count in told.items():
        debts.add_key(key, count)
    # A file that nobody can read is a debt without a violation: the standing may know of more, never of less.
    if not math.isclose(float(debts.total), standing.debt):
        yield f"the debt is {float(debts.total)}, the standing says {standing.debt}"
    score = score_of(standing, epoch)
    if standing.score is not None and (score is None or score.value is None or score.value != standing.score):
        yield f"the score is {score.value if score else None}, the standing says {standing.score}"


def ask(url: str, cookie: str, path: str) -> None:
    """Ask for a page; say how it was answered and between which moments."""
    began = time.time()
    request = urllib.request.Request(f"{url}{path}", headers={"Cookie": cookie})
    try:
        with urllib.request.urlopen(request, timeout=HTTP_PATIENCE) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as answer:
        status = answer.code
    except OSError:
        status = 0
    say("page", path, status=status, began=began)


def say(what: str, detail: object, **more: object) -> None:
    print(json.dumps({"what": what, "detail": detail, "at": time.time(), **more}), flush=True)


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
