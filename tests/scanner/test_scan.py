"""Scans end to end: a real worker, a real broker, a real database, real git."""

from __future__ import annotations

from collections import Counter

import pytest

from scanner import chunks, extraction, preparation, replaying, scans
from scanner.connections import connect
from scanner.engine.parser_pool import ParserPool
from scanner.models import Chunk, Epoch, Repository, ResolvedTree, Scan
from tests.scanner.origin import CLASS, SMALL, busy_history
from tests.scanner.scanning import finished, held, numbers, wait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def rescan(repository: Repository) -> Scan:
    scans.request(repository, Scan.Reason.ASKED)
    return finished(repository)


def kept_tree(repository: Repository, sha: str) -> ResolvedTree:
    """Wait for the tree of a commit: it is kept after the scan has ended."""
    wait(lambda: ResolvedTree.objects.filter(epoch=repository.current_epoch, sha=sha).exists())
    return ResolvedTree.objects.get(epoch=repository.current_epoch)


def test_first_scan_finds_what_is_there(connected):
    epoch = connected.current_epoch
    assert epoch.state == "live"
    assert (epoch.replayed_seq, epoch.violations.open().count()) == (1, epoch.standing.open)
    found = Counter(epoch.violations.values_list("rule", flat=True))
    assert found["duplicate-definition"] == 1
    assert found["unresolvable-import"] == 1
    assert found["global-getter"] == 1
    lost = epoch.violations.get(rule="unresolvable-import")
    assert (lost.path, lost.line, lost.introduced, lost.fixed) == ("shop/orders.py", 1, 1, None)
    assert connected.epochs.count() == 1, "the preview is gone"
    assert connected.last_scanned_at is not None
    assert not Chunk.objects.exists()


def test_the_head_is_shown_before_its_history(live_worker, origin):
    origin.commit_all(busy_history(1500)[1:])
    repository = connect(str(origin.path))
    place = ("fingerprint", "path", "line", "message")
    with held(repository, repository__current_epoch__state="preview"):
        repository.refresh_from_db()
        preview = repository.current_epoch
        assert preview.replayed_seq == 1500
        assert set(preview.violations.values_list("introduced", "fixed")) == {(1500, None)}, "ages are not known yet"
        shown, standing = set(preview.violations.values_list(*place)), preview.standing
    finished(repository)
    repository.refresh_from_db()
    epoch = repository.current_epoch
    assert epoch.state == "live"
    assert set(epoch.violations.open().values_list(*place)) == shown
    assert (epoch.standing.score, epoch.standing.debt) == (standing.score, standing.debt)
    assert epoch.violations.open().filter(introduced__lt=1500).exists()


def test_the_head_goes_before_its_history(live_worker, origin):
    live_worker.stop()
    origin.commit_all(busy_history(200)[1:])
    repository = connect(str(origin.path))
    scan = repository.scans.get()
    assert preparation.prepare(scan.pk) == ["extract"] * chunks.PARALLEL
    with ParserPool() as pool:
        assert extraction.extract_next(scan.pk, pool) == "preview"
        assert replaying.preview(scan.pk, pool) is None, "the history is not analysed yet"
        repository.refresh_from_db()
        assert repository.current_epoch.state == "preview"
        assert extraction.extract_next(scan.pk, pool) == "extract", "the history is listed"
    scan.refresh_from_db()
    assert (scan.state, scan.blobs_done < scan.blobs_total) == ("extracting", True)


def test_the_proposed_canonical_place_holds_for_the_whole_epoch(connected, origin):
    """Imports that change after the baseline must not move violations from one definition to the other."""
    found = connected.current_epoch.violations.filter(rule="duplicate-definition")
    assert [v.path for v in found] == ["shop/orders.py"], "two modules import the one in cart.py"
    away: dict[str, str | None] = {"shop/prices.py": None, "shop/state.py": None}
    origin.commit({**away, **{f"shop/user{n}.py": "from shop.orders import Basket\n" for n in range(4)}})
    rescan(connected)
    origin.commit({"shop/cart.py": f"# touched\n{CLASS.format(name='Basket', value=1)}"})
    rescan(connected)
    assert [(v.path, v.introduced, v.fixed) for v in found.all()] == [("shop/orders.py", 1, None)]


def test_second_scan_adds_commits(connected, origin):
    first = connected.current_epoch
    origin.commit({"shop/gone.py": "thing = 1\n"}, "Bring it back")
    origin.commit({"shop/state.py": None, "shop/late.py": "import shop.nowhere\n"}, "Drop the getter")
    scan = rescan(connected)
    connected.refresh_from_db()
    assert connected.current_epoch == first, "the same epoch goes on"
    assert (scan.commits_total, scan.commits_done, scan.blobs_total, scan.blobs_done) == (2, 2, 2, 2)
    found = first.violations
    assert [v.rule for v in found.fixed_in(2)] == ["unresolvable-import"]
    assert [v.rule for v in found.fixed_in(3)] == ["global-getter"]
    assert [v.path for v in found.introduced_in(3)] == ["shop/late.py"]
    assert list(connected.commits.order_by("seq").values_list("subject", flat=True)) == [
        "First commit",
        "Bring it back",
        "Drop the getter",
    ]


def test_a_score_follows_violations_when_nothing_else_changes(connected, origin):
    double = SMALL["shop/orders.py"]
    single = double.replace("Basket", "Trolley")
    for text in (single, f"{single}\n", double):
        origin.commit({"shop/orders.py": text})
    rescan(connected)
    standings = connected.current_epoch.standings.order_by("seq")
    first, second, third, fourth = standings.values_list("score", "debt", "open")
    assert second == third
    assert second[0] > first[0]
    assert second[1] < first[1]
    assert fourth == first


def test_the_tree_that_was_kept_is_gone_on_from(connected, origin):
    kept = kept_tree(connected, connected.commits.get(seq=1).sha)
    origin.commit({"shop/more.py": "from shop.cart import Nothing\n"})
    scan = rescan(connected)
    assert f"going on from the kept tree of {kept.sha[:9]}" in scan.log
    assert connected.current_epoch.violations.open().filter(path="shop/more.py").exists()
    kept_tree(connected, scan.head_sha)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"frozen": b"garbage"}, "is of no use, resolving it anew: written by another version"),
        ({"sha": "0" * 40}, ""),  # of another commit, as after a force-push
    ],
)
def test_a_kept_tree_of_no_use_is_made_anew(connected, origin, damage, told):
    kept_tree(connected, connected.commits.get(seq=1).sha)
    ResolvedTree.objects.update(**damage)
    origin.commit({"shop/more.py": "from shop.cart import Nothing\n"})
    scan = rescan(connected)
    assert told in scan.log
    assert "going on from" not in scan.log
    assert connected.current_epoch.violations.open().filter(path="shop/more.py").exists()
    kept_tree(connected, scan.head_sha)


def test_scan_without_new_commits_changes_nothing(connected):
    before = numbers(connected)
    scan = rescan(connected)
    assert scan.commits_total == 0
    assert numbers(connected) == before


def test_a_renamed_file_continues_its_violations(connected, origin):
    origin.commit({"shop/orders.py": None, "shop/sales.py": SMALL["shop/orders.py"]}, "Rename")
    rescan(connected)
    found = connected.current_epoch.violations
    successor = found.get(rule="unresolvable-import", path="shop/sales.py")
    assert (successor.continues.path, successor.continues.fixed, successor.continues.moved) == (
        "shop/orders.py",
        2,
        True,
    )
    assert "unresolvable-import" not in {v.rule for v in found.introduced_in(2) | found.fixed_in(2)}


def test_history_is_the_same_however_it_was_scanned(live_worker, origin, tmp_path):
    """In three scans, across batches, or in one: the same lifetimes, tallies and standings."""
    steps = busy_history(260)
    piecewise = connect(str(origin.path))
    finished(piecewise)
    for start, end in ((1, 40), (40, 41), (41, 260)):
        origin.commit_all(steps[start:end])
        rescan(piecewise)
    at_once = connect(str(origin.clone(tmp_path / "clone").path))
    assert finished(at_once).blobs_total == 0, "no file is parsed twice, in any repository"
    at_once_epoch = Epoch.objects.get(repository=at_once)
    # The denominators are pinned at each one's own baseline, so scores may differ; nothing else may.
    first, second = numbers(piecewise), numbers(at_once)
    assert first["commits"] == second["commits"]
    assert first["lifetimes"] == second["lifetimes"]
    assert first["tallies"] == second["tallies"]
    assert at_once_epoch.violations.filter(moved=True).exists()
    assert at_once_epoch.violations.filter(fixed__isnull=False, moved=False).exists()
    assert_consistent(at_once_epoch)


def assert_consistent(epoch: Epoch) -> None:
    """Tallies are the sums of lifetimes, standings the sums of tallies, at every commit."""
    lifetimes = list(epoch.violations.all())
    key = ("service", "rule", "severity", "scope")
    standings = {standing.seq: standing for standing in epoch.standings.all()}
    assert sorted(standings) == list(range(1, epoch.replayed_seq + 1))
    for seq in range(1, epoch.replayed_seq + 1):
        opened = Counter(tuple(getattr(v, k) for k in key) for v in lifetimes if is_open(v, seq))
        tallied = {tuple(getattr(t, k) for k in key): t.open for t in epoch.tallies.at(seq) if t.open}
        assert tallied == opened
        introduced = sum(v.introduced == seq and v.continues_id is None for v in lifetimes)
        fixed = sum(v.fixed == seq and not v.moved for v in lifetimes)
        rows = list(epoch.tallies.filter(seq=seq))
        assert (sum(t.introduced for t in rows), sum(t.fixed for t in rows)) == (introduced, fixed)
        standing = standings[seq]
        assert (standing.open, standing.introduced, standing.fixed) == (opened.total(), introduced, fixed)
        criticals = sum(n for k, n in opened.items() if k[2:] == ("critical", "production"))
        assert standing.critical == criticals
        assert standing.debt == pytest.approx(sum(standing.v.values()))


def is_open(violation, seq: int) -> bool:
    return violation.introduced <= seq and (violation.fixed is None or violation.fixed > seq)


def test_force_push_rewinds(live_worker, origin, tmp_path):
    """After the branch was rewritten, everything is as if the dropped commits had never been."""
    steps = busy_history(60)
    origin.commit_all(steps[1:30])
    fork = origin.git("rev-parse", "main")
    origin.commit_all([{"shop/cart.py": f"# moved down\n{SMALL['shop/cart.py']}", "shop/gone.py": "thing = 1\n"}])
    origin.commit_all([{f"shop/extra{n}.py": "import shop.never\n"} for n in range(5)])
    rewritten = connect(str(origin.path))
    finished(rewritten)
    assert rewritten.commits.count() == 36
    origin.commit_all(steps[30:40], base=fork)
    scan = rescan(rewritten)
    assert "6 commits are gone" in scan.log
    fresh = connect(str(origin.clone(tmp_path / "clone").path))
    finished(fresh)
    for part in ("commits", "lifetimes", "tallies"):
        assert numbers(rewritten)[part] == numbers(fresh)[part], part


def test_a_changed_config_builds_a_new_epoch(connected, origin):
    old = connected.current_epoch
    origin.commit({"truthline.toml": '[scopes]\narchive = ["shop/orders.py"]\n'}, "Set orders aside")
    rescan(connected)
    connected.refresh_from_db()
    epoch = connected.current_epoch
    assert (epoch.n, epoch.state, epoch.replayed_seq) == (old.n + 1, "live", 2)
    assert epoch.config_in_repository
    assert epoch.violations.get(rule="unresolvable-import").scope == "archive"
    old.refresh_from_db()
    assert old.state == "retired"
    assert not old.violations.exists()
    assert old.standings.count() == 1, "the old line on the chart stays"


def test_a_bad_config_fails_and_keeps_the_numbers(connected, origin):
    before = numbers(connected)
    origin.commit({"truthline.toml": "servises = []\n"}, "Mistype a key")
    scans.request(connected, Scan.Reason.ASKED)
    scan = finished(connected, "failed")
    assert "truthline.toml" in scan.error
    assert "servises" in scan.error
    assert numbers(connected) == before


def test_a_folder_that_is_gone_fails_and_keeps_the_numbers(connected, origin):
    before = numbers(connected)
    origin.path.rename(origin.path.with_name("elsewhere"))
    scans.request(connected, Scan.Reason.ASKED)
    scan = finished(connected, "failed")
    assert str(origin.path) in scan.error
    assert scan.attempts == 1, "another attempt would not help"
    assert numbers(connected) == before


def test_numbers_that_do_not_fit_are_built_anew(connected, origin):
    """Whatever broke them: the scan says so, the next one replays all history, and the old numbers stay meanwhile."""
    broken = connected.current_epoch
    broken.violations.filter(rule="global-getter").delete()
    origin.commit({"shop/state.py": None}, "Drop the getter")
    scans.request(connected, Scan.Reason.ASKED)
    assert "The next scan builds the numbers anew." in finished(connected, "failed").error
    connected.refresh_from_db()
    assert connected.current_epoch == broken
    rescan(connected)
    connected.refresh_from_db()
    assert connected.current_epoch != broken
    assert [v.rule for v in connected.current_epoch.violations.fixed_in(2)] == ["global-getter"]


def test_cancel_stops_and_the_next_scan_goes_on(live_worker, origin, tmp_path):
    origin.commit_all(busy_history(1500)[1:])
    repository = connect(str(origin.path))
    with held(repository, commits_done__gt=0) as scan:
        assert scans.cancel(scan)
    assert not scans.cancel(scan)
    scan.refresh_from_db()
    assert (scan.state, scan.lease) == ("cancelled", None)
    reached = repository.epochs.get(state="building").replayed_seq
    assert 0 < reached < 1500
    again = rescan(repository)
    assert again.commits_total == 1500 - repository.epochs.get().standings.filter(seq__lte=reached).count()


def test_a_worker_that_fails_late_does_not_change_why_a_scan_ended(no_worker, origin):
    scan = connect(str(origin.path)).scans.get()
    scans.end(scan, Scan.State.FAILED, "Gave up.")
    scans.keep_error(scan.pk, ValueError("too late"))
    scan.refresh_from_db()
    assert scan.error == "Gave up."
    assert "ValueError: too late" in scan.log


def test_vanished_files_make_the_score_inconclusive_until_they_return(live_worker, origin):
    many: dict[str, str | None] = {f"shop/many{n}.py": "" for n in range(10)}
    gone: dict[str, str | None] = dict.fromkeys(many)
    origin.commit_all([many, gone, {"README.md": "# The baseline\n"}])
    repository = connect(str(origin.path))
    finished(repository)
    origin.commit_all([many, gone, {"README.md": "# Still waiting\n"}, many])
    rescan(repository)
    repository.refresh_from_db()
    assert list(repository.current_epoch.standings.trend().values_list("seq", "inconclusive")) == [
        (1, False),
        (2, False),
        (3, True),
        (4, False),  # what the baseline lacks is not missed
        (5, False),
        (6, True),
        (7, True),
        (8, False),
    ]
