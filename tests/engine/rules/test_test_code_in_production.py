from __future__ import annotations

import pytest

from scanner.engine.config import Config, with_scopes
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "test-code-in-production"
TESTS = ("tests/**", "**/tests/**", "test_framework/**", "**/test_*.py", "**/conftest.py")
CONFIG = with_scopes(Config(roots=("",)), {"tests": TESTS})

FLAGGED = {
    "test packages of this repository": """
        ## test_framework/__init__.py
        ## test_framework/doubles.py
        Gateway = 1
        ## pkg/__init__.py
        ## pkg/tests/__init__.py
        ## pkg/tests/data.py
        ## pkg/a.py
        import test_framework.doubles  #: high
        from test_framework import doubles  #: high
        from test_framework.doubles import (  #: high
            Gateway,
        )
        from .tests import data  #: high
        from . import tests  #: high
        from pkg.tests.data import *  #: high
        """,
    "a conftest": """
        ## pkg/__init__.py
        ## pkg/conftest.py
        ## pkg/a.py
        from pkg.conftest import client  #: high
        """,
    "in functions and guarded": """
        ## test_framework/__init__.py
        Gateway = 1
        ## pkg/__init__.py
        ## pkg/a.py
        def gateway():
            from test_framework import Gateway  #: high
        try:
            from test_framework import Gateway  #: high
        except ImportError:
            Gateway = None
        """,
    "tools for tests": """
        ## pkg/__init__.py
        ## pkg/a.py
        import pytest  #: high
        from unittest.mock import AsyncMock  #: high
        from unittest import mock  #: high
        def run():
            from mock import patch  #: high
        """,
    "doubles": """
        ## pkg/__init__.py
        ## pkg/a.py
        class MockGateway: ...  #: high
        class _FakeGateway: ...  #: high
        class Stub: ...  #: high
        class Gateway:
            class MockAnswer: ...  #: high
            def answer(self):
                class FakeAnswer: ...  #: high
        try:
            import redis
        except ImportError:
            class FakeRedis: ...  #: high
        """,
}

CLEAN = {
    "tests, scripts, archives, generated code": """
        ## test_framework/__init__.py
        import pytest
        class FakeGateway: ...
        ## tests/test_a.py
        from test_framework import FakeGateway
        class MockGateway: ...
        ## scripts/run.py
        from test_framework import FakeGateway
        ## archive/old.py
        from test_framework import FakeGateway
        ## pkg/migrations/one.py
        class FakeGateway: ...
        """,
    "modules that offer tools for tests": """
        ## pkg/__init__.py
        ## pkg/testing/__init__.py
        import pytest
        class MockGateway: ...
        ## pkg/contrib/pytest.py
        import pytest
        ## pkg/engine/mock.py
        class MockConnection: ...
        ## pkg/test/client.py
        from unittest.mock import Mock
        class FakePayload: ...
        ## pkg/api_pb2_grpc.py
        class StubBase: ...
        """,
    "under __main__ and for type checkers": """
        ## pkg/__init__.py
        ## pkg/a.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            class StubGateway: ...
        if __name__ == "__main__":
            class MockGateway: ...
        """,
    "names that merely start alike": """
        ## pkg/__init__.py
        ## pkg/a.py
        import mockingbird, pytester, testament, unittest
        from unittest import TestCase
        class Faker: ...
        class Mocking: ...
        class Stubborn: ...
        class UnMock: ...
        def MockGateway(): ...
        fake_gateway = 1
        """,
    "what production code offers, wherever it has it from": """
        ## test_framework/__init__.py
        Gateway = 1
        ## pkg/__init__.py
        from test_framework import Gateway  #: high
        ## pkg/a.py
        from pkg import Gateway
        """,
    "modules called test_... among production code": """
        ## pkg/__init__.py
        ## pkg/test_coverage.py
        class Coverage: ...
        ## pkg/a.py
        from pkg.test_coverage import Coverage
        from . import test_coverage
        """,
    "strings and comments": """
        ## pkg/__init__.py
        ## pkg/a.py
        # from unittest.mock import Mock
        CODE = "class MockGateway: ..."
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text, CONFIG) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text, CONFIG) == expected(files(text))


def test_what_it_says():
    text = """
        ## test_framework/__init__.py
        ## pkg/__init__.py
        ## pkg/a.py
        def gateway():
            from .. import test_framework
            class MockGateway: ...
        from unittest import TestCase, mock
        """
    told = sorted((v.line, v.message, v.symbol, v.identity) for v in snapshot(text, CONFIG).violations.values())
    assert told == [
        (
            2,
            "Production code imports test_framework, which is for tests.",
            "test_framework",
            ("gateway", "..:test_framework", 0),
        ),
        (3, "MockGateway is a test double in production code.", "MockGateway", ("gateway", "MockGateway", 0)),
        (4, "Production code imports unittest.mock, which is for tests.", "unittest.mock", ("", "unittest", 0)),
    ]


def test_it_follows_what_names_stand_for():
    made = snapshot({"pkg/__init__.py": "", "pkg/a.py": "from tests import x\n", "tests/__init__.py": ""}, CONFIG)
    assert {v.rule for v in made.violations.values()} == {RULE, "unresolvable-import"}
    made.apply([Change("tests/__init__.py", "x", None)])
    assert made.violations == {}
    made.apply([Change("tests/x.py", None, blob(""))])
    assert {v.rule for v in made.violations.values()} == {RULE}
