"""Children under one supervisor: shown, brought back, stopped in order, and never left behind."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dashboard.embedded import processes
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.processes import Console, Program, StopRequested, Supervisor
from tests.boot.checkout import ROOT, alive

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


@pytest.fixture
def supervisor():
    supervisor = Supervisor(Console(io.StringIO()))
    yield supervisor
    supervisor.stop()


def program(name: str, code: str, **options) -> Program:
    return Program(name, [sys.executable, "-c", code], {}, Path("/"), **options)


def lines(supervisor: Supervisor) -> list[str]:
    """Return what was shown, without the times."""
    return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in supervisor.console.stream.getvalue().splitlines()]


def start(supervisor: Supervisor, name: str, code: str, **options):
    child = supervisor.start(program(name, code, **options))
    supervisor.wait_until(lambda: "up" in child.said, child, 30)
    return child


def test_lines_carry_the_name_and_no_colour_off_a_terminal(supervisor):
    start(supervisor, "web", "print('first\\nsecond'); " + SLEEP)
    assert lines(supervisor)[:2] == ["web      | first", "web      | second"]


def test_stop_goes_backwards(supervisor):
    for name in ("database", "web", "beat"):
        start(
            supervisor,
            name,
            f"import signal, sys; signal.signal(15, lambda *_: sys.exit(print('{name} ends'))); " + SLEEP,
        )
    supervisor.stop()
    assert [line for line in lines(supervisor) if "ends" in line] == [
        "beat     | beat ends",
        "web      | web ends",
        "database | database ends",
    ]


def test_child_that_ignores_the_request_is_killed_with_its_own_children(supervisor, monkeypatch):
    monkeypatch.setattr(processes, "KILL_AFTER", 0.2)
    spawn = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); print(p.pid, flush=True); "
    )
    child = start(supervisor, "worker", spawn + STUBBORN, patience=0.2, insist="TERM")
    grandchild = int(next(line for line in child.said if line.isdecimal()))
    assert alive(grandchild)
    supervisor.stop()
    assert child.process.returncode == -signal.SIGKILL
    wait_dead(grandchild)


def test_second_request_to_stop_kills_at_once(supervisor):
    child = start(supervisor, "worker", STUBBORN, patience=600)
    impatient = threading.Timer(0.2, lambda: setattr(supervisor, "stop_requests", 1))
    impatient.start()
    supervisor.stop()
    impatient.join()
    assert child.process.returncode == -signal.SIGKILL


def test_dead_child_comes_back_and_its_line_says_why(supervisor):
    child = start(supervisor, "web", SLEEP)
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    while child.process.pid == first:
        supervisor._pump(0.05)
        supervisor._revive(child)
    assert "web      | ended (signal SIGKILL); starting it again in 1 s" in lines(supervisor)
    assert alive(child.process.pid)


def test_child_that_will_not_live_ends_the_whole(supervisor, monkeypatch):
    monkeypatch.setattr(processes, "LONGEST_PAUSE", 0.01)
    supervisor.start(program("worker", "import sys; sys.exit(print('no memory') or 7)"))
    with pytest.raises(CannotStart, match=r"worker ended 5 times in a row: exit code 7, no memory"):
        supervisor.watch()


def test_start_that_fails_is_told_with_the_last_words(supervisor):
    child = supervisor.start(program("database", "import sys; sys.exit('disk is full')"))
    with pytest.raises(CannotStart, match="database did not start: exit code 1, disk is full"):
        supervisor.wait_until(lambda: False, child, 30)


def test_start_that_takes_too_long(supervisor):
    child = supervisor.start(program("database", SLEEP))
    with pytest.raises(CannotStart, match=r"database is not ready after 0 s"):
        supervisor.wait_until(lambda: False, child, 0.3)


def test_program_that_is_not_there(supervisor):
    with pytest.raises(CannotStart, match="broker: cannot run /nowhere/valkey-server: No such file"):
        supervisor.start(Program("broker", ["/nowhere/valkey-server"], {}, Path("/")))


def test_run_returns_what_was_printed_and_shows_it_only_on_failure(supervisor):
    assert supervisor.run(program("prepare", "print('one'); print('two')")) == ["one", "two"]
    assert lines(supervisor) == []
    with pytest.raises(CannotStart, match="prepare failed: exit code 3, why"):
        supervisor.run(program("prepare", "import sys; print('why'); sys.exit(3)"))
    assert lines(supervisor) == ["prepare  | why"]


def test_stdin_reaches_the_program(supervisor):
    assert supervisor.run(program("broker", "print(input())", stdin=b"requirepass x\n")) == ["requirepass x"]


def test_request_to_stop_interrupts_the_start(supervisor):
    child = supervisor.start(program("web", SLEEP))
    supervisor.stop_requests = 1
    with pytest.raises(StopRequested):
        supervisor.wait_until(lambda: False, child, 30)


def test_children_write_to_the_log_where_nobody_reads(tmp_path):
    supervisor = Supervisor(Console(io.StringIO()), log=tmp_path / "servers.log")
    child = supervisor.start(program("web", SLEEP))
    supervisor.wait_until(lambda: (tmp_path / "servers.log").read_text() == "up\n", child, 30)
    supervisor.stop()
    assert lines(supervisor) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_killed_parent_takes_its_children_along():
    code = (
        "import io, pathlib, sys, time\n"
        "from dashboard.embedded.processes import Console, Program, Supervisor\n"
        # Silent: one that prints would die of the broken pipe alone.
        "program = Program('web', ['sleep', '600'], {}, pathlib.Path('/'))\n"
        "child = Supervisor(Console(io.StringIO())).start(program)\n"
        "print(child.process.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_dead(child)


def wait_dead(process: int) -> None:
    """Wait until a process that is not our child has ended; fail when it does not."""
    deadline = time.monotonic() + 30
    while alive(process):
        assert time.monotonic() < deadline, f"process {process} still runs"
        time.sleep(0.05)
