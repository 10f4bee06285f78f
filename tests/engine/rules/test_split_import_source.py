from __future__ import annotations

import pytest

from scanner.engine.config import Canonical, Config
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "split-import-source"
CONFIG = Config(services=("shop", "auth"), roots=("",), canonical=(Canonical("Store", "shop.store"),))
SHOP = """
        ## shop/__init__.py
        ## shop/money.py
        class Price: ...
        def pay(): ...
        LIMIT = 1
        ## shop/orders.py
        from shop.money import Price, pay, LIMIT
        """

FLAGGED = {
    "beside its home": """
        ## shop/a.py
        from shop.money import Price, pay, LIMIT
        ## shop/b.py
        from shop.orders import (  #: low
            Price,
        )
        from .orders import pay  #: low
        def run():
            from shop.orders import LIMIT  #: low
        """,
    "from two modules, neither of them its home": """
        ## shop/bills.py
        from shop.money import Price
        ## shop/a.py
        from shop.bills import Price  #: low
        ## shop/b.py
        from shop.orders import Price  #: low
        """,
    "under another name, and through a chain": """
        ## shop/bills.py
        from shop.orders import Price  #: low
        Cost = Price
        ## shop/a.py
        from shop.money import Price
        from shop.bills import Cost  #: low
        from shop.bills import Price as P  #: low
        """,
    "a package that does not lie around it": """
        ## shop/web/__init__.py
        from shop.money import Price
        ## shop/a.py
        from shop.web import Price  #: low
        ## shop/b.py
        from shop.money import Price
        """,
    "the second of two modules that offer it on purpose": """
        ## shop/api.py
        from shop.money import Price as Price
        ## shop/types.py
        from shop.money import Price
        __all__ = ["Price"]
        ## shop/a.py
        from shop.api import Price
        ## shop/b.py
        from shop.types import Price  #: low
        """,
    "a module that offers it on purpose, where a package around it does": """
        ## shop/__init__.py
        from .money import Price
        ## shop/types.py
        from shop.money import Price
        __all__ = ["Price"]
        ## shop/a.py
        from shop import Price
        ## shop/b.py
        from shop.types import Price  #: low
        """,
    "in tests": """
        ## tests/test_a.py
        from shop.orders import Price  #: low
        ## tests/test_b.py
        from shop.money import Price
        """,
}

CLEAN = {
    "the defining module and the packages around it": """
        ## shop/__init__.py
        from shop.deep.deeper.things import Thing
        ## shop/deep/__init__.py
        from .deeper import Thing
        ## shop/deep/deeper/__init__.py
        from .things import *
        ## shop/deep/deeper/things.py
        class Thing: ...
        ## shop/a.py
        from shop import Thing
        from shop.deep import Thing
        from shop.deep.deeper import Thing
        from shop.deep.deeper.things import Thing
        """,
    "faces of packages": """
        ## shop/web/__init__.py
        from shop.orders import Price
        ## shop/a.py
        from shop.money import Price
        ## shop/b.py
        from shop.money import Price
        """,
    "one module that offers it on purpose": """
        ## shop/types.py
        from shop.money import Price, pay as pay
        __all__ = ["Price"]
        ## shop/a.py
        from shop.money import Price, pay
        ## shop/b.py
        from shop.types import Price, pay
        """,
    "a module that offers it on purpose, and a package around takes it from there": """
        ## shop/__init__.py
        from .types import Price
        ## shop/types.py
        from shop.money import Price as Price
        ## shop/a.py
        from shop import Price
        ## shop/b.py
        from shop.types import Price
        """,
    "a single source, wherever that is": """
        ## shop/a.py
        from shop.orders import Price
        ## shop/b.py
        from shop.orders import Price
        """,
    "registered symbols": """
        ## shop/store.py
        class Store: ...
        ## shop/legacy.py
        from shop.store import Store
        ## shop/a.py
        from shop.store import Store
        ## shop/b.py
        from shop.legacy import Store
        """,
    "classes defined more than once": """
        ## shop/bills.py
        class Price: x = 1
        ## shop/a.py
        from shop.orders import Price
        ## shop/b.py
        from shop.money import Price
        """,
    "fallbacks, and imports that are meant to fail": """
        ## shop/a.py
        try:
            from shop.money import Price
        except ImportError:
            from shop.orders import Price
        ## tests/test_a.py
        import pytest
        from shop.money import Price
        with pytest.raises(ImportError):
            from shop.orders import Price
        """,
    "modules, and names from outside": """
        ## shop/bills.py
        from shop import money
        from enum import Enum
        ## shop/a.py
        from shop.bills import money
        from shop.bills import Enum
        ## shop/b.py
        from shop import money
        from enum import Enum
        """,
    "strings and comments": """
        ## shop/a.py
        from shop.money import Price
        # from shop.orders import Price
        CODE = "from shop.orders import Price"
        """,
}


def tree(text: str) -> dict[str, str]:
    return files(SHOP) | files(text)


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, tree(text), CONFIG) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, tree(text), CONFIG) == expected(files(text)) == set()


def test_what_it_says():
    text = """
        ## shop/bills.py
        from shop.money import Price as Cost
        ## shop/a.py
        from .bills import Cost
        from shop.orders import Price
        """
    told = sorted((v.line, v.message, v.symbol, v.canonical) for v in of_rule(snapshot(tree(text), CONFIG)))
    assert told == [
        (
            1,
            "Cost, which is Price, comes through .bills; others import it from elsewhere. It is defined in shop.money.",
            "Price",
            "shop.money.Price",
        ),
        (
            2,
            "Price comes through shop.orders; others import it from elsewhere. It is defined in shop.money.",
            "Price",
            "shop.money.Price",
        ),
    ]


def test_it_follows_what_others_import_and_offer():
    made = snapshot(tree("## shop/b.py\nfrom shop.orders import Price\n"), CONFIG)

    def edit(path, content, old="x"):
        made.apply([Change(path, old, blob(content) if content is not None else None)])
        return {v.path for v in of_rule(made)}

    assert of_rule(made) == []
    assert edit("shop/a.py", "from shop.money import Price\n", None) == {"shop/b.py"}
    assert edit("shop/orders.py", "from shop.money import Price as Price\n") == set()
    assert edit("shop/__init__.py", "from .money import Price\n") == {"shop/b.py"}
    assert edit("shop/__init__.py", "from .orders import Price\n") == set()
    assert edit("shop/__init__.py", "from .money import Price\n") == {"shop/b.py"}
    assert edit("shop/__init__.py", "") == set()
    assert edit("shop/orders.py", "from shop.money import Price\n") == {"shop/b.py"}
    assert edit("shop/other.py", "class Price: ...\n", None) == set()
    assert edit("shop/other.py", None) == {"shop/b.py"}
    assert edit("shop/a.py", None) == set()


def of_rule(made):
    return [v for v in made.violations.values() if v.rule == RULE]
