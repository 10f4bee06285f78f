from __future__ import annotations

import pytest

from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "module-shadowing"

FLAGGED = {
    "a module beside a package": """
        ## pkg/__init__.py
        ## pkg/orders.py
        x = 1  #: high
        ## pkg/orders/__init__.py
        ## tests/helpers.py
        x = 1  #: high
        ## tests/helpers/__init__.py
        """,
    "on the top level": """
        ## pkg.py
        x = 1  #: high
        ## pkg/__init__.py
        """,
}

CLEAN = {
    "a folder without __init__": """
        ## pkg/__init__.py
        ## pkg/orders.py
        ## pkg/orders/totals.py
        """,
    "stubs and compiled siblings": """
        ## pkg/__init__.py
        ## pkg/orders.py
        ## pkg/orders.pyi
        ## pkg/orders.so
        ## pkg/bills.pyi
        ## pkg/bills/__init__.py
        ## pkg/drafts.py
        ## pkg/drafts/__init__.pyi
        """,
    "names that start alike, in other folders": """
        ## pkg/__init__.py
        ## pkg/order.py
        ## pkg/orders/__init__.py
        ## orders.py
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_it_follows_both_files():
    made = snapshot({"pkg/__init__.py": "", "pkg/orders.py": ""})
    assert made.violations == {}
    made.apply([Change("pkg/orders/__init__.py", None, blob(""))])
    [violation] = made.violations.values()
    assert violation.message == "pkg.orders is the package beside it; nothing imports this file."
    assert [place.path for place in violation.related] == ["pkg/orders/__init__.py"]
    made.apply([Change("pkg/orders/__init__.py", "x", None)])
    assert made.violations == {}
