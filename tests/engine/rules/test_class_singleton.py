from __future__ import annotations

import pytest

from scanner.engine.config import Config, RuleOptions
from tests.engine.trees import expected, files, found, snapshot

RULE = "class-singleton"

FLAGGED = {
    "in one expression": """
        ## pkg/a.py
        class A:
            _one = None  #: high
            def __init__(self): self.x = 1
            @classmethod
            def get(cls):
                cls._one = cls._one or cls()
                return cls._one
        class B:
            _one = None  #: high
            def __init__(self): self.x = 1
            @classmethod
            def get(cls):
                cls._one = cls() if cls._one is None else cls._one
                return cls._one
        """,
    "from __new__, in every way it is written": """
        ## pkg/a.py
        import threading
        class A:
            _instance: "A" = None  #: high
            _lock = threading.Lock()
            def __new__(cls):
                if cls._instance is not None:
                    return cls._instance
                with cls._lock:
                    if cls._instance is None:
                        cls._instance = super().__new__(cls)
                        cls._instance.ready = False
                return cls._instance
        class B:
            def __new__(cls, *args):  #: high
                if not hasattr(cls, "instance"):
                    cls.instance = super(B, cls).__new__(cls)
                return cls.instance
            def __init__(self): self.x = 1
        class C(Base):
            __only = None  #: high
            def __new__(cls):
                if C.__only is None:
                    made = object.__new__(cls)
                    C.__only = made
                return C.__only
        """,
    "from class methods and static methods": """
        ## pkg/a.py
        class A:
            _instance = None  #: high
            def __init__(self): self.x = 1
            @classmethod
            def get_instance(cls, settings):
                if cls._instance is None:
                    cls._instance = cls(settings)
                return cls._instance
        class B:
            _shared = None  #: high
            def __init__(self): self.x = 1
            @staticmethod
            def get():
                if not B._shared:
                    B._shared = B()
                return B._shared
        class C:
            __instance = None  #: high
            @staticmethod
            def get():
                if C.__instance is None:
                    C()
                return C.__instance
            def __init__(self):
                if C.__instance is not None:
                    raise RuntimeError("one is enough")
                C.__instance = self
                self.x = 1
        class D:
            _instance = None  #: high
            def set(self, x): self.x = x
            @classmethod
            async def create(cls):
                instance = cls._instance
                if instance is None:
                    instance = cls._instance = await cls.open()
                return instance
        """,
    "metaclasses and decorators": """
        ## pkg/meta.py
        class Only(type):
            _instances = {}
            def __call__(cls, *args):
                if cls not in cls._instances:
                    cls._instances[cls] = super().__call__(*args)
                return cls._instances[cls]
        ## pkg/__init__.py
        from pkg.meta import Only
        ## pkg/a.py
        from pkg import Only as Meta
        from elsewhere import SingletonMeta, singleton
        import pkg.meta
        class A(metaclass=Meta):  #: high
            x = 1
        class B(metaclass=pkg.meta.Only):  #: high
            x = 1
        class C(metaclass=SingletonMeta):  #: high
            x = 1
        @singleton
        class D:  #: high
            x = 1
        """,
    "a place for one": """
        ## pkg/a.py
        from typing import Optional
        class A:
            _instance: Optional["A"] = None  #: high
            def __init__(self): self.x = {}
        class B:
            _instance: "Self | None" = None  #: high
        """,
    "an instance of another class that keeps state": """
        ## pkg/state.py
        class State:
            def __init__(self): self.values = {}
        ## pkg/a.py
        from pkg.state import State
        class Factory:
            _state = None  #: high
            @classmethod
            def state(cls):
                if cls._state is None:
                    cls._state = State()
                return cls._state
        """,
    "in tests and inside functions, too": """
        ## tests/a.py
        def outer():
            class A:
                _instance = None  #: high
                def __new__(cls):
                    if cls._instance is None:
                        cls._instance = super().__new__(cls)
                    return cls._instance
                def __init__(self): self.x = 1
        """,
}

CLEAN = {
    "enums": """
        ## pkg/a.py
        from enum import Enum, EnumMeta
        class A(Enum, metaclass=EnumMeta):
            _instance: "A" = None
            def __new__(cls, value):
                if cls._instance is None:
                    cls._instance = object.__new__(cls)
                return cls._instance
            def set(self): self.x = 1
        """,
    "sentinels": """
        ## pkg/a.py
        class Missing:
            _instance = None
            def __new__(cls):
                if cls._instance is None:
                    cls._instance = super().__new__(cls)
                return cls._instance
            def __repr__(self): return "MISSING"
        """,
    "names alone": """
        ## pkg/a.py
        from dataclasses import dataclass
        from abc import ABCMeta
        @dataclass
        class A:
            instance: "Other" = None
            instance_creation_time_ms: float = 0.0
        class B(metaclass=ABCMeta):
            _instance_lock = Lock()
            _instance: int = None
            def __init__(self): self._instance = Other()
            def instance(self): return self._instance
            pattern = "_instance = None; def __new__(cls)"
        class C(metaclass=Registering): x = 1
        """,
    "made anew, given, or of plain values": """
        ## pkg/a.py
        import re
        class A:
            _instance = None
            def __init__(self): self.x = 1
            @classmethod
            def create(cls):
                instance = cls()
                return instance
            @classmethod
            def given(cls, other):
                if cls._instance is None:
                    cls._instance = other
                return cls._instance
            @classmethod
            def version(cls):
                if cls._version is None:
                    cls._version = read_version()
                return cls._version
            @classmethod
            def pattern(cls):
                if cls._pattern is None:
                    cls._pattern = re.compile("x")
                return cls._pattern
        class B(int):
            def __new__(cls, value):
                made = super().__new__(cls, value)
                made.unit = "s"
                return made
        """,
    "one for each key": """
        ## pkg/a.py
        class PerName(type):
            def __call__(cls, name):
                if name not in cls._all:
                    cls._all[name] = super().__call__(name)
                return cls._all[name]
        class A(metaclass=PerName): x = 1
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_what_the_configuration_allows():
    text = FLAGGED["metaclasses and decorators"]
    allow = RuleOptions(("pkg.a.A", "pkg.a.D", "pkg.meta.B"))
    config = Config(roots=("",), rules={RULE: allow})
    assert {line for _, line, _ in expected(files(text)) - found(RULE, text, config)} == {4, 11}


def test_it_is_about_the_class_and_where_it_keeps_the_instance():
    one, *_ = snapshot(FLAGGED["from class methods and static methods"]).violations.values()
    assert (one.symbol, one.identity) == ("A", ("A", "_instance", 0))
    assert "_instance" in one.message
