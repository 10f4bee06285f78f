from __future__ import annotations

import pytest

from tests.engine.trees import expected, files, found, snapshot

RULE = "global-getter"

FLAGGED = {
    "in one expression": """
        ## pkg/a.py
        class Manager: ...
        _a = _b = _c = None
        def a():  #: high
            global _a
            _a = _a or Manager()
            return _a
        def b():  #: high
            global _b
            _b = Manager() if _b is None else _b
            return _b
        def c():
            global _c
            _c = Manager() if elsewhere() else Manager()
            return _c
        """,
    "a class of this module": """
        ## pkg/a.py
        class Manager: ...
        _manager = None
        def get_manager():  #: high
            global _manager
            if _manager is None:
                _manager = Manager()
            return _manager
        async def get_manager_later():  #: high
            global _manager
            if not _manager:
                _manager = await Manager.create()
            return _manager
        """,
    "a class of another package, factories, awaited and through names": """
        ## pkg/a.py
        from typing import cast
        from elsewhere import Redis, create_engine, sessionmaker
        import elsewhere
        _a = _b = _c = _d = _e = _f = None
        def a():  #: high
            global _a
            if _a is None:
                _a = Redis()
            return _a
        def b():  #: high
            global _b
            if _b is not None:
                return _b
            engine = create_engine("x")
            _b = engine
            return _b
        def c():  #: high
            global _c
            if _c is None:
                with lock:
                    if _c is None:
                        _c = elsewhere.sessionmaker(bind=1)
            return cast(Redis, _c)
        def d():  #: high
            global _d
            if _d is None:
                _d = elsewhere.Client.from_env() if 1 else None
            return _d
        class Holder:
            @staticmethod
            def e():  #: high
                global _e
                if _e is None:
                    _e = Redis()
                return _e
        """,
    "a factory of this repository": """
        ## pkg/__init__.py
        ## pkg/make.py
        class Pool: ...
        def make_it():
            pool = Pool()
            return pool
        def twice():
            return make_it()
        ## pkg/a.py
        from pkg import make
        _pool = None
        def get_pool():  #: high
            global _pool
            if _pool is None:
                _pool = make.twice()
            return _pool
        """,
    "created by a neighbour": """
        ## pkg/a.py
        class Manager: ...
        _manager = None
        def get_manager():  #: high
            global _manager
            if _manager is None:
                raise RuntimeError
            return _manager
        def configure_manager():
            global _manager
            _manager = Manager()
        """,
}

CLEAN = {
    "what can only be one": """
        ## pkg/a.py
        import asyncio, ctypes, os
        from psutil import Process
        _lock = _library = _process = None
        def lock():
            global _lock
            if _lock is None:
                _lock = asyncio.Lock()
            return _lock
        def library():
            global _library
            if _library is None:
                _library = ctypes.CDLL("libc.so.6")
            return _library
        def process():
            global _process
            if _process is None:
                _process = Process(os.getpid())
            return _process
        """,
    "keys": """
        ## pkg/a.py
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        _key = None
        def key():
            global _key
            if _key is None:
                _key = Ed25519PublicKey.from_public_bytes(read())
            return _key
        """,
    "constants": """
        ## pkg/a.py
        LIMIT = 3
        def get_limit():
            return LIMIT
        """,
    "values that are no instance of a class": """
        ## pkg/a.py
        import json
        import os
        import re
        _a = _b = _c = _d = _e = None
        def a():
            global _a
            if _a is None:
                _a = re.compile("x")
            return _a
        def b():
            global _b
            if _b is None:
                _b = {}
            return _b
        def c():
            global _c
            if _c is None:
                _c = json.loads("1")
            return _c
        def d():
            global _d
            if _d is None:
                _d = os.environ.get("X")
            return _d
        def e():
            global _e
            if _e is None:
                _e = dict(a=1)
            return _e
        """,
    "pure values": """
        ## pkg/__init__.py
        ## pkg/kinds.py
        from dataclasses import dataclass
        from enum import Enum
        from typing import NamedTuple
        class Kind(Enum): A = 1
        class Point(NamedTuple): x: int
        @dataclass(frozen=True)
        class Limits: x: int = 1
        def read_limits():
            return Limits()
        ## pkg/a.py
        from pathlib import Path
        from zoneinfo import ZoneInfo
        from pkg.kinds import Kind, Limits, Point, read_limits
        _a = _b = _c = _d = None
        def a():
            global _a
            if _a is None:
                _a = Path("x")
            return _a
        def b():
            global _b
            if _b is None:
                _b = ZoneInfo("UTC")
            return _b
        def c():
            global _c
            if _c is None:
                _c = Point(1) if 1 else Kind(1) or Limits()
            return _c
        def d():
            global _d
            if _d is None:
                _d = read_limits()
            return _d
        """,
    "nothing handed out, or nothing created": """
        ## pkg/a.py
        class Manager: ...
        _manager = None
        _count = 0
        def start():
            global _manager
            if _manager is None:
                _manager = Manager()
        def count():
            global _count
            if _count is None:
                _count += 1
            return _count
        def given(value):
            global _manager2
            if _manager2 is None:
                _manager2 = value
            return _manager2
        def fresh():
            manager = None
            if manager is None:
                manager = Manager()
            return manager
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_it_is_about_the_function_and_the_variable():
    [violation] = snapshot(FLAGGED["created by a neighbour"]).violations.values()
    assert violation.symbol == "get_manager"
    assert "Manager()" in violation.message
    assert "_manager" in violation.message
