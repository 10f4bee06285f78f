"""Modules whose names say that they support tests: what they hold is for others' tests, and their product."""

from __future__ import annotations

import re

_NAMES = re.compile(r"(^|\.)(tests?|testing|pytest|conftest|mocks?|fakes|stubs|test_[^.]+|[^.]+_tests?)(\.|$)")


def supports_tests(module: str) -> bool:
    """Whether a dotted module name, or that of a package around it, is `testing`, `test`, `mock`, `test_…` or alike."""
    return _NAMES.search(module) is not None
