from __future__ import annotations

import pytest

from scanner.engine.config import Canonical, Config
from scanner.engine.git import Change
from tests.engine.trees import blob, files, found, snapshot

RULE = "similar-name"
CONFIG = Config(
    services=("shop", "auth"),
    shared=("shared",),
    roots=("",),
    canonical=(
        Canonical("ShopNotifier", "shop.notify"),
        Canonical("Env", "shared.env"),
        Canonical("connect", "shop.db"),
        Canonical("BasketStore", "shop.store"),
    ),
)
TREE = {
    "shop/__init__.py": "",
    "shop/notify.py": "class ShopNotifier:\n    def send(self): ...\n",
    "shop/store.py": "class BasketStore:\n    def put(self): ...\n    def take(self): ...\n",
    "shared/env.py": "class Env:\n    def get(self): ...\n    def set(self): ...\n",
    "auth/__init__.py": "",
}

FLAGGED = {
    "what follows, what comes before": """
        ## shop/a.py
        class ShopNotifierRollback: ...  #:
        class ShopNotifierV2: ...  #:
        class ShopNotifier2: ...  #:
        class ShopNotifier_old: ...  #:
        class _ShopNotifier: ...  #:
        class LegacyShopNotifier: ...  #:
        class WebSocketShopNotifier(object): ...  #:
        """,
    "a name of one word, with members in common": """
        ## shop/a.py
        class LegacyEnv:  #:
            def get(self): ...
            def close(self): ...
        """,
    "a name of several words, whatever the members": """
        ## shop/a.py
        class BasketStoreRollback:  #:
            def roll(self): ...
        """,
    "in scripts": """
        ## scripts/run.py
        class ShopNotifierRollback: ...  #:
        """,
    "beside the canonical one, and under a condition": """
        ## shop/notify.py
        class ShopNotifier: ...
        class ShopNotifierPlus: ...  #:
        try:
            import fast
        except ImportError:
            class ShopNotifierSlow: ...  #:
        """,
    "a symbol of a shared package binds all services": """
        ## auth/a.py
        class EnvReader:  #:
            def get(self): ...
        class ShopNotifierRollback: ...
        """,
}

CLEAN = {
    "subclasses of the canonical one": """
        ## shop/a.py
        from shop.notify import ShopNotifier as Base
        class ShopNotifierWithRetry(Base): ...
        ## shop/b.py
        from shop import a
        class ShopNotifierWithPatience(a.ShopNotifierWithRetry): ...
        """,
    "classes the canonical one inherits from": """
        ## shop/base.py
        class ShopNotifierRoot: ...
        ## shop/notify.py
        from shop.base import ShopNotifierRoot
        class BaseShopNotifier(ShopNotifierRoot): ...
        class ShopNotifier(BaseShopNotifier): ...
        """,
    "what is something to the symbol": """
        ## shop/a.py
        class ShopNotifierError(Exception): ...
        class ShopNotifierException(Exception): ...
        class ShopNotifierWarning(UserWarning): ...
        class ShopNotifierConfig: ...
        class ShopNotifierFactory: ...
        class ShopNotifierState: ...
        class ShopNotifierIsFull(Exception): ...
        """,
    "a name of one word, and nothing else in common": """
        ## shop/a.py
        class EnvBoard:
            colour = ""
            def show(self): ...
        class EnvPainter: ...
        """,
    "a part of a word, or in the middle": """
        ## shop/a.py
        class ShopNotifiers: ...
        class ShopNotifierless: ...
        class MyShopNotifierFactory: ...
        class ReShopNotifierX: ...
        class Environment: ...
        class Notify: ...
        class Reconnect: ...
        class connections: ...
        """,
    "the name itself": """
        ## shop/a.py
        class ShopNotifier: ...
        """,
    "tests, other services, nested classes": """
        ## tests/test_a.py
        class ShopNotifierDouble: ...
        ## shop/tests/test_a.py
        class ShopNotifierDouble: ...
        ## auth/a.py
        class ShopNotifierRollback: ...
        ## shop/a.py
        class Outer:
            class ShopNotifierState: ...
        class ShopNotifierIsFull(Exception): ...
        def ShopNotifierOf(): ...
        """,
}


def told(text: str) -> set[tuple[str, int]]:
    return {
        (path, number)
        for path, content in files(text).items()
        for number, line in enumerate(content.splitlines(), 1)
        if "#:" in line
    }


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    violations = found(RULE, TREE | files(text), CONFIG)
    assert {(path, line) for path, line, _ in violations} == told(text) != set()
    assert {severity for *_, severity in violations} == {"info"}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, TREE | files(text), CONFIG) == set()


def test_what_it_says_and_whom_it_spares():
    made = snapshot(TREE | {"shop/a.py": "from shop.b import Other\nclass ShopNotifierPlus(Other): ...\n"}, CONFIG)

    def messages():
        return [(v.message, v.canonical) for v in made.violations.values() if v.rule == RULE]

    [said] = messages()
    assert said == (
        "ShopNotifierPlus may be a second ShopNotifier, whose home is shop.notify.",
        "shop.notify.ShopNotifier",
    )
    made.apply([Change("shop/b.py", None, blob("class Other: ...\n"))])
    assert messages() == [said]
    made.apply([Change("shop/notify.py", "x", blob("from shop.b import Other as ShopNotifier\n"))])
    assert messages() == []
    made.apply([Change("shop/b.py", "x", blob("Other = 1\n"))])
    assert messages() == [said]
