from __future__ import annotations

import pytest

from tests.engine.trees import expected, files, found, snapshot

RULE = "class-mutable"

FLAGGED = {
    "through the class, its name and an instance": """
        ## pkg/a.py
        from collections import defaultdict
        from typing import ClassVar
        class A:
            one = {}  #: high
            two: list = []  #: high
            three = defaultdict(list)  #: high
            four: ClassVar[set] = set()  #: high
            five = [x for x in ()]  #: high
            @classmethod
            def put(cls, key):
                cls.one[key] = 1
            def add(self, item):
                self.two.append(item)
                self.__class__.four |= {item}
            @staticmethod
            def drop(key):
                A.three[key].append(1)
        def from_outside():
            A.five.clear()
        """,
    "a table in a table, in nested functions and expressions": """
        ## pkg/a.py
        class A:
            one = {"count": {}}  #: high
            two = []  #: high
            three = {}  #: high
            def run(self):
                def inner():
                    self.one["count"]["x"] += 1
                return inner
            def take(self):
                return [self.two.pop() for _ in range(3)]
            async def make(self, key):
                return await self.three.setdefault(key, make())
        """,
    "registries": """
        ## pkg/a.py
        class A:
            known = {}  #: low
            both = {}  #: high
            def __init_subclass__(cls):
                cls.known[cls.__name__] = cls
            @classmethod
            def register(cls, name):
                cls.known[name] = 1
                cls.both[name] = 1
            @classmethod
            def _unregister_all(cls):
                cls.known.clear()
            @classmethod
            def load(cls):
                cls.both["x"] = 1
        """,
    "a ClassVar of a model": """
        ## pkg/a.py
        from typing import ClassVar
        from pydantic import BaseModel
        class A(BaseModel):
            seen: ClassVar[dict] = {}  #: high
            mine: dict = {}
            def see(self, x):
                self.seen[x] = 1
                self.mine[x] = 1
        """,
    "through the class, though instances have their own": """
        ## pkg/a.py
        class A:
            items = []  #: high
            def __init__(self):
                self.items = []
            @classmethod
            def add(cls, item):
                cls.items.append(item)
        """,
    "in tests": """
        ## tests/test_a.py
        class FakeStore:
            rows = []  #: high
            def add(self, row): self.rows.append(row)
        """,
}

CLEAN = {
    "a model whose base goes by another name": """
        ## pkg/base.py
        from pydantic import BaseModel as PydanticBaseModel
        class Base(PydanticBaseModel): ...
        ## pkg/a.py
        from sqlmodel import SQLModel
        from .base import Base
        class A(Base):
            items: list = []
            def add(self, x): self.items.append(x)
        class Row(SQLModel):
            items: list = []
            def add(self, x): self.items.append(x)
        """,
    "fields": """
        ## pkg/models.py
        from pydantic import BaseModel
        class Base(BaseModel): ...
        ## pkg/a.py
        from dataclasses import dataclass, field
        from pkg.models import Base
        @dataclass
        class A:
            items: list = field(default_factory=list)
            def add(self, item): self.items.append(item)
        class B(Base):
            metadata: dict = {}
            _private: dict = {}
            def add(self, item): self.metadata[item] = self._private[item] = 1
        """,
    "tables in capitals": """
        ## pkg/a.py
        class A:
            LIMITS = {"x": 1}
            _ALIASES = {}
            def put(self, key): self.LIMITS[key] = self._ALIASES[key] = 1
        """,
    "annotations alone, and what nothing changes": """
        ## pkg/a.py
        class A:
            one: dict
            two = {"x": 1}
            three = []
            four = ()
            __slots__ = ["x"]
            def put(self, key):
                self.one[key] = 1
                other.two[key] = 2
                return self.two[key], self.two.get(key), list(self.three), key in self.three
        class B:
            two = 1
            def put(self, key): self.two[key] = 1
        """,
    "instances that have their own": """
        ## pkg/a.py
        class A:
            items = []
            def __init__(self, items):
                self.items = list(items)
            def add(self, item): self.items.append(item)
        """,
    "the same name elsewhere": """
        ## pkg/a.py
        class A:
            items = {}
        class B:
            def __init__(self): self.items = {}
            def add(self, item): self.items[item] = 1
        def add(items, item):
            items[item] = 1
            item.items.clear()
        """,
    "names of an enum": """
        ## pkg/a.py
        from enum import Enum
        class A(Enum):
            X = 1
            names = {}
            def put(self): self.names[self] = 1
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_it_names_who_changes_it():
    violations = snapshot(FLAGGED["registries"]).violations.values()
    [low] = (v for v in violations if v.rule == RULE and v.severity == "low")
    assert (low.symbol, low.identity) == ("A.known", ("A", "known", 0))
    assert low.message.endswith("__init_subclass__, _unregister_all, register change it.")
