"""A repository in the database as a scan leaves it: commits, lifetimes, and the tallies and standings that follow."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from dashboard import evaluation, plans
from dashboard.models import Plan
from dashboard.plan_markdown import parse
from dashboard.suggestion import Names
from scanner.engine import rule
from scanner.engine.baseline import AREAS, Pinned
from scanner.engine.score import AreaScore, Debts, Score, key_of
from scanner.models import Commit, Epoch, Repository, Scan, Standing, Tally, Violation

FIRST_DAY = datetime(2025, 9, 1, 12, tzinfo=UTC)
D = {"definitions": 100, "imports": 200, "isolation": 50, "structure": 40}


def sha(seq: int, salt: str = "") -> str:
    return hashlib.sha1(f"{salt}{seq}".encode()).hexdigest()


def life(introduced: int = 1, fixed: int | None = None, **facts: object) -> Violation:
    """A lifetime that is not in the database yet."""
    values = {
        "rule": "global-getter",
        "severity": "high",
        "scope": "production",
        "service": "app",
        "symbol": "get_app",
        "path": "app/core.py",
        "line": 3,
        "end_line": 3,
        "message": "get_app() hands out one shared instance",
    } | facts
    identity = ":".join(str(values[name]) for name in ("rule", "path", "symbol"))
    values.setdefault("fingerprint", hashlib.md5(identity.encode()).hexdigest())
    return Violation(introduced=introduced, fixed=fixed, **values)


def repository(
    lives: Sequence[Violation] = (),
    commits: int = 10,
    slug: str = "app",
    state: str = Epoch.State.LIVE,
    authors: Sequence[str] = ("Ada", "Brook"),
    **facts: object,
) -> Repository:
    """A scanned repository; a commit a day, `authors` in turn."""
    values = {"name": slug, "path": f"/srv/{slug}", "ref": "refs/heads/main"} | facts
    found = Repository.objects.create(slug=slug, **values)
    Commit.objects.bulk_create(
        Commit(
            repository=found,
            seq=seq,
            sha=sha(seq, slug),
            parent=sha(seq - 1, slug) if seq > 1 else "",
            author=authors[seq % len(authors)],
            email="someone@example.org",
            committed_at=FIRST_DAY + timedelta(days=seq),
            subject=f"change {seq}",
        )
        for seq in range(1, commits + 1)
    )
    epoch = Epoch.objects.create(
        repository=found,
        n=1,
        state=state,
        config_toml='services = ["app"]\n',
        config_digest="0" * 16,
        ruleset="first",
        extractor=1,
        baseline_sha=sha(commits, slug),
        pinned=Pinned(D, {}, {}).to_json(),
        replayed_seq=commits,
    )
    for one in lives:
        one.epoch = epoch
    Violation.objects.bulk_create(lives)
    _count(epoch, lives, first=commits if state == Epoch.State.PREVIEW else 1)
    now = datetime.now(UTC)
    Scan.objects.create(
        repository=found, epoch=epoch, state=Scan.State.DONE, reason=Scan.Reason.CONNECTED, started_at=now,
        finished_at=now, head_sha=sha(commits, slug), head_seq=commits, blobs_total=5, blobs_done=5,
        commits_total=commits, commits_done=commits, log="2025-09-11 12:00:00 done\n",
    )  # fmt: skip
    found.current_epoch = epoch
    found.last_scanned_at = now
    found.save()
    return found


def _count(epoch: Epoch, lives: Sequence[Violation], first: int) -> None:
    debts, open_ = Debts(rule.areas()), Counter()
    for seq in range(first, epoch.replayed_seq + 1):
        new = [one for one in lives if one.introduced == seq]
        gone = [one for one in lives if one.fixed == seq]
        for one in new:
            debts.add(one)
            open_[key_of(one)] += 1
        for one in gone:
            debts.add(one, -1)
            open_[key_of(one)] -= 1
        v = {area: Fraction(debts.areas[area], 4) for area in AREAS}
        score = Score({area: AreaScore(D[area], v[area]) for area in AREAS}, rules=rule.areas())
        critical = sum(count for key, count in open_.items() if key.severity == "critical")
        Standing.objects.create(
            epoch=epoch, seq=seq, score=score.value, debt=float(debts.total), open=open_.total(),
            introduced=sum(not one.continues_id for one in new), fixed=sum(not one.moved for one in gone),
            critical=critical, python=5, analysed=5, unparsable=0, skipped=0, scored=5, scored_analysed=5,
            production=4, d=D, v={area: float(debt) for area, debt in v.items()},
        )  # fmt: skip
        for key in {key_of(one) for one in (*new, *gone)}:
            Tally.objects.create(
                epoch=epoch, seq=seq, open=open_[key], introduced=sum(key_of(one) == key for one in new),
                fixed=sum(key_of(one) == key for one in gone), **key._asdict(),
            )  # fmt: skip


PLAN = """# One app

> **MISSION**: One way to get the app

## Phase 1: One getter (P0 CRITICAL)
**GOAL**: No shared instance
**RISK**: LOW

### Step 1A: Remove the getter
**Target**: `app/core.py:3`
**Action**: Delete the duplicate `class App`

```bash
git rm app/core.py
```

## Success criteria

### Phase 1 Success
- [ ] No getter is left
- [ ] Everybody agrees

### Overall Success
- [ ] Compliance score improves

### Emergency stop conditions
1. The app does not start
"""


def plan(found: Repository, text: str = PLAN, predicates: dict[str, dict[str, object]] | None = None) -> Plan:
    """A plan over it, started at the first commit: `predicates` by the text of the criterion, the others manual."""
    made = plans.save(found, parse(text.encode()), user=None, predicates={}, names=Names(paths=("app/core.py",)))
    made.start_sha = sha(1, found.slug)
    made.save(update_fields=["start_sha"])
    for words, predicate in (predicates or {}).items():
        made.criteria.filter(text=words).update(predicate=predicate)
    evaluation.evaluate(made)
    return made
