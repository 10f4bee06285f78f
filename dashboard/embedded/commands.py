"""Sends `manage.py`'s words to `up`, to `test`, or to Django with the database and the broker within reach."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from dashboard.embedded import servers, suite, up
from dashboard.embedded.bootstrap import last_line
from dashboard.embedded.data_folder import DataFolder, InUse, of_checkout
from dashboard.embedded.failure import CannotStart
from dashboard.embedded.processes import Console, Supervisor
from scanner.terminal import open_streams, silence

USAGE = """usage: python3 manage.py up [--port 8000] [--no-demo]   run Truthline until Ctrl-C
       python3 manage.py test [pytest arguments]       run all checks, or pytest alone with these arguments
       python3 manage.py help                          list the other commands"""
PATIENCE = 30.0  # seconds that a command waits for another one to end


def run(arguments: list[str]) -> int:
    """Carry out one command and return its exit code."""
    match arguments:
        case ["up", *rest]:
            return up.run(rest)
        case ["test", *rest]:
            return suite.run(rest)
        case []:
            print(USAGE, file=sys.stderr)
            return 2
    open_streams()
    try:
        with addresses_only(of_checkout()) if _reads_a_file(arguments) else surroundings(of_checkout()):
            execute_from_command_line(["manage.py", *arguments])
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from None
    except OperationalError as error:
        raise CannotStart(f"the database does not answer: {last_line(str(error))}") from None
    except BrokenPipeError:
        # Who read the output has left.
        silence(sys.stdout)
        return 128 + signal.SIGPIPE
    return 0


def _reads_a_file(arguments: list[str]) -> bool:
    """Tell whether a command needs no server at all: a plan that is only looked at."""
    return arguments[:1] == ["import_plan"] and "--dry-run" in arguments


@contextmanager
def addresses_only(folder: DataFolder) -> Iterator[None]:
    """Satisfy the settings with addresses that nobody answers on, and start nothing."""
    up.set_defaults(folder)
    for name, address in (("DATABASE_URL", "postgres://127.0.0.1:1/none"), ("BROKER_URL", "redis://127.0.0.1:1/0")):
        os.environ[name] = os.environ.get(name) or address
    yield


@contextmanager
def surroundings(folder: DataFolder) -> Iterator[None]:
    """Put into the environment what the settings need.

    With an `up` running, a command joins it. Without one it starts the servers for as long as it takes, so that a
    forgotten password can be changed, or a repository connected, before the first `up` or after a failed one.
    """
    up.set_defaults(folder)
    # One connection is enough for a command, and without the pool a refused one says why.
    os.environ["TRUTHLINE_DATABASE_POOL"] = "off"
    named = servers.given()
    if named:
        yield
        return
    try:
        with folder.locked(PATIENCE):
            supervisor = Supervisor(Console(sys.stderr), log=folder.path / "servers.log")
            try:
                os.environ |= servers.start(folder, supervisor).environment
                yield
            finally:
                supervisor.stop()
    except InUse as error:
        if error.running is None:
            raise
        os.environ |= error.running["environment"]
        yield
