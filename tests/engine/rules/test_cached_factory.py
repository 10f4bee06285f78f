from __future__ import annotations

import pytest

from tests.engine.trees import expected, files, found, snapshot

RULE = "cached-factory"

FLAGGED = {
    "a class of the module, of another one, and a subclass": """
        ## pkg/state.py
        class Sessions:
            def __init__(self): self.open = {}
        class Client:
            def __init__(self, url): self.pool = pools.create_pool(url)
        ## pkg/a.py
        import functools
        from functools import cache, lru_cache
        from pkg.state import Client, Sessions as Kept
        import pkg.state
        class Own(pkg.state.Sessions): ...
        @lru_cache
        def a():  #: high
            return Own()
        @functools.lru_cache(maxsize=1)
        def b():  #: high
            kept = Kept()
            kept.open["x"] = 1
            return kept
        @cache
        async def c():  #: high
            return Client("x") if 1 else None
        class Factory:
            @classmethod
            @functools.cache
            def make(cls):  #: high
                return Kept()
        """,
    "functools under other names, and a generic class": """
        ## pkg/a.py
        import functools as ft
        from functools import cache as memo, lru_cache as lc
        class Box(Generic[T]):
            def __init__(self): self.open = {}
        @memo
        def a():  #: high
            return Box[int]()
        @lc(maxsize=None)
        def b():  #: high
            return Box()
        @ft.cache
        def c():  #: high
            return Box()
        """,
    "through another factory": """
        ## pkg/state.py
        class Sessions:
            def add(self, x): self.last = x
            @classmethod
            def create(cls): return cls()
        def make(): return Sessions()
        ## pkg/a.py
        from functools import cache
        from pkg.state import Sessions, make
        @cache
        def a():  #: high
            return make()
        @cache
        def b():  #: high
            return Sessions.create()
        """,
}

CLEAN = {
    "what is not functools': it may let go": """
        ## pkg/a.py
        from elsewhere import for_a_minute as cache
        class Box:
            def __init__(self): self.open = {}
        @cache
        def a():
            return Box()
        """,
    "pure values": """
        ## pkg/a.py
        import re
        from dataclasses import dataclass
        from enum import Enum
        from functools import cache
        from typing import NamedTuple
        from zoneinfo import ZoneInfo
        from elsewhere import Client
        class Kind(Enum): A = 1
        class Point(NamedTuple): x: int
        @dataclass(frozen=True)
        class Limits: x: int
        class Frozen:
            def __init__(self, x): self.x = x
        @cache
        def zone(): return ZoneInfo("UTC")
        @cache
        def words(): return re.compile("x")
        @cache
        def table(): return {"x": 1}
        @cache
        def client(): return Client()
        @cache
        def kind(): return Kind("x")
        @cache
        def point(): return Point(1)
        @cache
        def limits(): return Limits(1)
        @cache
        def frozen(): return Frozen(1)
        """,
    "what only holds what it was given, whatever its name": """
        ## pkg/a.py
        from functools import cache
        from pathlib import Path
        class PriceClient:
            def __init__(self, url, timeout=5.0):
                self.url = url.rstrip("/")
                self.timeout = timeout or 5.0
                self.folder = Path("x")
                self.name = str(url)
        class Repository:
            def __init__(self, model, session): self.model, self.session = model, session
        @cache
        def get_client(): return PriceClient("x")
        @cache
        def get_prices(): return Repository(Price, Session)
        """,
    "settings": """
        ## pkg/a.py
        from functools import lru_cache
        from pydantic_settings import BaseSettings
        class Base(BaseSettings): ...
        class SettingsManager(Base):
            url: str = ""
            def load(self): self.url = "x"
        @lru_cache
        def get_settings(): return SettingsManager()
        """,
    "with parameters, not cached, or cached by something else": """
        ## pkg/a.py
        from functools import cached_property, lru_cache
        from elsewhere import cache
        class Sessions:
            def __init__(self): self.open = {}
            @cached_property
            def other(self): return Sessions()
            @lru_cache
            def another(self): return Sessions()
        @lru_cache
        def of(user): return Sessions()
        def make(): return Sessions()
        ## pkg/b.py
        from elsewhere import cache
        from pkg.a import Sessions
        @cache
        def get(): return Sessions()
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_it_names_the_class():
    violations = [v for v in snapshot(FLAGGED["through another factory"]).violations.values() if v.rule == RULE]
    assert [(v.symbol, v.identity) for v in violations] == [("a", ("", "a", 0)), ("b", ("", "b", 0))]
    assert all("the same Sessions," in v.message for v in violations)
