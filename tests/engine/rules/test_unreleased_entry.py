from __future__ import annotations

import pytest

from scanner.engine.rule import areas
from tests.engine.trees import expected, files, found, snapshot

RULE = "unreleased-entry"

FLAGGED = {
    "filled under a key that is given": """
        ## pkg/a.py
        _contexts = {}  #: low
        _names: dict = {}  #: low
        seen = []  #: low
        def context_of(user_id):
            if user_id not in _contexts:
                _contexts[user_id] = Context(user_id)
            return _contexts[user_id]
        def name(request):
            key = f"{request.user}:{request.id}"
            return _names.setdefault(key, request)
        def see(event):
            seen.append(event)
        """,
    "on a class": """
        ## pkg/a.py
        class Factory:
            _made = {}  #: low
            @classmethod
            def make(cls, user_id):
                if user_id not in cls._made:
                    cls._made[user_id] = Thing()
                return cls._made[user_id]
        """,
    "from a wrapper": """
        ## pkg/a.py
        _results = {}  #: low
        def remembered(function):
            def wrapper(key):
                _results[key] = function(key)
                return _results[key]
            return wrapper
        """,
}

CLEAN = {
    "let go": """
        ## pkg/a.py
        a = {}
        b = {}
        c = {}
        d = {}
        e = []
        def put(key):
            global d
            a[key] = b[key] = c[key] = 1
            d = {}
            d[key] = 1
            e.append(key)
            del e[:10]
        def drop(key): a.pop(key, None)
        def reset(): b.clear()
        def forget(key): del c[key]
        """,
    "bounded": """
        ## pkg/a.py
        from collections import deque
        a = {}
        b = deque(maxlen=10)
        c = TTLCache(10, 60)
        d = lru.LRUCache()
        def put(key):
            if len(a) > 100:
                evict()
            a[key] = c[key] = d[key] = 1
            b.append(key)
        """,
    "held weakly": """
        ## pkg/a.py
        import weakref
        a = weakref.WeakValueDictionary()
        b = weakref.WeakKeyDictionary()
        c = weakref.WeakSet()
        def put(key):
            a[key] = b[key] = 1
            c.add(key)
        """,
    "tables in capitals": """
        ## pkg/a.py
        TABLE = {}
        class A:
            _CACHE = {}
            def put(self, key): self._CACHE[key] = TABLE[key] = 1
        """,
    "parts of the program": """
        ## pkg/a.py
        a = {}
        b = {}
        c = {}
        d = {}
        def put(cls, value):
            a[cls] = 1
            b[type(value)] = b[value.__class__] = 1
            c["fixed"] = value
        def plugin(name):
            def decorate(function):
                d[name] = function
                return function
            return decorate
        """,
    "registries": """
        ## pkg/a.py
        a = {}
        b = []
        def register(name): a[name] = 1
        def _register_all(names): a.update(names)
        def add_hook(hook_id): b.append(hook_id)
        """,
    "handed to somebody": """
        ## pkg/a.py
        a = {}
        b = {}
        c = {}
        d = {}
        def put(key): a[key] = b[key] = c[key] = d[key] = 1
        def whole(): return a
        def trim(): evict(b)
        def other():
            mine = c
            return mine
        schedule(d)
        """,
    "an instance's own, a local one, and tests": """
        ## pkg/a.py
        class A:
            def __init__(self): self.items = {}
            def put(self, key): self.items[key] = 1
        items = {}
        def put(key):
            items = {}
            items[key] = 1
        ## tests/test_a.py
        seen = []
        def see(event): seen.append(event)
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_it_is_announced():
    assert areas()[RULE] is None
    one = next(v for v in snapshot(FLAGGED["on a class"]).violations.values() if v.rule == RULE)
    assert (one.symbol, one.identity) == ("Factory._made", ("Factory", "_made", 0))
    assert "make puts entries" in one.message
