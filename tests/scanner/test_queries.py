"""The named queries: what they return, that their cost does not grow with rows, and that they use their index."""

from __future__ import annotations

import pytest
from django.db import connection

from scanner.models import Epoch, Repository, Standing, Tally, Violation

pytestmark = pytest.mark.django_db

# name: introduced, fixed, moved, continued row
ROWS = {
    "old": (1, None, False, None),
    "fixed": (1, 3, False, None),
    "moving": (1, 2, True, None),
    "moved": (2, None, False, "moving"),
    "new": (3, None, False, None),
    "brief": (2, 3, False, None),
}


@pytest.fixture
def epoch() -> Epoch:
    repository = Repository.objects.create(name="r", slug="r", path="/r", ref="refs/heads/main")
    made = Epoch.objects.create(
        repository=repository,
        n=1,
        state="live",
        config_toml="",
        config_digest="",
        ruleset="",
        extractor=1,
        replayed_seq=3,
    )
    repository.current_epoch = made
    repository.save()
    ids: dict[str, Violation] = {}
    for name, (introduced, fixed, moved, before) in ROWS.items():
        ids[name] = violation(made, name, introduced=introduced, fixed=fixed, moved=moved, continues=ids.get(before))
    return made


def violation(epoch: Epoch, name: str, **fields: object) -> Violation:
    place = {"path": f"{name}.py", "symbol": name, "line": 1, "end_line": 1, "message": name, "service": "s"}
    kind = {"rule": "unresolvable-import", "severity": "critical", "scope": "production"}
    return Violation.objects.create(epoch=epoch, fingerprint=name, **place, **kind, **fields)


QUERIES = [
    (lambda found: found.open(), {"old", "moved", "new"}),
    (lambda found: found.open_at(1), {"old", "fixed", "moving"}),
    (lambda found: found.open_at(2), {"old", "fixed", "moved", "brief"}),
    (lambda found: found.open_at(3), {"old", "moved", "new"}),
    (lambda found: found.introduced_in(2), {"brief"}),
    (lambda found: found.fixed_in(2), set()),
    (lambda found: found.fixed_in(3), {"fixed", "brief"}),
    (lambda found: found.between(1, 2), {"brief"}),
    (lambda found: found.between(2, 3), {"fixed", "brief", "new"}),
    (lambda found: found.newest_introduced(), {"old", "fixed", "moving", "brief", "new"}),
    (lambda found: found.newest_fixed(), {"fixed", "brief"}),
]


@pytest.mark.parametrize(("query", "names"), QUERIES)
def test_named_queries(query, names, epoch, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert {found.symbol for found in query(epoch.violations)} == names


def test_tally_at(epoch, django_assert_num_queries):
    for seq, rule, count in ((1, "a", 2), (1, "b", 1), (2, "a", 5), (3, "b", 0)):
        key = {"service": "s", "rule": rule, "severity": "high", "scope": "production"}
        Tally.objects.create(epoch=epoch, seq=seq, open=count, introduced=0, fixed=0, **key)
    with django_assert_num_queries(1):
        assert [(row.rule, row.open) for row in epoch.tallies.at(2)] == [("a", 5), ("b", 1)]
    assert [(row.rule, row.open) for row in epoch.tallies.at(3)] == [("a", 5), ("b", 0)]


def test_current_standings(epoch, django_assert_num_queries):
    files = {"python": 1, "analysed": 1, "unparsable": 0, "skipped": 0, "scored": 1, "scored_analysed": 1}
    counts = {"open": 0, "introduced": 0, "fixed": 0, "critical": 0, "production": 1, "debt": 0.0}
    for seq in (1, 2, 3):
        Standing.objects.create(epoch=epoch, seq=seq, score=100.0 - seq, **files, **counts)
    with django_assert_num_queries(1):
        assert [row.score for row in Standing.objects.current()] == [97.0]


INDEXES = [
    (lambda found: found.introduced_in(400), "violation_introduced"),
    (lambda found: found.fixed_in(400), "violation_fixed"),
    (lambda found: found.newest_introduced()[:20], "violation_introduced"),
    (lambda found: found.newest_fixed()[:20], "violation_fixed"),
    (lambda found: found.open().filter(rule="rule-7").order_by("id")[:50], "violation_open_rule"),
    (lambda found: found.filter(fingerprint="17"), "violation_history"),
    (lambda found: found.filter(symbol="symbol-17"), "violation_symbol"),
]


@pytest.mark.parametrize(("query", "index"), INDEXES)
def test_queries_use_the_index_made_for_them(query, index, epoch):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO scanner_violation (epoch_id, rule, fingerprint, path, symbol, line, end_line, severity, scope,"
            " service, message, canonical, related, introduced, fixed, moved) SELECT %s, 'rule-' || n %% 20, n::text,"
            " 'p' || n, 'symbol-' || n %% 997, 1, 1, 'high', 'production', 's', 'm', '', '[]', 1 + n %% 997,"
            " CASE WHEN n %% 4 > 0 THEN 2 + n %% 997 + n %% 13 END, false FROM generate_series(1, 20000) AS n",
            [epoch.pk],
        )
        cursor.execute("ANALYZE scanner_violation")
    assert index in query(epoch.violations).explain()
