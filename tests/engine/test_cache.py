"""The cache of facts: what is kept, for whom, and what happens when the file is shared, damaged or locked."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scanner.engine import cache
from scanner.engine.cache import CacheError, FactsCache, default_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def warnings() -> list[str]:
    return []


def test_facts_are_kept_between_runs(tmp_path, warnings) -> None:
    first = FactsCache(tmp_path, warnings.append)
    first.put((f"{n:040x}", b"facts %d" % n) for n in range(1200))
    first.close()
    second = FactsCache(tmp_path, warnings.append)
    wanted = [f"{n:040x}" for n in range(1100, 1300)]
    assert dict(second.get(wanted)) == {f"{n:040x}": b"facts %d" % n for n in range(1100, 1200)}
    assert second.known(wanted) == set(wanted[:100])
    assert warnings == []


def test_what_is_there_stays(tmp_path, warnings) -> None:
    store = FactsCache(tmp_path, warnings.append)
    store.put([("a", b"1")])
    store.put([("a", b"2"), ("b", b"3")])
    assert dict(store.get(["a", "b", "c"])) == {"a": b"1", "b": b"3"}


def test_another_extractor_sees_nothing(tmp_path, warnings, monkeypatch) -> None:
    FactsCache(tmp_path, warnings.append).put([("a", b"1")])
    monkeypatch.setattr(cache, "EXTRACTOR_VERSION", -1)
    assert dict(FactsCache(tmp_path, warnings.append).get(["a"])) == {}


def test_without_a_folder_it_lives_as_long_as_the_run(warnings) -> None:
    store = FactsCache(None, warnings.append)
    store.put([("a", b"1")])
    assert dict(store.get(["a"])) == {"a": b"1"}
    assert dict(FactsCache(None, warnings.append).get(["a"])) == {}


def test_a_damaged_file_is_replaced(tmp_path, warnings) -> None:
    (tmp_path / cache.FILE_NAME).write_bytes(b"this is no database" * 100)
    store = FactsCache(tmp_path, warnings.append)
    store.put([("a", b"1")])
    assert dict(store.get(["a"])) == {"a": b"1"}


def test_a_file_that_fails_later_is_left_with_one_warning(tmp_path, warnings) -> None:
    store = FactsCache(tmp_path, warnings.append)
    store._database.execute("DROP TABLE facts")
    assert dict(store.get(["a"])) == {}
    store.put([("a", b"1")])
    assert dict(store.get(["a"])) == {"a": b"1"}
    assert warnings == ["going on without the cache of facts: no such table: facts"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path, warnings) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match=r"cannot keep facts in .*file"):
        FactsCache(tmp_path / "file", warnings.append)


def test_the_default_folder_is_the_users(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "truthline"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = default_folder()
    assert folder is not None
    assert folder.is_relative_to(tmp_path)


WRITER = """
import sys
from pathlib import Path
from scanner.engine.cache import FactsCache
folder, mine = Path(sys.argv[1]), int(sys.argv[2])
warnings = []
for n in range(40):
    print("again", flush=True)
    store = FactsCache(folder, warnings.append)
    store.put((f"{m:040x}", b"%d" % m) for m in range(n * 20, n * 20 + 600, 1 + mine))
    known = dict(store.get([f"{m:040x}" for m in range(n * 20, n * 20 + 600, 1 + mine)]))
    assert len(known) == len(range(n * 20, n * 20 + 600, 1 + mine)), len(known)
    store.close()
sys.exit("; ".join(warnings) or 0)
"""


def test_several_processes_share_it(tmp_path, warnings) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(n)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for n in range(3)
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 3
    shas = [f"{n:040x}" for n in range(39 * 20 + 600)]
    assert dict(FactsCache(tmp_path, warnings.append).get(shas)) == {sha: b"%d" % n for n, sha in enumerate(shas)}


def test_it_stays_below_its_limit(tmp_path, warnings, monkeypatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 1 << 18)
    for week in range(6):
        monkeypatch.setattr(cache.time, "time", lambda week=week: (2_900 + week) * 7 * 86_400)
        store = FactsCache(tmp_path, warnings.append)
        assert week == 0 or len(dict(store.get(["always"]))) == 1
        store.put([("always", b"1"), *((f"{week}-{n}", os.urandom(300)) for n in range(400))])
        store.close()
    assert (tmp_path / cache.FILE_NAME).stat().st_size < 1 << 19
    store = FactsCache(tmp_path, warnings.append)
    kept = [len(dict(store.get([f"{week}-{n}" for n in range(400)]))) for week in range(6)]
    assert kept == sorted(kept)
    assert (kept[0], kept[-1], warnings) == (0, 400, [])


def test_facts_of_other_versions_go_first(tmp_path, warnings, monkeypatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 1 << 18)
    store = FactsCache(tmp_path, warnings.append)
    store.put((f"new-{n}", os.urandom(300)) for n in range(400))
    store.close()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "EXTRACTOR_VERSION", -1)
        old = FactsCache(tmp_path, warnings.append)
        patch.setattr(cache, "MOST_BYTES", 1 << 30)
        old.put((f"old-{n}", os.urandom(300)) for n in range(400))
        old.close()
    store = FactsCache(tmp_path, warnings.append)
    store.put([("one more", b"1")])
    store.close()
    assert len(dict(FactsCache(tmp_path, warnings.append).get([f"new-{n}" for n in range(400)]))) == 400


def test_a_file_of_an_earlier_layout_is_made_anew(tmp_path, warnings) -> None:
    with sqlite3.connect(tmp_path / cache.FILE_NAME) as old:
        old.execute("CREATE TABLE facts (sha TEXT, extractor TEXT, data BLOB)")
    store = FactsCache(tmp_path, warnings.append)
    store.put([("a", b"1")])
    assert (dict(store.get(["a"])), warnings) == ({"a": b"1"}, [])


def test_writers_that_are_killed_leave_it_whole(tmp_path, warnings) -> None:
    """Whatever moment they die at: what is there is whole, and the next one goes on.

    Moments are told from the writer's rounds, not from its start, which a busy machine delays.
    """
    moments = random.Random(3)
    for n in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(n % 3)],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert writer.stdout is not None
        assert [writer.stdout.readline() for _ in range(1 + n % 4)] == [b"again\n"] * (1 + n % 4)
        time.sleep(moments.random() * 0.05)
        writer.kill()
        writer.communicate()
        shas = [f"{m:040x}" for m in range(39 * 20 + 600)]
        store = FactsCache(tmp_path, warnings.append)
        found = dict(store.get(shas))
        assert all(found[sha] == b"%d" % m for m, sha in enumerate(shas) if sha in found)
        assert store._database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store.close()
    assert found
    assert warnings == []
