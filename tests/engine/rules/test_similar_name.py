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
        Canonical("Notifier", "shop.notify"),
        Canonical("Env", "shared.env"),
        Canonical("connect", "shop.db"),
        Canonical("BasketStore", "shop.store"),
    ),
)
TREE = {
    "shop/__init__.py": "",
    "shop/notify.py": "class Notifier:\n    def send(self): ...\n",
    "shop/store.py": "class BasketStore:\n    def put(self): ...\n    def take(self): ...\n",
    "shared/env.py": "class Env: ...\n",
    "auth/__init__.py": "",
}

FLAGGED = {
    "what follows, what comes before": """
        ## shop/a.py
        class NotifierRollback: ...  #:
        class NotifierV2: ...  #:
        class Notifier2: ...  #:
        class Notifier_old: ...  #:
        class _Notifier: ...  #:
        class LegacyNotifier: ...  #:
        class WebSocketNotifier(object): ...  #:
        """,
    "a name of one word, with members in common": """
        ## shop/a.py
        class NotifierBoard:  #:
            colour = ""
            def send(self): ...
        """,
    "a name of several words, whatever the members": """
        ## shop/a.py
        class BasketStoreRollback:  #:
            def roll(self): ...
        """,
    "beside the canonical one, and under a condition": """
        ## shop/notify.py
        class Notifier: ...
        class NotifierPlus: ...  #:
        try:
            import fast
        except ImportError:
            class NotifierSlow: ...  #:
        """,
    "a symbol of a shared package binds all services": """
        ## auth/a.py
        class EnvReader: ...  #:
        class NotifierRollback: ...
        """,
}

CLEAN = {
    "subclasses of the canonical one": """
        ## shop/a.py
        from shop.notify import Notifier as Base
        class NotifierWithRetry(Base): ...
        ## shop/b.py
        from shop import a
        class NotifierWithPatience(a.NotifierWithRetry): ...
        """,
    "classes the canonical one inherits from": """
        ## shop/base.py
        class NotifierRoot: ...
        ## shop/notify.py
        from shop.base import NotifierRoot
        class BaseNotifier(NotifierRoot): ...
        class Notifier(BaseNotifier): ...
        """,
    "what is something to the symbol": """
        ## shop/a.py
        class NotifierError(Exception): ...
        class NotifierException(Exception): ...
        class NotifierWarning(UserWarning): ...
        class NotifierConfig: ...
        class NotifierFactory: ...
        class NotifierState: ...
        """,
    "a name of one word, and nothing else in common": """
        ## shop/a.py
        class NotifierBoard:
            colour = ""
            def show(self): ...
        """,
    "a part of a word, or in the middle": """
        ## shop/a.py
        class Notifiers: ...
        class Notifierless: ...
        class MyNotifierFactory: ...
        class ReNotifierX: ...
        class Environment: ...
        class Notify: ...
        class Reconnect: ...
        class connections: ...
        """,
    "the name itself": """
        ## shop/a.py
        class Notifier: ...
        """,
    "tests, scripts, other services, nested classes": """
        ## tests/test_a.py
        class NotifierDouble: ...
        ## shop/tests/test_a.py
        class NotifierDouble: ...
        ## scripts/run.py
        class NotifierRun: ...
        ## auth/a.py
        class NotifierRollback: ...
        ## shop/a.py
        class Outer:
            class NotifierState: ...
        def NotifierOf(): ...
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
    made = snapshot(TREE | {"shop/a.py": "from shop.b import Other\nclass NotifierPlus(Other): ...\n"}, CONFIG)

    def messages():
        return [(v.message, v.canonical) for v in made.violations.values() if v.rule == RULE]

    [said] = messages()
    assert said == (
        "NotifierPlus may be a second Notifier, whose home is shop.notify.",
        "shop.notify.Notifier",
    )
    made.apply([Change("shop/b.py", None, blob("class Other: ...\n"))])
    assert messages() == [said]
    made.apply([Change("shop/notify.py", "x", blob("from shop.b import Other as Notifier\n"))])
    assert messages() == []
    made.apply([Change("shop/b.py", "x", blob("Other = 1\n"))])
    assert messages() == [said]
