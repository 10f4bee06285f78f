from __future__ import annotations

import pytest

from scanner.engine.config import Config, Deprecated
from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "deprecated-import"
CONFIG = Config(
    roots=("", "src"),
    deprecated=(
        Deprecated("pkg.old", "pkg.new"),
        Deprecated("pkg.attic"),
        Deprecated("pkg.attic.deep", "pkg.deep"),
        Deprecated("elsewhere.tools", "pkg.tools"),
    ),
)

FLAGGED = {
    "absolute, as, relative, of its package": """
        ## pkg/__init__.py
        ## pkg/old.py
        ## pkg/a.py
        import pkg.old  #: high
        import pkg.old as old  #: high
        from pkg.old import x  #: high
        from pkg.old import *  #: high
        from .old import (  #: high
            y,
            z,
        )
        from pkg import old as ancient  #: high
        from . import old  #: high
        ## pkg/deep/__init__.py
        from ..old import x  #: high
        from .. import old  #: high
        """,
    "in functions, guarded, in a fallback, for type checkers": """
        ## pkg/__init__.py
        ## pkg/old.py
        x = 1
        ## pkg/new.py
        ## pkg/a.py
        from typing import TYPE_CHECKING
        def run():
            from pkg.old import x  #: high
        try:
            from pkg.old import x  #: high
        except ImportError:
            x = None
        try:
            from pkg.new import y
        except ImportError:
            from pkg.old import y  #: high
        if TYPE_CHECKING:
            from pkg.old import x  #: high
        """,
    "below a deprecated package": """
        ## pkg/__init__.py
        ## pkg/attic/__init__.py
        ## pkg/attic/box.py
        x = 1
        ## pkg/a.py
        from pkg.attic.box import x  #: high
        import pkg.attic.box  #: high
        from pkg.attic import box  #: high
        """,
    "gone, or never in this repository": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.old import x  #: high
        import elsewhere.tools.hammer  #: high
        from elsewhere import tools  #: high
        """,
    "the module itself under another name": """
        ## pkg/__init__.py
        from . import old as ancient  #: high
        ## pkg/old.py
        ## pkg/a.py
        from pkg import ancient  #: high
        """,
    "below a root": """
        ## src/pkg/__init__.py
        ## src/pkg/old.py
        x = 1
        ## tests/test_a.py
        from pkg.old import x  #: high
        from src.pkg.old import x  #: high
        import src.pkg.old  #: high
        """,
}

CLEAN = {
    "the module itself and what lies below the package": """
        ## pkg/__init__.py
        ## pkg/old.py
        def run():
            from pkg.old import run
        ## pkg/attic/__init__.py
        from pkg.attic.box import x
        ## pkg/attic/box.py
        from . import other
        x = 1
        ## pkg/attic/other.py
        """,
    "what others took from it": """
        ## pkg/__init__.py
        from pkg.old import x  #: high
        ## pkg/old.py
        x = 1
        ## pkg/a.py
        from pkg import x
        import pkg
        """,
    "names that start alike": """
        ## pkg/__init__.py
        ## pkg/older.py
        ## pkg/a.py
        import pkg.older
        from pkg import older
        import elsewhere
        from elsewhere import toolset
        import old
        from ...above import old
        """,
    "strings and comments": """
        ## pkg/__init__.py
        ## pkg/a.py
        # import pkg.old
        CODE = "import pkg.old"
        """,
    "imports that are meant to fail": """
        ## pkg/__init__.py
        ## tests/test_a.py
        import pytest
        with pytest.raises(ImportError):
            import pkg.old
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text, CONFIG) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text, CONFIG) == expected(files(text))


def test_it_names_the_replacement():
    text = """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.old import x
        import pkg.attic
        import pkg.attic.deep.er
        """
    told = sorted((v.line, v.message, v.symbol, v.canonical) for v in of_rule(snapshot(text, CONFIG)))
    assert told == [
        (1, "pkg.old is deprecated; use pkg.new.", "pkg.old", "pkg.new"),
        (2, "pkg.attic is deprecated.", "pkg.attic", None),
        (3, "pkg.attic.deep is deprecated; use pkg.deep.", "pkg.attic.deep", "pkg.deep"),
    ]


def test_one_statement_is_one_violation_unless_single_names_are_modules():
    text = """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.old import x, y
        from pkg import old, attic, new
        """
    subjects = sorted(v.identity[1] for v in of_rule(snapshot(text, CONFIG)))
    assert subjects == ["pkg.old", "pkg:attic", "pkg:old"]


def test_it_follows_edits_elsewhere():
    made = snapshot("## pkg/__init__.py\nfrom . import old as ancient\n## pkg/a.py\nfrom pkg import ancient\n", CONFIG)
    assert {v.path for v in of_rule(made)} == {"pkg/__init__.py"}
    made.apply([Change("pkg/old.py", None, blob(""))])
    assert {v.path for v in of_rule(made)} == {"pkg/__init__.py", "pkg/a.py"}


def of_rule(made):
    return [v for v in made.violations.values() if v.rule == RULE]
