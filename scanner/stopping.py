"""Whether the worker was asked to stop: its processes hand over soon instead of being killed in the middle."""

from __future__ import annotations

import mmap

from celery.signals import worker_shutting_down

# Memory that is shared with the processes that a worker forks; only the first of them hears the signal.
_asked = mmap.mmap(-1, 1)


@worker_shutting_down.connect(dispatch_uid="hand over")
def _ask(**_signal: object) -> None:
    _asked[0] = 1


def asked() -> bool:
    """Whether to end after what is being written."""
    return _asked[0] == 1
