"""Repositories to scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.scanner.origin import SMALL, Origin

if TYPE_CHECKING:
    from scanner.models import Repository
    from tests.live import LiveWorker


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """A bare repository with one commit of a small package."""
    made = Origin(tmp_path / "shop")
    made.commit(SMALL, "First commit")
    return made


@pytest.fixture
def connected(live_worker, origin: Origin) -> Repository:
    """The origin, connected and scanned once by a real worker."""
    # Models can be imported only once the root conftest has named the settings.
    from scanner.connections import connect
    from tests.scanner.scanning import finished

    repository = connect(str(origin.path))
    finished(repository)
    repository.refresh_from_db()
    return repository


@pytest.fixture
def no_worker(_worker_process: LiveWorker) -> None:
    """The worker that other tests of this run started does not meddle."""
    _worker_process.stop()
