from __future__ import annotations

import pytest

from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "dead-import-guard"

FLAGGED = {
    "a missing module or name, whatever catches it": """
        ## pkg/__init__.py
        ## pkg/b.py
        ## pkg/a.py
        import contextlib
        try:
            from pkg.gone import x  #: high
            from pkg.b import (  #: high
                y,
            )
            from . import gone  #: high
        except ImportError:
            x = y = None
        try:
            import pkg.gone  #: high
        except (ValueError, ModuleNotFoundError):
            pass
        try:
            from pkg.gone import x  #: high
            from pkg.b import y  #: high
        except ModuleNotFoundError:
            pass
        except ImportError:
            pass
        try:
            import pkg.gone  #: high
        except Exception as error:
            print(error)
        try:
            import pkg.gone  #: high
        except:
            pass
        with contextlib.suppress(ImportError):
            import pkg.gone  #: high
        """,
    "in functions, under conditions, in fallbacks of others": """
        ## pkg/__init__.py
        ## pkg/a.py
        import sys
        class A:
            def run(self):
                try:
                    if sys.platform == "win32":
                        from pkg.gone import x  #: high
                except ImportError:
                    x = None
        try:
            import quick
        except ImportError:
            try:
                from pkg.gone import slow  #: high
            except ImportError:
                slow = None
        """,
    "asking whether something is there, outside tests": """
        ## pkg/__init__.py
        ## pkg/a.py
        def is_there():
            try:
                import pkg.gone  #: high
                return True
            except ImportError:
                return False
        """,
    "in tests and scripts": """
        ## pkg/__init__.py
        ## tests/test_a.py
        try:
            from pkg.gone import x  #: high
        except ImportError:
            x = None
        def test_x():
            try:
                from pkg.gone import y  #: high
                assert y
            except ImportError:
                pass
        ## scripts/run.py
        try:
            from pkg.gone import x  #: high
        except ImportError:
            x = None
        """,
    "a name bound for type checkers only": """
        ## pkg/__init__.py
        ## pkg/b.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from pkg.c import X
        ## pkg/c.py
        X = 1
        ## pkg/a.py
        try:
            from pkg.b import X  #: high
        except ImportError:
            X = None
        """,
}

CLEAN = {
    "a missing name where only missing modules are survived": """
        ## pkg/__init__.py
        ## pkg/b.py
        ## pkg/a.py
        import contextlib
        try:
            from pkg.b import y
        except ModuleNotFoundError:
            y = None
        with contextlib.suppress(ModuleNotFoundError):
            from pkg import gone
        """,
    "optional third-party packages": """
        ## pkg/__init__.py
        ## pkg/a.py
        try:
            import ujson as json
            from numpy.random import default_rng
        except ImportError:
            import json
        """,
    "guarded imports that succeed": """
        ## pkg/__init__.py
        ## pkg/b.py
        def __getattr__(name): ...
        ## pkg/c.py
        x = 1
        ## pkg/fast.pyx
        ## pkg/a.py
        try:
            from pkg.b import anything
            from pkg.c import x
            from pkg.fast import run
            from pkg._version import version
        except ImportError:
            x = None
        """,
    "what no guard protects": """
        ## pkg/__init__.py
        ## pkg/a.py
        from typing import TYPE_CHECKING
        from pkg.gone import x
        try:
            def run():
                import pkg.gone
        except ImportError:
            pass
        try:
            import pkg.gone
        except KeyError:
            pass
        try:
            import quick
        except ImportError:
            import pkg.gone
        if TYPE_CHECKING:
            try:
                from pkg.gone import X
            except ImportError:
                X = None
        """,
    "tests that ask whether something is there": """
        ## pkg/__init__.py
        ## tests/test_a.py
        def test_what_is_left():
            found = []
            try:
                from pkg.gone import x as y
                found.append("gone")
            except ImportError:
                pass
        """,
    "imports that are meant to fail": """
        ## pkg/__init__.py
        ## tests/test_a.py
        import pytest
        try:
            with pytest.raises(ImportError):
                from pkg.gone import x
        except Exception:
            raise AssertionError
        try:
            from pkg.gone import x
            pytest.fail("it is back")
        except ImportError:
            pass
        """,
    "strings and comments": """
        ## pkg/__init__.py
        ## pkg/a.py
        try:
            CODE = "import pkg.gone"  # import pkg.gone
        except ImportError:
            pass
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_every_broken_import_is_reported_once():
    for text in (*FLAGGED.values(), CLEAN["what no guard protects"]):
        violations = snapshot(text).violations.values()
        places = [(v.path, v.line, v.identity) for v in violations if v.rule in {RULE, "unresolvable-import"}]
        assert len(places) == len(set(places))


def test_what_it_says_and_when_it_ends():
    text = """
        ## pkg/__init__.py
        ## pkg/a.py
        def run():
            try:
                from .gone import x
            except ImportError:
                x = None
        """
    made = snapshot(text)
    [violation] = made.violations.values()
    assert violation.message == "There is no module .gone. The failure is caught, so the fallback always runs."
    assert (violation.symbol, violation.identity) == ("gone", ("run", ".gone", 0))
    made.apply([Change("pkg/gone.py", None, blob("x = 1\n"))])
    assert made.violations == {}
