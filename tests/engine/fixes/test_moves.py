"""Before and after: what is moved, and that everything else in the file stays as it was."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from scanner.engine.parser_pool import ParserPool
from tests.engine.fixes.world import repair
from tests.engine.trees import files

MOVED = {
    "one name": """
        from shop.legacy import Store
        ----
        from shop.core.store import Store
        """,
    "as, and another name": """
        from shop.legacy import Store as Shop
        from shop.legacy import Depot
        from shop.legacy import Depot as D
        from shop.legacy import Depot as Store
        from shop.legacy import Store as Store
        ----
        from shop.core.store import Store as Shop
        from shop.core.store import Store as Depot
        from shop.core.store import Store as D
        from shop.core.store import Store
        from shop.core.store import Store as Store
        """,
    "a name under several aliases": """
        from shop.legacy import Store, Store as S, Store as Shop
        from shop.legacy import Store as A, helper, Store as B, connect as C, Store
        from shop.old import get, get as fetch
        from shop import old, old as before
        ----
        from shop.core.store import Store, Store as S, Store as Shop
        from shop.legacy import helper
        from shop.core.store import Store as A, Store as B, Store
        from shop.core.db import connect as C
        from shop.new import get, get as fetch
        from shop import new as old, new as before
        """,
    "the first of several names": """
        from shop.legacy import Store, helper, LIMIT
        ----
        from shop.legacy import helper, LIMIT
        from shop.core.store import Store
        """,
    "the last, the middle one, and two to different places": """
        from shop.legacy import helper, Store
        from shop.legacy import helper, Store as S, LIMIT
        from shop.legacy import Store, helper, connect
        from shop.legacy import Store, connect
        ----
        from shop.legacy import helper
        from shop.core.store import Store
        from shop.legacy import helper, LIMIT
        from shop.core.store import Store as S
        from shop.legacy import helper
        from shop.core.store import Store
        from shop.core.db import connect
        from shop.core.store import Store
        from shop.core.db import connect
        """,
    "two names to one place": """
        from shop.legacy import Store, Depot, helper
        from shop.legacy import (
            Store,  # one
            Depot,
        )
        ----
        from shop.legacy import helper
        from shop.core.store import Store, Store as Depot
        from shop.core.store import (
            Store,  # one
            Store as Depot,
        )
        """,
    "in brackets, comments kept": """
        from shop.legacy import (  # of old
            # what helps
            helper,  # a helper
            # what holds
            Store,  # the store
            LIMIT
            # the end
        )  # noqa: F401
        ----
        from shop.legacy import (  # of old
            # what helps
            helper,  # a helper
            # what holds
            LIMIT
            # the end
        )  # noqa: F401
        from shop.core.store import Store  # the store
        """,
    "in brackets, first and last, several in a line": """
        from shop.legacy import (
            Store,
            helper,
        )
        from shop.legacy import (helper,
                                 Store)
        from shop.legacy import (
            helper, Store,  # both
            LIMIT,
        )
        from shop.legacy import (Store, helper)
        ----
        from shop.legacy import (
            helper,
        )
        from shop.core.store import Store
        from shop.legacy import (helper)
        from shop.core.store import Store
        from shop.legacy import (
            helper,  # both
            LIMIT,
        )
        from shop.core.store import Store
        from shop.legacy import (helper)
        from shop.core.store import Store
        """,
    "lines joined by a backslash": """
        from shop.legacy import helper, \\
            Store, \\
            LIMIT
        from shop.legacy import \\
            Store
        ----
        from shop.legacy import helper, \\
            LIMIT
        from shop.core.store import Store
        from shop.core.store import \\
            Store
        """,
    "what speaks to tools stands beside both parts": """
        from shop.legacy import Store, helper  # noqa: F401
        from shop.legacy import Store, helper  # for later
        from shop.legacy import Store  # isort: skip
        ----
        from shop.legacy import helper  # noqa: F401
        from shop.core.store import Store  # noqa: F401
        from shop.legacy import helper  # for later
        from shop.core.store import Store
        from shop.core.store import Store  # isort: skip
        """,
    "several statements in a line": """
        import os; from shop.legacy import Store; x = 1
        import os; from shop.legacy import Store, helper; x = 1  # one
        if os: from shop.legacy import helper, Store
        ----
        import os; from shop.core.store import Store; x = 1
        import os; from shop.legacy import helper; from shop.core.store import Store; x = 1  # one
        if os: from shop.legacy import helper; from shop.core.store import Store
        """,
    "in functions, classes, branches and for type checkers": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.legacy import Store, helper
        def run():
            from shop.legacy import Store
            class A:
                from shop.legacy import helper, Store
            return Store("x")
        for i in ():
            from shop.legacy import Store
        ----
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.legacy import helper
            from shop.core.store import Store
        def run():
            from shop.core.store import Store
            class A:
                from shop.legacy import helper
                from shop.core.store import Store
            return Store("x")
        for i in ():
            from shop.core.store import Store
        """,
    "guarded, the fallback stays": """
        try:
            from shop.legacy import Store
        except ImportError:
            Store = None
        ----
        try:
            from shop.core.store import Store
        except ImportError:
            Store = None
        """,
    "a name for others": """
        from shop.legacy import Store
        __all__ = ["Store"]
        ----
        from shop.core.store import Store
        __all__ = ["Store"]
        """,
    "relative stays relative": """
        from .legacy import Store
        from .legacy import helper, Store as S
        from . legacy import Store
        from .old import get
        from . import old
        old.get()
        ----
        from .core.store import Store
        from .legacy import helper
        from .core.store import Store as S
        from .core.store import Store
        from .new import get
        from . import new as old
        old.get()
        """,
    "another definition": """
        from shop.rival import Store
        Store()
        ----
        from shop.core.store import Store
        Store()
        """,
    "names of a deprecated module": """
        from shop.old import Env, get as fetch
        from shop.old.sub import part
        from shop.gone import Env
        ----
        from shop.new import Env, get as fetch
        from shop.new.sub import part
        from shop.new import Env
        """,
    "a deprecated module from its package": """
        from shop import old
        from shop.old import sub as s
        from shop import legacy, old as o
        old.get(), s.part(), o.Env
        ----
        from shop import new as old
        from shop.new import sub as s
        from shop import legacy
        from shop import new as o
        old.get(), s.part(), o.Env
        """,
    "a deprecated module by its name, with its uses": """
        import shop.old
        import os, shop.old.sub as part
        import shop.core.store
        class A(shop.old.Env):
            def run(self) -> "str":
                return shop.old.get(), shop.core.store.Store, [shop . old.Env for x in ()], part.part
        ----
        import shop.new
        import os, shop.new.sub as part
        import shop.core.store
        class A(shop.new.Env):
            def run(self) -> "str":
                return shop.new.get(), shop.core.store.Store, [shop.new.Env for x in ()], part.part
        """,
    "by its name in two functions": """
        def one():
            import shop.old
            return shop.old.get()
        def two():
            import shop.old
            return shop.old.get()
        ----
        def one():
            import shop.new
            return shop.new.get()
        def two():
            import shop.new
            return shop.new.get()
        """,
    "newer syntax": """
        from shop.legacy import Store, helper
        type Box[T] = list[T]
        def f[T](x: T) -> T: return f"{"a" "b"}"
        ----
        from shop.legacy import helper
        from shop.core.store import Store
        type Box[T] = list[T]
        def f[T](x: T) -> T: return f"{"a" "b"}"
        """,
}

BYTES = {
    "ends of lines as on Windows": (
        b"import os\r\nfrom shop.legacy import (\r\n    helper,\r\n    Store,  # s\r\n)\r\nx = 1\r\n",
        b"import os\r\nfrom shop.legacy import (\r\n    helper,\r\n)\r\n"
        b"from shop.core.store import Store  # s\r\nx = 1\r\n",
    ),
    "mixed ends of lines": (
        b"import os\nfrom shop.legacy import helper, Store\r\nx = 1\n",
        b"import os\nfrom shop.legacy import helper\r\nfrom shop.core.store import Store\r\nx = 1\n",
    ),
    "ends of lines as on old Macs": (
        b"import os\rfrom shop.legacy import helper, Store\rx = 1\r",
        b"import os\rfrom shop.legacy import helper\rfrom shop.core.store import Store\rx = 1\r",
    ),
    "a byte order mark": (
        b"\xef\xbb\xbffrom shop.legacy import Store\nx = '\xc3\xa4'\n",
        b"\xef\xbb\xbffrom shop.core.store import Store\nx = '\xc3\xa4'\n",
    ),
    "a coding line": (
        b"# -*- coding: latin-1 -*-\nx = '\xe4'; from shop.legacy import Store\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe4'; from shop.core.store import Store\n",
    ),
    "letters before the statement": (
        "ä = 'ß€'; from shop.legacy import Store; é = 1\n".encode(),
        "ä = 'ß€'; from shop.core.store import Store; é = 1\n".encode(),
    ),
    "no end of the last line": (
        b"from shop.legacy import helper, Store",
        b"from shop.legacy import helper\nfrom shop.core.store import Store",
    ),
    "tabs": (
        b"def run():\n\tif 1:\n\t\tfrom shop.legacy import helper, Store\n\t\treturn Store\n",
        b"def run():\n\tif 1:\n\t\tfrom shop.legacy import helper\n"
        b"\t\tfrom shop.core.store import Store\n\t\treturn Store\n",
    ),
    "form feeds": (
        b"import os\n\x0cfrom shop.legacy import helper, Store\n\x0c\nx = 1\n",
        b"import os\n\x0cfrom shop.legacy import helper\nfrom shop.core.store import Store\n\x0c\nx = 1\n",
    ),
    "separators that end no line for Python": (
        "x = '\u2028\x85\x1c'\nfrom shop.legacy import Store\n".encode(),
        "x = '\u2028\x85\x1c'\nfrom shop.core.store import Store\n".encode(),
    ),
}


def _parts(table: str) -> list[str]:
    return [part.lstrip("\n") for part in dedent(table).split("----\n")]


@pytest.mark.parametrize("name", MOVED)
def test_moved(pool: ParserPool, tmp_path: Path, name: str) -> None:
    before, after = _parts(MOVED[name])
    repaired = repair(pool, tmp_path, {"shop/a.py": before})
    assert repaired.refusals() == []
    assert repaired.files["shop/a.py"].decode() == after


@pytest.mark.parametrize("name", BYTES)
def test_every_other_byte_stays(pool: ParserPool, tmp_path: Path, name: str) -> None:
    before, after = BYTES[name]
    repaired = repair(pool, tmp_path, {"shop/a.py": before})
    assert repaired.files["shop/a.py"] == after


@pytest.mark.parametrize("path", ["shop/with space.py", "shop/ä-β.py", 'shop/quo"te\\.py', "deep/er/than/that.py"])
def test_any_path(pool: ParserPool, tmp_path: Path, path: str) -> None:
    repaired = repair(pool, tmp_path, {path: "from shop.legacy import Store\n"})
    assert repaired.files[path] == b"from shop.core.store import Store\n"


def test_a_private_home_is_reached_through_its_package(pool: ParserPool, tmp_path: Path) -> None:
    """A file outside takes the name from the nearest package that offers it, one inside from the module itself."""
    tree = files(
        """
        ## shop/sql/__init__.py
        from shop.sql._select import select as select
        ## shop/sql/_select.py
        def select(): ...
        def hidden(): ...
        ## shop/sql/inside.py
        from shop.other import select
        ## shop/other.py
        from shop.sql._select import select, hidden
        ## shop/a.py
        from shop.other import select
        from shop.other import hidden
        ## shop/b.py
        from shop.sql._select import select, hidden
        """
    )
    after = repair(pool, tmp_path, tree).files
    assert after["shop/a.py"] == b"from shop.sql import select\nfrom shop.sql._select import hidden\n"
    assert after["shop/sql/inside.py"] == b"from shop.sql._select import select\n"
