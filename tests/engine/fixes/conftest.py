"""One parser process for all tests of repairs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scanner.engine.parser_pool import ParserPool


@pytest.fixture(scope="session")
def pool() -> Iterator[ParserPool]:
    with ParserPool(1) as pool:
        yield pool
