"""A shop with two baskets, connected and scanned for real in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dashboard.plans.conftest import scan
from tests.scanner.origin import SMALL, Origin

if TYPE_CHECKING:
    from pathlib import Path

    from scanner.models import Repository

__all__ = ["scan"]


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    made = Origin(tmp_path / "shop")
    made.commit(SMALL, "First commit")
    return made


@pytest.fixture
def shop(db, origin: Origin, scan) -> Repository:
    """The origin connected and scanned."""
    from scanner.connections import connect

    repository = connect(str(origin.path), scan=False)
    scan(repository)
    return repository
