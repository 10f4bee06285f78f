from __future__ import annotations

import pytest

from scanner.engine.config import Config, Environment
from tests.engine.trees import expected, files, found, snapshot

RULE = "direct-environ"
CONFIG = Config(roots=("",), environment=Environment(("pkg.settings", "pkg.start")))

FLAGGED = {
    "single variables": """
        ## pkg/a.py
        import os
        import os as system
        home = os.environ["HOME"]  #: medium
        class A:
            shell = os.getenv("SHELL")  #: medium
            def run(self, name):
                if name in os.environ:  #: medium
                    return system.environ.get(name)  #: medium
                os.environ["A"] = "1"  #: medium
                del os.environ["A"]  #: medium
                os.environ.update(A="1")  #: medium
                return run(
                    name=os.environ.pop("B"),  #: medium
                    text=f"{os.getenv('C')}",  #: medium
                )
        """,
    "imported names": """
        ## pkg/a.py
        from os import environ, path  #: medium
        def run():
            from os import getenv as get  #: medium
            return get("A")
        """,
}

CLEAN = {
    "the declared accessors": """
        ## pkg/settings.py
        import os
        home = os.environ["HOME"]
        ## pkg/start/__init__.py
        from os import environ
        ## pkg/start/early.py
        import os
        home = os.environ["HOME"]
        """,
    "tests, scripts, archives, generated code": """
        ## tests/test_a.py
        import os
        home = os.environ["HOME"]
        ## scripts/run.py
        import os
        home = os.environ["HOME"]
        ## archive/old.py
        from os import environ
        ## pkg/migrations/one.py
        import os
        home = os.getenv("HOME")
        """,
    "strings, comments and docstrings": '''
        ## pkg/a.py
        """Reads os.environ["HOME"]."""
        import os
        # os.environ["HOME"]
        CODE = "os.environ['HOME']"
        def run():
            """os.getenv("HOME")"""
        ''',
    "the environment as a whole": """
        ## pkg/a.py
        import os
        run(env=os.environ)
        copy = os.environ.copy()
        more = {**os.environ, "A": "1"}
        plain = dict(os.environ)
        for name, value in os.environ.items(): ...
        """,
    "what only looks like it": """
        ## pkg/a.py
        import os
        from .os import environ
        from osprey import getenv
        class Machine:
            def run(self):
                return self.os.environ["HOME"], environ["HOME"], os.path.environ
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text, CONFIG) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text, CONFIG) == expected(files(text)) == set()


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_it_is_off_while_no_accessor_is_declared(text):
    assert found(RULE, text) == set()


def test_what_it_says():
    text = """
        ## pkg/a.py
        import os
        def run(name):
            return os.getenv("HOME") or os.environ[name] or os.getenv("HOME")
        """
    told = sorted((v.identity, v.message, v.canonical) for v in snapshot(text, CONFIG).violations.values())
    assert told == [
        (("run", "os.environ:", 0), "A variable is used through os.environ, not through pkg.settings.", "pkg.settings"),
        (("run", "os.getenv:HOME", 0), "HOME is used through os.getenv, not through pkg.settings.", "pkg.settings"),
        (("run", "os.getenv:HOME", 1), "HOME is used through os.getenv, not through pkg.settings.", "pkg.settings"),
    ]
