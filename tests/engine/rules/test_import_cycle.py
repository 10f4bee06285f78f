from __future__ import annotations

import pytest

from scanner.engine.git import Change
from tests.engine.trees import blob, expected, files, found, snapshot

RULE = "import-cycle"

FLAGGED = {
    "two modules": """
        ## pkg/__init__.py
        ## pkg/a.py

        from pkg import b  #: medium
        ## pkg/b.py
        from .a import x  #: medium
        """,
    "three, guarded and under a condition": """
        ## pkg/__init__.py
        ## pkg/a.py
        import pkg.b  #: medium
        ## pkg/b.py
        try:
            from pkg.c import x  #: medium
        except ImportError:
            x = None
        ## pkg/c.py
        import sys
        if sys.platform == "win32":
            import pkg.a as first  #: medium
        """,
    "with the package's own __init__": """
        ## pkg/__init__.py
        from pkg.a import x  #: medium
        version = 1
        ## pkg/a.py
        from pkg import version  #: medium
        x = 1
        """,
    "through a module that hands on another module": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg.face import plain  #: medium
        ## pkg/face.py
        from pkg import plain
        from pkg.a import x  #: medium
        ## pkg/plain.py
        """,
    "with a package that is asked for a folder": """
        ## pkg/__init__.py
        from pkg.a import x  #: medium
        ## pkg/a.py
        from pkg import folder  #: medium
        ## pkg/folder/data.txt
        ## pkg/folder/part.py
        """,
    "closed by an import inside a function": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg import b  #: low
        ## pkg/b.py
        def run():
            from pkg import a  #: low
        """,
    "on both kinds of circle, the one of loading counts": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg import b  #: medium
        from pkg import c
        ## pkg/b.py
        from pkg import a  #: medium
        ## pkg/c.py
        def run():
            from pkg import a  #: low
        """,
}

CLEAN = {
    "TYPE_CHECKING": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg import b
        ## pkg/b.py
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from pkg.a import X
            def helper():
                from pkg.a import X
        """,
    "under __main__": """
        ## pkg/__init__.py
        ## pkg/a.py
        from pkg import b
        ## pkg/b.py
        if __name__ == "__main__":
            from pkg import a
        """,
    "a face of a package over its modules": """
        ## pkg/__init__.py
        from pkg.a import x
        from pkg.b import y
        ## pkg/a.py
        from pkg import b
        x = 1
        ## pkg/b.py
        y = 1
        """,
    "itself": """
        ## pkg/__init__.py
        from pkg import x
        x = 1
        """,
}


@pytest.mark.parametrize("text", FLAGGED.values(), ids=FLAGGED)
def test_flagged(text):
    assert found(RULE, text) == expected(files(text)) != set()


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text):
    assert found(RULE, text) == expected(files(text)) == set()


def test_the_shortest_circle_is_shown_and_follows_edits_elsewhere():
    made = snapshot(
        """
        ## pkg/__init__.py
        ## pkg/a.py
        import pkg.b
        import pkg.long
        ## pkg/b.py
        import pkg.a
        ## pkg/long.py
        import pkg.longer
        ## pkg/longer.py
        import pkg.a
        """
    )
    by_path = {v.path: v for v in made.violations.values()}
    assert by_path["pkg/a.py"].message == "Imports go in a circle: pkg.a → pkg.b → pkg.a."
    assert by_path["pkg/longer.py"].message == "Imports go in a circle: pkg.longer → pkg.a → pkg.long → pkg.longer."
    assert [(r.path, r.line) for r in by_path["pkg/a.py"].related] == [("pkg/b.py", 1)]
    made.apply([Change("pkg/b.py", "x", blob("\n\nimport pkg.a\n"))])
    by_path = {v.path: v for v in made.violations.values()}
    assert [(r.path, r.line) for r in by_path["pkg/a.py"].related] == [("pkg/b.py", 3)]
    made.apply([Change("pkg/b.py", "x", None)])
    by_path = {v.path: v for v in made.violations.values() if v.rule == RULE}
    assert by_path["pkg/a.py"].message == "Imports go in a circle: pkg.a → pkg.long → pkg.longer → pkg.a."


def test_very_long_circles_are_told_in_short():
    def message(length):
        tree = {f"m{number}.py": f"import m{(number + 1) % length}\n" for number in range(length)}
        return {v.path: v.message for v in snapshot(tree).violations.values()}["m0.py"]

    assert message(8) == "Imports go in a circle: m0 → m1 → m2 → m3 → m4 → m5 → m6 → m7 → m0."
    assert message(9) == "Imports go in a circle: m0 → m1 → m2 → m3 → m4 → m5 → m6 → m7 → … (9 modules)."
    assert message(65) == "Imports go in a circle: it has more than 64 modules."


def test_the_whole_statement_is_named():
    made = snapshot("## pkg/a.py\nfrom pkg.b import (\n    x,\n    y,\n)\n## pkg/b.py\nimport os\nimport pkg.a\n")
    assert {(v.path, v.line, v.end_line) for v in made.violations.values() if v.rule == RULE} == {
        ("pkg/a.py", 1, 4),
        ("pkg/b.py", 2, 2),
    }
