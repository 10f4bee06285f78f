from __future__ import annotations

from tests.scanner.conftest import connected, origin

__all__ = ["connected", "origin"]
