from __future__ import annotations

import pytest

from scanner.engine.config import Canonical, Config
from scanner.engine.git import Change
from scanner.engine.ranking import Ranking
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "duplicate-definition"
SERVICES = Config(services=("shop", "auth"), shared=("shared",), roots=("",))
REGISTERED = Config(
    services=("shop", "auth"),
    shared=("shared",),
    roots=("",),
    canonical=(
        Canonical("Store", "shop.deep.down.store"),
        Canonical("connect", "shop.db"),
        Canonical("Env", "shared.env"),
    ),
)

FLAGGED = {
    "copies; the canonical one is not reported": """
        ## shop/a.py
        class Retry:
            attempts = 3
        ## shop/long/b.py
        class Retry:  #: medium
            attempts = 3
        ## shop/long/c.py
        class Retry:  #: medium
            attempts = 5
        """,
    "most imported before shortest path": """
        ## shop/a.py
        class Retry:  #: medium
            attempts = 3
        ## shop/long/b.py
        class Retry:
            attempts = 3
        ## shop/user.py
        from shop.long.b import Retry
        """,
    "the last definition counts": """
        ## shop/a.py
        class Retry:
            attempts = 3
        ## shop/long/b.py
        class Retry:
            pass
        class Retry:  #: medium
            attempts = 3
        """,
    "homonyms": """
        ## shop/a.py
        class State:
            def start(self): ...
            def stop(self): ...
        ## shop/long/b.py
        class State:  #: low
            name = ""
            colour = ""
        """,
    "a table and what is told of it": """
        ## shop/a.py
        class Price:
            name: str
            amount: int
        ## shop/long/b.py
        class Price(Base):  #: low
            __table_args__ = {"schema": "shop"}
            name = Column(String)
            amount = Column(Integer)
        ## shop/long/c.py
        class Price:  #: medium
            name: str
            amount: int
            currency: str
        """,
    "copies of what modules keep to themselves": """
        ## shop/a.py
        class _Row:
            name = 1
        ## shop/long/b.py
        class _Row:  #: medium
            name = 1
        ## shop/long/c.py
        class _Row:
            name = 2
        """,
    "fields without a value are members": """
        ## shop/a.py
        class Alert:
            name: str
            level: int
        ## shop/long/b.py
        class Alert:  #: medium
            name: str
            level: int
            text: str
        ## shop/other/c.py
        class Alert:  #: low
            colour: str
            def ring(self): ...
        """,
    "empty exceptions are things of their own": """
        ## shop/errors.py
        class Problem(Exception): ...
        ## shop/a.py
        from shop.errors import Problem
        class NotFoundError(Problem): ...
        ## shop/long/b.py
        from shop.errors import Problem
        class NotFoundError(Problem):  #: medium
            pass
        """,
    "two plugins are no family, nor are three under a base that every class has": """
        ## shop/base.py
        class Transport: ...
        ## shop/transport/a.py
        from shop.base import Transport
        from enum import Enum
        class Channel(Transport): x = 1
        class Kind(Enum): A = 1
        ## shop/transport/bb.py
        from shop.base import Transport
        from enum import Enum
        class Channel(Transport): x = 2  #: medium
        class Kind(Enum): A = 1  #: medium
        ## shop/transport/cc.py
        from enum import Enum
        class Kind(Enum): A = 1  #: medium
        """,
    "modules under no service belong to their top-level package": """
        ## tool/a.py
        class Retry: x = 1
        ## tool/bb.py
        class Retry: x = 1  #: medium
        ## other/a.py
        class Retry: x = 1
        """,
}

CLEAN = {
    "what modules keep to themselves": """
        ## shop/a.py
        class _Row:
            name = 1
        ## shop/long/b.py
        class _Row:
            name = 2
        """,
    "suites of tests that modules keep to themselves, whose bodies nobody tells": """
        ## shop/a.py
        class _TestRow:
            def test_one(self): assert 1
        ## shop/long/b.py
        class _TestRow:
            def test_two(self): assert 2
        """,
    "longer names that start alike": """
        ## shop/a.py
        class Retry: x = 1
        ## shop/b.py
        class RetryConfig: x = 1
        """,
    "nested classes": """
        ## shop/a.py
        class User:
            class Config: x = 1
        ## shop/b.py
        class Account:
            class Config: x = 1
        def make():
            class User: x = 1
        """,
    "variants under a condition": """
        ## shop/a.py
        class Retry: x = 1
        class Typed: x = 1
        ## shop/b.py
        import sys
        from typing import TYPE_CHECKING
        try:
            from shop.a import Retry
        except ImportError:
            class Retry: x = 1
        if sys.platform == "win32":
            class Typed: x = 1
        else:
            class Typed: x = 2
        ## shop/c.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            class Typed: x = 1
        """,
    "functions, overloads": """
        ## shop/a.py
        def run(): return 1
        ## shop/b.py
        from typing import overload
        @overload
        def run(x: int) -> int: ...
        @overload
        def run(x: str) -> str: ...
        def run(x): return x
        """,
    "empty alias subclasses": """
        ## shop/a.py
        class Store: x = 1
        class BaseShelf: x = 1
        ## shop/b.py
        from shop.a import Store as _Store
        class Store(_Store):
            '''Kept for old imports.'''
        ## shop/c.py
        class Shelf: x = 1
        ## shop/d.py
        from shop.a import BaseShelf
        class Shelf(BaseShelf): pass
        """,
    "aliases": """
        ## shop/a.py
        class Store: x = 1
        ## shop/b.py
        from shop.a import Store as Base
        Store = Base
        """,
    "tests and test doubles": """
        ## shop/a.py
        class Store: x = 1
        class MockStore: x = 1
        class FakeStore: x = 1
        ## shop/bb.py
        class MockStore: x = 1
        class FakeStore: x = 1
        ## shop/tests/test_a.py
        class Store: x = 1
        ## scripts/b.py
        class Store: x = 1
        """,
    "other services": """
        ## shop/a.py
        class Store: x = 1
        ## auth/a.py
        class Store: x = 1
        ## shared/a.py
        class Store: x = 1
        """,
    "inheriting from a same-named site, near or far": """
        ## shop/virtual.py
        class Channel: x = 1
        ## shop/transport/a.py
        from shop import virtual
        class Channel(virtual.Channel): y = 1
        ## shop/transport/b.py
        from shop.virtual import Channel as Base
        class Middle(Base): z = 1
        class Channel(Middle): y = 2
        ## shop/transport/c.py
        import shop.virtual
        class Channel(shop.virtual.Channel): y = 2
        """,
    "plugin families in one folder, in sibling folders, and in files of one name": """
        ## shop/a/management/commands/one.py
        from django.core.management.base import BaseCommand
        class Command(BaseCommand): x = 1
        ## shop/a/management/commands/two.py
        from django.core.management.base import BaseCommand
        class Command(BaseCommand): x = 1
        ## shop/b/management/commands/three.py
        from django.core.management import base
        class Command(base.BaseCommand): x = 1
        ## shop/pool.py
        class BasePool: x = 1
        ## shop/prefork/pool.py
        from shop.pool import BasePool
        class TaskPool(BasePool): x = 1
        ## shop/solo/pool.py
        from shop.pool import BasePool
        class TaskPool(BasePool): x = 2
        ## shop/threads/pool.py
        from shop.pool import BasePool
        class TaskPool(BasePool): x = 3
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text, SERVICES) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text, SERVICES) == expected(files(text)) == set()


def test_a_registered_symbol_weighs_high_and_its_canonical_site_is_the_registered_one():
    text = """
        ## shop/a.py
        class Store: name = ""  #: high
        ## shop/deep/down/store.py
        from shop.deep.down.impl import Store
        ## shop/deep/down/impl.py
        class Store: x = 1
        ## auth/a.py
        class Store: x = 1
        """
    assert found(RULE, text, REGISTERED) == expected(files(text))
    [violation] = snapshot(text, REGISTERED).violations.values()
    assert violation.canonical == "shop.deep.down.impl.Store"


def test_registered_functions_count():
    text = """
        ## shop/db.py
        def connect(): return 1
        def other(): return 1
        ## shop/a.py
        def connect(): return 2  #: high
        def other(): return 1
        """
    assert found(RULE, text, REGISTERED) == expected(files(text))


def test_the_registry_of_a_shared_package_binds_all_services():
    text = """
        ## shared/env.py
        class Env: x = 1
        ## auth/a.py
        class Env: x = 1  #: high
        ## shop/a.py
        class Env: x = 1  #: high
        """
    made = snapshot(text, REGISTERED)
    assert found(RULE, text, REGISTERED) == expected(files(text))
    made.apply([Change("shared/env.py", "x", None)])
    assert {v.path for v in made.violations.values()} == {"shop/a.py"}


@pytest.mark.parametrize(
    ("body", "grade"),
    [
        (
            "'''Other.'''\n    attempts = ( 3 )  # note\n\n    def run(self):\n        '''Here.'''\n        return 1",
            "identical",
        ),
        ("attempts = 4\n    def run(self): return 1", "diverged"),
        ("attempts = 3\n    def run(self): return '1'", "diverged"),
    ],
)  # fmt: skip
def test_graded_by_normalised_body(body, grade):
    tree = {
        "shop/a.py": "class Retry:\n    attempts = 3\n    def run(self): return 1\n",
        "shop/bb.py": f"class Retry:\n    {body}\n",
    }
    [violation] = snapshot(tree, SERVICES).violations.values()
    assert f"this definition is {grade}." in violation.message
    assert [(r.path, r.line, r.label) for r in violation.related] == [("shop/a.py", 1, "canonical")]


def test_an_unrelated_commit_does_not_flip_the_canonical_one():
    tree = {
        "shop/a.py": "class Retry: x = 1\n",
        "shop/long.py": "class Retry: x = 1\n",
        "shop/u.py": "from shop.a import Retry\n",
    }
    made = snapshot(tree, SERVICES)
    before = dict(made.violations)
    users = [Change(f"shop/u{i}.py", None, blob("from shop.long import Retry\n")) for i in range(5)]
    made.apply(users)
    assert made.violations == before
    stored = Ranking.from_json(made.ranking.to_json())
    assert (
        snapshot(
            {**tree, **{change.path: "from shop.long import Retry\n" for change in users}}, SERVICES, stored
        ).violations
        == before
    )


def test_projects_of_one_repository_may_have_packages_of_one_name() -> None:
    text = """
        ## orders/src/core/a.py
        class Settings:
            port = 1
        ## orders/src/core/deeper/b.py
        class Settings:  #: medium
            port = 3
        ## bills/src/core/a.py
        class Settings:
            port = 2
        """
    roots = ("orders/src", "bills/src")
    assert found(RULE, text, Config(services=("core",), roots=roots)) == expected(files(text))
    registered = Config(services=("core",), roots=roots, canonical=(Canonical("Settings", "core.deeper.b"),))
    assert {path for path, _, _ in found(RULE, text, registered)} == {"orders/src/core/a.py", "bills/src/core/a.py"}


@pytest.mark.parametrize("reverse", [False, True])
def test_two_services_may_register_a_symbol_of_one_name_each(reverse: bool) -> None:
    entries = (Canonical("Store", "shop.deep.down.store"), Canonical("Store", "auth.deep.store"))
    config = Config(services=("shop", "auth"), roots=("",), canonical=entries[::-1] if reverse else entries)
    text = """
        ## shop/a.py
        class Store:  #: high
            x = 1
        ## shop/deep/down/store.py
        class Store:
            x = 2
        ## auth/a.py
        class Store:  #: high
            x = 3
        ## auth/deep/store.py
        class Store:
            x = 4
        ## auth/user.py
        from auth.deep.store import Store
        """
    assert found(RULE, text, config) == expected(files(text))
    assert snapshot(text, config).obligations.symbols == {"Store": 3}
