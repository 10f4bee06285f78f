from __future__ import annotations

import pytest

from scanner.engine.config import Canonical, Config
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "non-canonical-import"
CONFIG = Config(
    services=("shop", "auth"),
    shared=("shared",),
    roots=("",),
    canonical=(
        Canonical("Store", "shop.core.store", ("shop.api",)),
        Canonical("connect", "shop.db"),
        Canonical("Env", "shared.env"),
        Canonical("Bill", "shop.bills"),
    ),
)
STORE = """
        ## shop/__init__.py
        ## shop/core/__init__.py
        ## shop/core/store.py
        class Store: ...
        """

FLAGGED = {
    "through a module that re-exports it": """
        ## shop/legacy.py
        from shop.core.store import Store
        ## shop/a.py
        from shop.legacy import (  #: high
            Store,
        )
        """,
    "with as, relative, in a function, guarded, for type checkers": """
        ## shop/legacy.py
        from .core.store import Store
        ## shop/a.py
        from typing import TYPE_CHECKING
        from shop.legacy import Store as Depot  #: high
        from .legacy import Store  #: high
        def run():
            from .legacy import Store  #: high
        class A:
            def run(self):
                from .legacy import Store  #: high
        try:
            from .legacy import Store  #: high
        except ImportError:
            Store = None
        if TYPE_CHECKING:
            from .legacy import Store  #: high
        """,
    "through the package of the canonical module, from outside it": """
        ## shop/core/__init__.py
        from .store import Store
        ## shop/a.py
        from shop.core import Store  #: high
        """,
    "a chain of re-exports": """
        ## shop/one.py
        from shop.core.store import Store
        ## shop/two.py
        from shop.one import Store as S  #: high
        ## shop/three.py
        from shop.two import *
        ## shop/a.py
        from shop.three import S  #: high
        """,
    "under another name": """
        ## shop/old.py
        from shop.core import store
        from shop.core.store import Store
        Depot = Store
        Shelf = store.Store
        ## shop/a.py
        from shop.old import Depot  #: high
        from shop.old import Shelf  #: high
        """,
    "bound only for type checkers": """
        ## shop/old.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.core.store import Store as Depot
        ## shop/a.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.old import Depot  #: high
        """,
    "another definition in the service": """
        ## shop/other.py
        class Store: ...
        ## shop/face.py
        from shop.other import Store  #: high
        ## shop/named.py
        class Depot: ...
        Store = Depot
        ## shop/a.py
        from shop.other import Store  #: high
        from shop.other import Store as S  #: high
        from shop.face import Store  #: high
        from shop.named import Store  #: high
        """,
    "two things under one name": """
        ## shop/core/store.py
        class Store:
            def open(self): ...
            def close(self): ...
        ## shop/other.py
        class Store:
            shelves = 3
            colour = ""
        ## shop/alike.py
        class Store:
            def open(self): ...
            def close(self): ...
            def lock(self): ...
        ## shop/a.py
        from shop.other import Store  #: low
        from shop.alike import Store  #: high
        """,
    "a class from which the canonical one inherits": """
        ## shop/core/store.py
        from shop.other import Store as Base
        class Store(Base):
            def open(self): ...
        ## shop/other.py
        class Store:
            shelves = 3
        ## shop/a.py
        from shop.other import Store  #: high
        """,
    "in tests and scripts": """
        ## shop/legacy.py
        from shop.core.store import Store
        ## tests/test_a.py
        from shop.legacy import Store  #: high
        ## scripts/run.py
        from shop.legacy import Store  #: high
        """,
    "a registered function": """
        ## shop/db.py
        def connect(): ...
        ## shop/other.py
        def connect(): ...
        ## shop/a.py
        from shop.other import connect  #: high
        """,
    "a symbol of a shared package binds all services": """
        ## shared/env.py
        class Env: ...
        ## auth/env.py
        class Env: ...
        ## auth/a.py
        from auth.env import Env  #: high
        """,
    "the module that defines it for a canonical face": """
        ## shop/bills/__init__.py
        from ._bill import Bill
        ## shop/bills/_bill.py
        class Bill: ...
        ## shop/a.py
        from shop.bills import Bill
        from shop.bills._bill import Bill  #: high
        """,
    "a canonical module that is not there": """
        ## shop/other.py
        class Bill: ...
        ## shop/a.py
        from shop.other import Bill  #: high
        """,
    "a module of a package that is the whole service": """
        ## shop/bills.py
        class Bill: ...
        ## shop/legacy.py
        from shop.bills import Bill
        ## shop/a.py
        from shop.legacy import Bill  #: high
        """,
    "inside its package, but through a module elsewhere": """
        ## shop/legacy.py
        from shop.core.store import Store
        ## shop/core/a.py
        from shop.legacy import Store  #: high
        """,
}

CLEAN = {
    "the canonical module": """
        ## shop/a.py
        from shop.core.store import Store
        from .core.store import Store as S
        import shop.core.store
        from shop.core import store
        """,
    "declared public modules": """
        ## shop/api.py
        from shop.core.store import Store
        ## shop/a.py
        from shop.api import Store
        from . import api
        """,
    "the canonical module's own imports": """
        ## shop/bills/__init__.py
        from .deep import Bill
        ## shop/bills/deep/__init__.py
        from .bill import Bill
        ## shop/bills/deep/bill.py
        class Bill: ...
        def build():
            from shop.bills.deep import Bill
        """,
    "inside its package": """
        ## shop/core/__init__.py
        from .store import Store
        ## shop/core/compat.py
        from .store import Store
        ## shop/core/a.py
        from . import Store
        from shop.core import Store
        from .compat import Store
        ## shop/core/deep/b.py
        from .. import Store
        """,
    "strings and comments": """
        ## shop/legacy.py
        from shop.core.store import Store
        ## shop/a.py
        # from shop.legacy import Store
        CODE = "from shop.legacy import Store"
        """,
    "fallbacks in except ImportError": """
        ## shop/legacy.py
        from shop.core.store import Store
        ## shop/a.py
        try:
            from shop.core.store import Store
        except ImportError:
            from shop.legacy import Store
        """,
    "imports that are meant to fail": """
        ## shop/legacy.py
        from shop.core.store import Store
        ## tests/test_a.py
        import pytest
        with pytest.raises(ImportError):
            from shop.legacy import Store
        """,
    "another service": """
        ## auth/store.py
        class Store: ...
        ## auth/a.py
        from auth.store import Store
        from auth import store
        """,
    "a class that inherits from the canonical one": """
        ## shop/web.py
        from shop.core.store import Store as Base
        class Store(Base):
            def show(self): ...
        ## shop/a.py
        from shop.web import Store
        """,
    "test doubles and values": """
        ## tests/fakes.py
        class Store: ...
        ## shop/tests/fakes.py
        class Store: ...
        ## shop/testing/stores.py
        def Store(): ...
        ## shop/settings.py
        Store = "the name of a store"
        ## tests/test_a.py
        from tests.fakes import Store
        from shop.tests.fakes import Store
        from shop.testing.stores import Store
        from shop.settings import Store
        """,
    "other people's": """
        ## shop/plugin.py
        from plugins import Store
        ## shop/a.py
        from plugins import Store
        from shop.plugin import Store
        """,
    "longer names that start alike": """
        ## shop/other.py
        class StoreConfig: ...
        ## shop/a.py
        from shop.other import StoreConfig
        """,
}


def tree(text: str) -> dict[str, str]:
    return files(STORE) | files(text)


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, tree(text), CONFIG) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, tree(text), CONFIG) == expected(files(text)) == set()


def test_nothing_is_registered():
    text = "## a.py\nclass Store: ...\n## b.py\nfrom a import Store\n## c.py\nfrom b import Store\n"
    assert found(RULE, text) == set()


def test_what_it_says():
    text = """
        ## shop/legacy.py
        from shop.core.store import Store
        Depot = Store
        ## shop/other.py
        class Store: ...
        ## shop/a.py
        from shop.legacy import Store
        from .legacy import Depot
        def run():
            from shop.other import Store
        """
    violations = sorted(
        (v for v in snapshot(tree(text), CONFIG).violations.values() if v.rule == RULE), key=lambda v: v.line
    )
    assert [v.message for v in violations] == [
        "Store comes through shop.legacy; import it from shop.core.store.",
        "Depot of .legacy is Store; import it from shop.core.store.",
        "Store of shop.other is another definition than shop.core.store.Store.",
    ]
    assert {(v.symbol, v.canonical) for v in violations} == {("Store", "shop.core.store.Store")}
    assert violations[2].identity == ("run", "shop.other:Store", 0)


def test_it_follows_the_canonical_module_and_what_names_stand_for():
    other = "class Store: ...\n"
    made = snapshot(tree("## shop/other.py\n" + other + "## shop/a.py\nfrom shop.other import Store\n"), CONFIG)

    def told():
        return [v.message for v in made.violations.values() if v.rule == RULE]

    def edit(path, content):
        made.apply([Change(path, "x", blob(content) if content is not None else None)])

    assert told() == ["Store of shop.other is another definition than shop.core.store.Store."]
    edit("shop/core/store.py", "from shop.other import Store\n")
    assert told() == ["Store comes through shop.other; import it from shop.core.store."]
    edit("shop/core/store.py", None)
    assert told() == ["Store of shop.other is another definition than shop.core.store.Store."]
    edit("shop/other.py", "Store = 1\n")
    assert told() == []
    edit("shop/other.py", "def Store(): ...\n")
    assert len(told()) == 1


def test_it_follows_the_members_of_both_classes():
    opens, sells = (f"class Store:\n    def {name}(self): ...\n" for name in ("open", "sell"))
    text = {"shop/core/store.py": opens, "shop/other.py": opens, "shop/a.py": "from shop.other import Store\n"}
    made = snapshot(tree("") | text, CONFIG)

    def severities():
        return [v.severity for v in made.violations.values() if v.rule == RULE]

    assert severities() == ["high"]
    made.apply([Change("shop/core/store.py", "x", blob(sells))])
    assert severities() == ["low"]
    made.apply([Change("shop/other.py", "x", blob(sells))])
    assert severities() == ["high"]
    made.apply([Change("shop/other.py", "x", blob("from shop.core.store import Store as S\nclass Store(S): ...\n"))])
    assert severities() == []
