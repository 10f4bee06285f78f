"""The pool: right answers from any number of processes, whatever becomes of them."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from scanner.engine import parser, parser_process
from scanner.engine.codec import decode
from scanner.engine.extract import extract
from scanner.engine.facts import Facts
from scanner.engine.parser import ParserPoolError
from scanner.engine.parser_pool import ParserPool
from scanner.engine.parser_process import Limits

ROOT = Path(__file__).resolve().parents[2]
CLASS = b"class A%d:\n    pass\n"
# Quadratic for every parser so far: far beyond the limits of these tests, whatever the machine.
SLOW = b"x = f'" + b"{a}" * 600_000 + b"'\n"


def _blobs(count: int) -> Iterator[tuple[str, bytes]]:
    yield from ((f"{number}", CLASS % number) for number in range(count))


def _run(pool: ParserPool, *sources: bytes | None) -> list[Facts]:
    answers = dict(pool.extract((str(number), source) for number, source in enumerate(sources)))
    assert len(answers) == len(sources)
    return [decode(answers[str(number)]) for number in range(len(sources))]


def _pids(pool: ParserPool) -> list[int]:
    return [one._process.pid for one in pool._parsers]


def _count_starts(monkeypatch: pytest.MonkeyPatch, kills: int = 0) -> list[int]:
    """Return a list that gets the id of every process that is started; the first few are killed at once."""
    started: list[int] = []

    def start(limits: Limits, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        process = parser_process.spawn(limits, stderr)
        if len(started) < kills:
            process.kill()
        started.append(process.pid)
        return process

    monkeypatch.setattr(parser, "spawn", start)
    return started


def _seconds_for(source: bytes) -> float:
    began = time.process_time()
    extract(source)
    return time.process_time() - began


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_file_has_its_own_facts(jobs: int) -> None:
    with ParserPool(jobs) as pool:
        answers = list(pool.extract(_blobs(50)))
        assert len(pool._parsers) == jobs
    assert sorted(sha for sha, _ in answers) == sorted(str(number) for number in range(50))
    for sha, data in answers:
        assert decode(data) == extract(CLASS % int(sha))


def test_no_process_without_a_file() -> None:
    with ParserPool(2) as pool:
        assert list(pool.extract([])) == []
        assert [decode(data).outcome for _, data in pool.extract([("a", None)])] == ["too-large"]
        assert pool._parsers == []


def test_processes_are_kept_and_then_ended() -> None:
    with ParserPool(1) as pool:
        _run(pool, b"x = 1")
        pids = _pids(pool)
        _run(pool, b"x = 2", b"x = 3")
        assert _pids(pool) == pids
    assert not any(map(_alive, pids))


def test_a_large_file_is_never_parsed() -> None:
    with ParserPool(1, Limits(file_bytes=10)) as pool:
        facts = _run(pool, b"x = 123456", b"x = 1234567", None)
    assert [told.outcome for told in facts] == ["ok", "too-large", "too-large"]


def test_processor_time_runs_out() -> None:
    with ParserPool(1, Limits(cpu_seconds=1)) as pool:
        facts = _run(pool, b"x = 1", SLOW, CLASS % 1)
    assert [told.outcome for told in facts] == ["ok", "timeout", "ok"]
    assert facts[2] == extract(CLASS % 1)
    assert "processor time" in facts[1].detail


def test_a_file_that_takes_too_long_does_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a used process as in a fresh one: none is started to try it again."""
    started = _count_starts(monkeypatch)
    with ParserPool(1, Limits(cpu_seconds=1)) as pool:
        facts = _run(pool, SLOW, b"x = 1", SLOW, SLOW)
    assert [told.outcome for told in facts] == ["timeout", "ok", "timeout", "timeout"]
    assert len({told.detail for told in facts} - {""}) == 1
    assert len(started) == 3


def test_every_file_has_the_whole_time() -> None:
    """However much the process has used for others."""
    large = b"\n".join(b"def f%d(a, b=1): return [a for a in b if a]" % n for n in range(5_000))
    needed = min(_seconds_for(large) for _ in range(3))
    limit = math.ceil(3 * needed)
    files = math.ceil(2 * limit / needed)
    with ParserPool(1, Limits(cpu_seconds=limit)) as pool:
        facts = _run(pool, *[large + b"\n" * n for n in range(files)])
        assert [told.outcome for told in facts] == ["ok"] * files
        assert (parser_process.processor_seconds(*_pids(pool)) or limit) >= limit


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a child has used")
def test_a_busy_machine_takes_no_time_from_a_file() -> None:
    """The wall clock runs out many times over; the processor time decides."""
    with ParserPool(1, Limits(cpu_seconds=3, wall_seconds=0.3)) as pool:
        facts = _run(pool, b"x = [" + b"1, " * 50_000 + b"]\n" + CLASS % 0, SLOW, CLASS % 1)
    assert [told.outcome for told in facts] == ["ok", "timeout", "ok"]
    assert "processor time" in facts[1].detail


def test_the_wall_clock_is_for_a_process_that_does_nothing() -> None:
    with ParserPool(1, Limits(wall_seconds=0.5)) as pool:
        _run(pool, CLASS % 0)
        [pid] = _pids(pool)
        os.kill(pid, signal.SIGSTOP)
        facts = _run(pool, CLASS % 1, CLASS % 2)
        assert not _alive(pid)
    assert [told.outcome for told in facts] == ["timeout", "ok"]
    assert facts[0].detail == "not parsed within 0.5 s"


def test_an_answer_that_is_too_long_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "_ANSWER_BYTES", 100)
    with ParserPool(1) as pool:
        facts = _run(pool, b"".join(CLASS % number for number in range(99)), b"")
    assert [told.outcome for told in facts] == ["crash", "ok"]


def test_memory_runs_out() -> None:
    """A used process that ran out of memory proves nothing; a fresh one does."""
    with ParserPool(1, Limits(memory_bytes=200 << 20)) as pool:
        facts = _run(pool, CLASS % 0, b"x = [" + b"a.b, " * 400_000 + b"]", CLASS % 1)
    assert [told.outcome for told in facts] == ["ok", "unparsable", "ok"]
    assert "memory" in facts[1].detail


class Killer(threading.Thread):
    """Sends signals to the processes of a pool: each to another one, once that is at work."""

    def __init__(self, pool: ParserPool, *signals: signal.Signals) -> None:
        super().__init__(daemon=True)
        self._pool = pool
        self._signals = list(signals)
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        given = 0.0
        while self._signals and not self._over.wait(0.005):
            for one in list(self._pool._parsers):
                # It has a deadline from the moment it is given a file, and works when all of that is written.
                if one.deadline != given and one.files and one._is_ready and not one._to_write:
                    given = one.deadline
                    os.kill(one._process.pid, self._signals.pop(0))

    def end(self) -> None:
        """See that every signal was sent."""
        self._over.set()
        self.join(10)
        assert not self.is_alive()
        assert not self._signals, f"the file was done before {self._signals} could be sent"


def test_a_process_that_dies_of_a_file_is_a_crash() -> None:
    """Killed from outside, then by itself: a fresh process gets the file again, and the death of that one counts."""
    with ParserPool(1, Limits(cpu_seconds=60, wall_seconds=60)) as pool:
        assert _run(pool, CLASS % 0)[0].outcome == "ok"
        killer = Killer(pool, signal.SIGKILL, signal.SIGSEGV)
        [facts] = _run(pool, SLOW)
        killer.end()
        assert facts.outcome == "crash"
        assert signal.strsignal(signal.SIGSEGV) in facts.detail
        assert _run(pool, CLASS % 1)[0].outcome == "ok"


def test_a_process_found_dead_is_replaced() -> None:
    with ParserPool(1) as pool:
        _run(pool, CLASS % 0)
        [pid] = _pids(pool)
        os.kill(pid, signal.SIGKILL)
        assert _run(pool, CLASS % 1) == [extract(CLASS % 1)]


@pytest.mark.parametrize(("kills", "outcome"), [(1, "ok"), (2, "ok"), (3, "crash")])
def test_a_process_killed_from_outside_says_nothing_of_its_file(kills: int, outcome: str) -> None:
    slow = b"\n".join(b"def f%d(a, b=1): return [a for a in b if a]" % n for n in range(20_000))
    with ParserPool(1) as pool:
        killer = Killer(pool, *[signal.SIGKILL] * kills)
        [facts] = _run(pool, slow)
        killer.end()
        assert facts.outcome == outcome
        assert _run(pool, CLASS % 1)[0].outcome == "ok"


def test_a_process_killed_while_it_starts_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started = _count_starts(monkeypatch, kills=2)
    with ParserPool(1) as pool:
        assert _run(pool, CLASS % 1)[0].outcome == "ok"
    assert len(started) == 3


def test_a_source_of_blobs_that_fails_leaves_the_pool_usable() -> None:
    def broken() -> Iterator[tuple[str, bytes]]:
        yield "a", CLASS % 0
        yield "b", CLASS % 1
        raise LookupError

    with ParserPool(2) as pool:
        with pytest.raises(LookupError):
            list(pool.extract(broken()))
        assert _run(pool, CLASS % 2) == [extract(CLASS % 2)]


def test_an_abandoned_run_leaves_no_answer_behind() -> None:
    with ParserPool(2) as pool:
        answers = pool.extract(_blobs(10))
        next(answers)
        answers.close()
        assert _run(pool, CLASS % 77, CLASS % 78) == [extract(CLASS % 77), extract(CLASS % 78)]


@pytest.mark.parametrize(("size", "most"), [(10, 2 * 2 * 8 + 1), (100_000, 2 * 2 * 2 + 1)])
def test_no_more_blobs_are_asked_for_than_the_processes_take_ahead(size: int, most: int) -> None:
    """As many are on their way, and as many answers may be handed out after them."""
    asked = 0

    def blobs() -> Iterator[tuple[str, bytes]]:
        nonlocal asked
        for name, source in _blobs(60):
            asked += 1
            yield name, source + b"#" * size

    with ParserPool(2) as pool:
        for answered, _ in enumerate(pool.extract(blobs())):
            assert asked - answered <= most


def test_files_behind_a_deadly_one_are_right() -> None:
    """They were on their way to the process that dies, some of them not whole: as often as it happens."""
    sources = [CLASS % number + b"#" * 30_000 for number in range(12)]
    for at in (9, 6, 3, 0):
        sources.insert(at, SLOW)
    with ParserPool(2, Limits(cpu_seconds=1)) as pool:
        facts = _run(pool, *sources)
    assert [told.outcome for told in facts] == ["timeout" if source is SLOW else "ok" for source in sources]
    for source, told in zip(sources, facts, strict=True):
        assert source is SLOW or told == extract(source)


def test_works_from_any_folder_and_any_environment(tmp_path: Path) -> None:
    """`scanner` is found where this process has it, and modules of that folder or the caller's never shadow others."""
    (tmp_path / "ast.py").write_text("raise SystemExit('shadowed')")
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from scanner.engine.parser_pool import ParserPool\n"
        "from scanner.engine.codec import decode\n"
        "with ParserPool(1) as pool:\n"
        "    print([decode(data).outcome for _, data in pool.extract([('a', b'x = 1')])])\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env={"A_PASSWORD": "secret"}, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("['ok']\n", "")


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the environment from /proc")
def test_a_parser_knows_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_PASSWORD", "canary")
    with ParserPool(1) as pool:
        _run(pool, b"x = 1")
        [pid] = _pids(pool)
        assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_interrupting_the_callers_group_reaches_no_parser() -> None:
    with ParserPool(1) as pool:
        _run(pool, b"x = 1")
        [pid] = _pids(pool)
        assert os.getpgid(pid) == os.getsid(pid) == pid


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_parsers_end_with_a_killed_parent() -> None:
    """Even in the middle of a file, where nobody looks whether the pipe is still open."""
    code = (
        "from tests.engine.test_parser_pool import SLOW\n"
        "from scanner.engine.parser_pool import ParserPool\n"
        "from scanner.engine.parser_process import Limits\n"
        "pool = ParserPool(1, Limits(cpu_seconds=600, wall_seconds=600))\n"
        "answers = pool.extract([('a', b'x = 1'), ('slow', SLOW)])\n"
        "next(answers)\nprint(pool._parsers[0]._process.pid, flush=True)\nnext(answers)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        stat = Path(f"/proc/{pid}/stat")
        while int(stat.read_text().split()[13]) < 2 * os.sysconf("SC_CLK_TCK"):  # starting up costs less
            time.sleep(0.02)
        parent.kill()
        parent.wait()
    for _ in range(500):
        if not stat.exists() or stat.read_text().split()[2] == "Z":
            break
        time.sleep(0.02)
    else:
        pytest.fail("the parser lives on")


def test_a_parser_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parser_process, "_ROOT", tmp_path)
    with ParserPool(1) as pool, pytest.raises(ParserPoolError) as caught:
        _run(pool, b"x = 1")
    assert str(caught.value) == ("A parser process could not start: ModuleNotFoundError: No module named 'scanner'")


def test_a_parser_that_never_starts_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(limits: Limits, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        process = parser_process.spawn(limits, stderr)
        process.send_signal(signal.SIGSTOP)
        return process

    monkeypatch.setattr(parser, "spawn", start)
    monkeypatch.setattr(parser, "_START_SECONDS", 0.5)
    with ParserPool(1) as pool:
        with pytest.raises(ParserPoolError) as caught:
            _run(pool, b"x = 1")
        assert pool._parsers == []
    assert str(caught.value) == "A parser process could not start within 0.5 s."


def test_a_pool_needs_a_process() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ParserPool(0)
