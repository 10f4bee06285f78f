"""Runs programs as children: one log with prefixes, restarts with back-off, and an end that leaves none behind."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from dashboard.embedded.account import Account
from dashboard.embedded.failure import CannotStart

TICK = 0.2  # seconds between looks at the children
STEADY = 60.0  # seconds after which a child's earlier deaths are forgotten
MOST_DEATHS = 5
LONGEST_PAUSE = 16.0  # seconds
KILL_AFTER = 5.0  # seconds between the last polite signal and SIGKILL

SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

COLOURS = {"database": 34, "broker": 35, "web": 32, "worker": 36, "beat": 33}


class StopRequested(Exception):
    """Ctrl-C, TERM or HUP came."""


@dataclass(frozen=True)
class Program:
    """How to run one of the processes."""

    name: str
    command: list[str]
    environment: Mapping[str, str]  # added to this process's own
    folder: Path
    stop: str = "TERM"  # the signal that asks for an orderly end
    patience: float = 15.0  # seconds that end may take
    insist: str = "QUIT"  # the signal after that
    orphaned: str = "KILL"  # what Linux sends it when this process is killed: a worker without its broker hears no TERM
    stdin: bytes = b""
    account: Account | None = None


class Console:
    """Writes lines with the time and the name of who said them, in colour on a terminal."""

    def __init__(self, stream: IO[str]) -> None:
        self.stream = stream
        self.colour = stream.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        prefix = f"{time.strftime('%H:%M:%S')} {name:<8} |"
        if self.colour:
            prefix = f"\033[{COLOURS.get(name, 1)}m{prefix}\033[0m"
        with suppress(BrokenPipeError):
            print(f"{prefix} {text}", file=self.stream, flush=True)


@dataclass
class Child:
    """A program that was started, and what befell it."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    restart_at: float | None = None
    unread: bytes = b""
    said: list[str] = field(default_factory=list)
    quiet: bool = False  # `said` then keeps everything, and nothing is shown

    def signal(self, name: str) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.Signals[f"SIG{name}"])

    def kill_all(self) -> None:
        """Kill the child and what it started: it leads its own session, so also its own process group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Starts children, shows what they say, brings the dead back, and stops them in reverse order.

    Single-threaded: a child's parent-death signal would otherwise follow the thread that started it. Where nobody will
    call `watch`, the children write to the file `log` themselves.
    """

    def __init__(self, console: Console, log: Path | None = None) -> None:
        self.console = console
        self.log = log
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.stop_requests = 0

    def listen(self) -> None:
        """Take Ctrl-C, TERM and HUP (a closed terminal) as the request to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup asks to outlive the terminal.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._request_stop)

    def _request_stop(self, *_: object) -> None:
        self.stop_requests += 1

    def start(self, program: Program, *, quiet: bool = False) -> Child:
        child = Child(program, launch(program, self.log), time.monotonic(), quiet=quiet)
        self.children.append(child)
        self._follow(child)
        return child

    def wait_until(self, ready: Callable[[], bool], child: Child, seconds: float) -> None:
        """Show output until `ready`; raise CannotStart when the child dies first or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            self._pump(0.05)
            if self.stop_requests:
                raise StopRequested
            if child.process.poll() is not None:
                self._pump(0.05)
                raise CannotStart(f"{child.program.name} did not start: {_how_it_ended(child)}")
            if ready():
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"{child.program.name} is not ready after {seconds:.0f} s: {_last_words(child)}")

    def run(self, program: Program) -> list[str]:
        """Run a program to its end and return the lines it printed; raise CannotStart when it fails."""
        child = self.start(program, quiet=True)
        while child.process.poll() is None:
            self._pump(TICK)
            if self.stop_requests:
                raise StopRequested
        self._pump(0)
        self.children.remove(child)
        if child.process.returncode:
            for line in child.said:
                self.console.line(program.name, line)
            raise CannotStart(f"{program.name} failed: {_how_it_ended(child)}")
        return child.said

    def watch(self) -> None:
        """Keep the children running until somebody asks to stop; raise CannotStart when one will not live."""
        while not self.stop_requests:
            self._pump(TICK)
            for child in self.children:
                self._revive(child)

    def stop(self) -> None:
        """End the children, the last one started first. A second request to stop kills what is left at once."""
        requests = self.stop_requests
        for child in reversed(self.children):
            for name, seconds in ((child.program.stop, child.program.patience), (child.program.insist, KILL_AFTER)):
                if child.process.poll() is None and self.stop_requests <= requests:
                    child.signal(name)
                    self._wait_end(child, seconds, requests)
            child.kill_all()
            child.process.wait()
            self._pump(0)
        self.children.clear()

    def _wait_end(self, child: Child, seconds: float, requests: int) -> None:
        deadline = time.monotonic() + seconds
        while child.process.poll() is None and time.monotonic() < deadline and self.stop_requests <= requests:
            self._pump(0.05)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.process, child.started, child.restart_at = launch(child.program, self.log), now, None
                self._follow(child)
            return
        if child.process.poll() is None:
            return
        child.kill_all()
        child.deaths = 1 if now - child.started > STEADY else child.deaths + 1
        if child.deaths >= MOST_DEATHS:
            raise CannotStart(f"{child.program.name} ended {child.deaths} times in a row: {_how_it_ended(child)}")
        pause = min(LONGEST_PAUSE, 2.0 ** (child.deaths - 1))
        child.restart_at = now + pause
        self.console.line(child.program.name, f"ended ({_status(child)}); starting it again in {pause:.0f} s")

    def _follow(self, child: Child) -> None:
        pipe = child.process.stdout
        if pipe is not None:
            self.selector.register(pipe, selectors.EVENT_READ, (child, pipe))

    def _pump(self, seconds: float) -> None:
        """Show what the children said, waiting up to `seconds` for something."""
        if not self.selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self.selector.select(seconds):
            child, pipe = key.data
            said = os.read(key.fd, 65_536)
            if not said:
                self.selector.unregister(pipe)
                pipe.close()
            self._show(child, said)

    def _show(self, child: Child, said: bytes) -> None:
        *lines, child.unread = (child.unread + said).split(b"\n")
        if not said and child.unread:
            lines, child.unread = [child.unread], b""
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            child.said = [*(child.said if child.quiet else child.said[-19:]), text]
            if not child.quiet:
                self.console.line(child.program.name, text)


def launch(program: Program, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own: the terminal's Ctrl-C reaches this process alone.

    What it prints goes into a pipe, or to the end of the file `log`.
    """
    with nullcontext() if log is None else log.open("ab") as file:
        try:
            process = subprocess.Popen(
                program.command,
                env=os.environ | program.environment,
                cwd=program.folder,
                stdin=subprocess.PIPE,
                stdout=file or subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(signal.Signals[f"SIG{program.orphaned}"]),  # noqa: PLW1509 (no threads here)
                **(program.account.identity if program.account else {}),
            )
        except OSError as error:
            raise CannotStart(f"{program.name}: cannot run {program.command[0]}: {error.strerror}") from None
    if process.stdin is not None:
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(program.stdin)
    return process


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a Linux child calls before it becomes the program: a killed parent takes it along."""
    parent = os.getpid()

    def call() -> None:
        # Runs after the change of user, which would clear the signal.
        if LIBC is not None:
            LIBC.prctl(SET_PARENT_DEATH_SIGNAL, number)
            if os.getppid() != parent:
                os._exit(1)

    return call


def _status(child: Child) -> str:
    code = child.process.returncode
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _last_words(child: Child) -> str:
    return child.said[-1] if child.said else "it printed nothing"


def _how_it_ended(child: Child) -> str:
    return f"{_status(child)}, {_last_words(child)}"
