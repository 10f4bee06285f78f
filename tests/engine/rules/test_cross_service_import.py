from __future__ import annotations

import pytest

from scanner.engine.config import Config
from tests.engine.trees import expected, files, found, snapshot

RULE = "cross-service-import"
CONFIG = Config(services=("shop", "auth"), shared=("shared",), roots=("", "src"))
SERVICES = """
        ## shop/__init__.py
        Client = 1
        ## shop/db/__init__.py
        pool = 1
        ## shop/db/pool.py
        connect = 1
        ## auth/__init__.py
        ## shared/__init__.py
        ## shared/env.py
        ## tool/__init__.py
        """

FLAGGED = {
    "a module of another service": """
        ## auth/a.py
        from shop.db.pool import connect  #: high
        import shop.db.pool  #: high
        from shop.db import (  #: high
            pool,
        )
        from shop import db  #: high
        from shop.db.pool import *  #: high
        """,
    "in functions, guarded, for type checkers, gone": """
        ## auth/a.py
        from typing import TYPE_CHECKING
        def run():
            from shop.db.pool import connect  #: high
        try:
            from shop.db.pool import connect  #: high
        except ImportError:
            connect = None
        if TYPE_CHECKING:
            from shop.db.pool import connect  #: high
        from shop.db.gone import connect  #: high
        """,
    "relative": """
        ## auth/a.py
        from ..shop.db.pool import connect  #: high
        from .. import shop
        """,
    "a shared package imports a service": """
        ## shared/env.py
        from shop.db.pool import connect  #: high
        """,
    "below a root": """
        ## src/auth/deep.py
        from shop.db.pool import connect  #: high
        """,
}

CLEAN = {
    "declared shared packages": """
        ## auth/a.py
        from shared.env import get
        import shared.env
        """,
    "what a service offers at its top": """
        ## auth/a.py
        import shop
        from shop import Client
        from shop import *
        """,
    "inside a service": """
        ## shop/a.py
        from shop.db.pool import connect
        from .db import pool
        """,
    "tests, scripts and packages that are no service": """
        ## auth/tests/test_a.py
        from shop.db.pool import connect
        ## tests/test_a.py
        from shop.db.pool import connect
        ## scripts/run.py
        from shop.db.pool import connect
        ## tool/a.py
        from shop.db.pool import connect
        ## shop/b.py
        from tool import a
        """,
    "strings and comments, other people's packages": """
        ## auth/a.py
        # from shop.db.pool import connect
        CODE = "from shop.db.pool import connect"
        import shopping.db
        from sqlalchemy.pool import Pool
        """,
}


def tree(text: str) -> dict[str, str]:
    return files(SERVICES) | files(text)


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, tree(text), CONFIG) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, tree(text), CONFIG) == expected(files(text)) == set()


def test_one_statement_is_one_violation_unless_it_takes_modules_from_the_top():
    text = "## auth/a.py\nfrom shop.db.pool import connect, other\nfrom shop import db, Client, gone\n"
    violations = [v for v in snapshot(tree(text), CONFIG).violations.values() if v.rule == RULE]
    assert sorted((v.line, v.symbol, v.identity[1]) for v in violations) == [
        (1, "shop.db.pool", "shop.db.pool"),
        (2, "shop.db", "shop:db"),
    ]
    assert {v.message for v in violations} == {
        "auth imports shop.db.pool, which is internal to shop.",
        "auth imports shop.db, which is internal to shop.",
    }


def test_services_inside_services():
    nested = Config(services=("shop", "shop.billing"), roots=("",))
    text = """
        ## shop/__init__.py
        ## shop/orders.py
        from shop.billing import Bill
        from shop.billing.store import Bill  #: high
        ## shop/billing/__init__.py
        from .store import Bill
        ## shop/billing/store.py
        from shop.orders import Order  #: high
        """
    assert found(RULE, text, nested) == expected(files(text))
