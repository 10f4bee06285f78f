from __future__ import annotations

import pytest

from scanner.engine.config import Config, RuleOptions
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "module-instance"

SESSIONS = "## pkg/a.py\nclass Sessions:\n    def __init__(self): self.open = {}\n"

FLAGGED = {
    "generic classes": """
        ## pkg/a.py
        class Box(Generic[T]):
            def __init__(self): self.open = {}
        one = Box[int]()  #: medium
        two: Box[str] = Box[str]()  #: medium
        three = BOXES["x"]()
        """,
    "classes that keep state, of here and elsewhere": """
        ## pkg/state.py
        class Sessions:
            def __init__(self): self.open = {}
        class Counter:
            def count(self): self.total += 1
            @classmethod
            def create(cls): return cls()
        ## pkg/__init__.py
        from pkg.state import Sessions
        ## pkg/a.py
        import pkg.state
        from pkg import Sessions as Kept
        class Sub(Kept): ...
        one = Kept()  #: medium
        two: Kept = pkg.state.Counter.create()  #: medium
        _three = Sub()  #: medium
        if pkg:
            four = Kept()  #: medium
        """,
    "what is by its name there to keep something": """
        ## pkg/a.py
        class SessionManager:
            def __init__(self, name): self.name = name
        class AuthServiceClient:
            def __init__(self): self.url = "x"
        class Registry:
            def __init__(self): self.known = {}
        session_manager = SessionManager("x")  #: medium
        _client = AuthServiceClient()  #: medium
        REGISTRY = Registry()  #: medium
        """,
    "seven are no way to declare things": SESSIONS
    + "".join(f"s{number} = Sessions()  #: medium\n" for number in range(7)),
}

CLEAN = {
    "constants, and classes that never change": """
        ## pkg/a.py
        from enum import Enum
        from pathlib import Path
        class Kind(Enum): A = 1
        class Point:
            def __init__(self, x): self.x = x
        class Sessions:
            def __init__(self): self.open = {}
        class SomeHandler: ...
        DEFAULT_SESSIONS = Sessions()
        origin = Point(0)
        kind = Kind("x")
        root = Path("x")
        nothing = SomeHandler()
        """,
    "loggers, routers and applications": """
        ## pkg/a.py
        class Logger:
            def __init__(self): self.handlers = []
        class APIRouter:
            def __init__(self): self.routes = []
        class Flask:
            def __init__(self): self.routes = []
        class LocalStack:
            def push(self, x): self.top = x
        logger = Logger()
        audit = Logger()
        orders = APIRouter()
        app = Flask()
        _router = Flask()
        tasks = LocalStack()
        """,
    "settings": """
        ## pkg/a.py
        from dataclasses import dataclass, field
        from pydantic import BaseModel
        class Base(BaseModel): ...
        class Settings(Base):
            url: str = ""
            def load(self): self.url = "x"
        @dataclass
        class ConfigManager:
            limits: dict = field(default_factory=dict)
            def __post_init__(self): self.total = 1
        settings = Settings()
        config = ConfigManager()
        """,
    "Pydantic's under another name, and one for each thread": """
        ## pkg/a.py
        import threading
        from threading import local
        from pydantic import BaseModel as PydanticBaseModel
        from sqlmodel import SQLModel
        class Settings(PydanticBaseModel):
            def load(self): self.url = "x"
        class Row(SQLModel):
            def load(self): self.url = "x"
        class Current(threading.local):
            def __init__(self): self.open = []
        class Nearby(local):
            def enter(self): self.depth = 1
        settings = Settings()
        row = Row()
        current = Current()
        nearby = Nearby()
        """,
    "when run as a program, or for type checkers": """
        ## pkg/a.py
        from typing import TYPE_CHECKING
        class Sessions:
            def __init__(self): self.open = {}
        if TYPE_CHECKING:
            typed = Sessions()
        def make():
            sessions = Sessions()
            return sessions
        if __name__ == "__main__":
            sessions = Sessions()
        """,
    "declarative types": SESSIONS
    + "".join(f"s{number} = Sessions()\n" for number in range(7))
    + "## pkg/b.py\nfrom pkg.a import Sessions\nlast = Sessions()\n",
    "signals": """
        ## pkg/signals.py
        class ModelSignal:
            def __init__(self): self.receivers = []
        saved = ModelSignal()
        """,
    "of other people's classes, and in tests and scripts": """
        ## pkg/a.py
        from elsewhere import Manager
        manager = Manager()
        class Sessions:
            def __init__(self): self.open = {}
        ## tests/test_a.py
        from pkg.a import Sessions
        sessions = Sessions()
        ## scripts/a.py
        from pkg.a import Sessions
        sessions = Sessions()
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_a_class_of_this_repository_called_local_is_none():
    text = """
        ## pkg/a.py
        class local:
            def __init__(self): self.open = []
        class Current(local): ...
        current = Current()  #: medium
        """
    assert found(RULE, text) == expected(files(text)) != set()


def test_what_the_configuration_allows():
    text = FLAGGED["what is by its name there to keep something"]
    config = Config(roots=("",), rules={RULE: RuleOptions(("pkg.a._client", "pkg.a.REGISTRY"))})
    assert {line for _, line, _ in found(RULE, text, config)} == {7}


def test_one_instance_more_elsewhere_makes_a_way_to_declare_things():
    text = FLAGGED["seven are no way to declare things"]
    state = snapshot(text)
    assert sum(v.rule == RULE for v in state.violations.values()) == 7
    other = blob("from pkg.a import Sessions\neighth = Sessions()\n")
    state.apply([Change("pkg/b.py", None, other)])
    assert [v for v in state.violations.values() if v.rule == RULE] == []
    state.apply([Change("pkg/b.py", other, None)])
    assert sum(v.rule == RULE for v in state.violations.values()) == 7


def test_another_base_elsewhere_gives_it_state():
    state = snapshot(
        "## pkg/base.py\nclass Base: ...\n## pkg/a.py\nfrom pkg.base import Base\nclass A(Base): ...\na = A()\n"
    )
    assert [v for v in state.violations.values() if v.rule == RULE] == []
    state.apply(
        [Change("pkg/base.py", blob("class Base: ...\n"), blob("class Base:\n    def set(self): self.x = 1\n"))]
    )
    [violation] = (v for v in state.violations.values() if v.rule == RULE)
    assert (violation.path, violation.line, violation.symbol, violation.identity) == ("pkg/a.py", 3, "a", ("", "a", 0))
