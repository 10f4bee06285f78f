"""The database went away under a worker: nobody's fault, so what broke off is given back, and its attempt with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic, sleep

from django.db import DatabaseError, InterfaceError, OperationalError, connection

# How long a worker waits for the database, to say that it works on nothing; schedule.resend_stale finds it otherwise.
PATIENCE = 60.0  # seconds
PAUSE = 0.5  # seconds
# SQLSTATE classes and codes of a connection that ended from outside: 08, and the server shutting down or starting up.
# A full disk, a deadlock or a cancelled statement is none: the work may be what causes it.
_CONNECTION = ("08", "57P01", "57P02", "57P03", "57P05")

log = logging.getLogger(__name__)


def is_outage(error: BaseException) -> bool:
    """Whether the error says that there was no database to talk to."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_CONNECTION)


def once_back(act: Callable[[], object]) -> None:
    """Do something small as soon as the database answers again."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            act()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if not is_outage(error) or monotonic() > deadline:
                log.warning("the database is away: %s", error)
                return
        else:
            return
        sleep(PAUSE)
