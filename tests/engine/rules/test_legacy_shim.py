from __future__ import annotations

from datetime import date

import pytest

from scanner.engine.config import Config, Transitional
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "legacy-shim"
CONFIG = Config(
    roots=("",),
    transitional=(
        Transitional("shop.old", "2026-01-31"),
        Transitional("shop.attic", "2026-01-31T12:00:00"),
        Transitional("shop.later", "2026-12-31"),
        Transitional("shop.someday", "phase 2"),
    ),
)
FEBRUARY = date(2026, 2, 1)
SHOP = """
        ## shop/__init__.py
        ## shop/orders.py
        class Order: ...
        """

FLAGGED = {
    "names of another module": """
        ## shop/old.py
        import sys

        from shop.orders import (  #: medium
            Order,
        )
        from shop.orders import Order as Sale
        """,
    "a package, a star, a condition": """
        ## shop/attic/__init__.py
        try:
            from ..orders import *  #: medium
        except ImportError:
            pass
        """,
    "the module itself": """
        ## shop/old.py
        import shop.orders as orders  #: medium
        """,
    "names made up when asked": """
        ## shop/old.py
        '''Orders are elsewhere now.'''
        import sys

        def __getattr__(name):  #: medium
            from shop import orders
            return getattr(orders, name)
        ## shop/attic.py
        import sys, shop.orders  #: medium
        sys.modules[__name__] = shop.orders
        """,
}

CLEAN = {
    "until its date, and until a phase": """
        ## shop/later.py
        from shop.orders import Order
        ## shop/someday.py
        from shop.orders import Order
        """,
    "it re-exports nothing of this repository": """
        ## shop/old.py
        import sys, shop.orders
        from os import path
        class Order: ...
        def load():
            from shop.orders import Order
        class A:
            from shop.orders import Order
        ## shop/attic.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.orders import Order
        """,
    "modules that nobody declared": """
        ## shop/older.py
        from shop.orders import Order
        ## shop/old/deep.py
        from shop.orders import Order
        """,
    "it is gone": """
        ## shop/a.py
        """,
}


def tree(text: str) -> dict[str, str]:
    return files(SHOP) | files(text)


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, tree(text), CONFIG, FEBRUARY) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, tree(text), CONFIG, FEBRUARY) == expected(files(text)) == set()


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_the_last_day_is_part_of_its_time(text):
    assert found(RULE, tree(text), CONFIG, date(2026, 1, 31)) == set()
    assert found(RULE, tree(text), CONFIG) == set()


def test_time_passes_with_the_commits():
    made = snapshot(tree("## shop/old.py\nfrom .orders import Order\n"), CONFIG, day=date(2026, 1, 31))
    assert made.violations == {}
    made.apply([Change("README.py", None, blob(""))], day=FEBRUARY)
    [violation] = made.violations.values()
    assert violation.message == "shop.old was to be gone after 2026-01-31; it still re-exports from .orders."
    assert violation.symbol == "shop.old"
    made.apply([Change("README.py", "x", None)], day=date(2026, 1, 1))  # the clock of another machine
    assert made.violations == {}
    made.apply([Change("shop/old.py", "x", None)], day=FEBRUARY)
    assert made.violations == {}


def test_the_whole_statement_is_named():
    taken = "## shop/old.py\nfrom shop.orders import (\n    Order,\n)\n"
    made_up = "## shop/old.py\nimport sys\n\ndef __getattr__(name):\n    from shop import orders\n    return 1\n"
    found_in = [snapshot(tree(text), CONFIG, day=FEBRUARY).violations.values() for text in (taken, made_up)]
    assert [(v.line, v.end_line) for [v] in found_in] == [(1, 3), (3, 5)]
    assert [v.message.partition("; ")[2] for [v] in found_in] == [
        "it still re-exports from shop.orders.",
        "it still re-exports by __getattr__.",
    ]
