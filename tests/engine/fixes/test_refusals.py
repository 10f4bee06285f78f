"""What is not moved, and why; what is moved, and what to mind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from scanner.engine.config import Canonical
from scanner.engine.parser_pool import ParserPool
from tests.engine.fixes.world import CONFIG, repair
from tests.engine.trees import files

REFUSED = {
    "no replacement is declared": (
        "from shop.dead import X\n",
        "the configuration names no replacement for shop.dead",
    ),
    "the replacement lacks a name": (
        "from shop.old import get, ONLY_OLD\n",
        "shop.new has no ONLY_OLD",
    ),
    "the replacement lacks a module": (
        "from shop.gone.part import get\n",
        "there is no module shop.new.part in this repository",
    ),
    "a star": (
        "from shop.old import *\n",
        "a star import brings names that nobody sees here",
    ),
    "the replacement lacks what a module is asked for": (
        "import shop.old as o\nprint(o.get, o.ONLY_OLD)\n",
        "line 2 takes ONLY_OLD from the module, and shop.new has none",
    ),
    "the replacement lacks what a module is asked for by its other name": (
        "from shop import old, old as o\nprint(old.get, o.ONLY_OLD)\n",
        "line 2 takes ONLY_OLD from the module, and shop.new has none",
    ),
    "by its full name": (
        "import shop.old\nprint(shop.old.get,\n shop.old.ONLY_OLD)\n",
        "line 3 takes ONLY_OLD from the module, and shop.new has none",
    ),
    "a module handed on": (
        "import shop.old as o\nprint(o)\n",
        "line 2 hands on the module itself",
    ),
    "a module handed on by its full name": (
        "import shop.old\nprint(shop.old)\n",
        "line 2 hands on the module itself",
    ),
    "a module that is changed": (
        "from shop import old\nold.get = print\n",
        "line 2 sets old.get",
    ),
    "a name with two meanings": (
        "import shop.old\ndef f(shop):\n    return shop.old.get()\n",
        "line 2 gives shop another meaning",
    ),
    "brought by two functions of which one stays": (
        """
        def f():
            import shop.old
            return shop.old.get()
        def g():
            import shop.core
            return shop.old.get()
        """,
        "line 5 brings shop, too, elsewhere in the file",
    ),
    "the fallback would be the same import": (
        """
        try:
            from shop.legacy import Store
        except ImportError:
            from shop.core.store import Store
        """,
        "line 4 already imports it from shop.core.store: one of the two can go, by hand",
    ),
    "the guarded import would be the same": (
        """
        try:
            from shop.new import Env
        except ImportError:
            from shop.old import Env
        """,
        "line 2 already imports it from shop.new: one of the two can go, by hand",
    ),
    "code that never ran": (
        """
        try:
            from shop.gone import Env
        except ImportError:
            Env = None
        """,
        "the import always fails so far and its failure is caught: code that never ran would run",
    ),
    "a file that tells two definitions apart": (
        "from shop.rival import Store\nfrom shop.core.store import Store as Canonical\n",
        "line 2 imports the canonical one as Canonical: the file tells the two apart",
    ),
    "an heir": (
        "from shop.rival import Store\nclass Depot(Store): ...\n",
        "the class Depot would inherit from another definition",
    ),
    "a mock at the old place of an import that runs when called": (
        """
        from unittest.mock import patch
        def test():
            with patch("shop.legacy.Store.fill"):
                from shop.legacy import Store
        """,
        'line 3 names "shop.legacy.Store.fill" in a string: a mock put there would no longer reach this import',
    ),
    "a mock at the old module": (
        'import shop.old as o\npatch("shop.old.get")\no.get()\n',
        'line 2 names "shop.old.get" in a string: a mock put there would no longer reach this import',
    ),
    "a comment without a place": (
        "from shop.legacy import (Store,  # one\n    helper); x = 1\n",
        "a comment inside the statement would lose its place",
    ),
}

TREES = {
    "an import of itself": (
        """
        ## shop/new/__init__.py
        from shop.old import Env
        def get(): ...
        """,
        "shop/new/__init__.py:1: deprecated-import refused: this module is the canonical one",
    ),
    "a circle": (
        """
        ## shop/core/store.py
        from shop.a import price
        class Store: ...
        ## shop/legacy.py
        class Store: ...
        ## shop/a.py
        from shop.legacy import Store
        def price(): ...
        """,
        "shop/a.py:1: non-canonical-import refused: shop.core.store imports this module, itself or through others",
    ),
    "a circle through a function": (
        """
        ## shop/core/store.py
        from shop.b import price
        class Store: ...
        ## shop/b.py
        from shop.a import price
        ## shop/legacy.py
        class Store: ...
        ## shop/a.py
        def price():
            from shop.legacy import Store
        """,
        "shop/a.py:2: non-canonical-import refused: shop.core.store imports this module inside a function",
    ),
    "the tests of another definition": (
        """
        ## tests/test_rival.py
        from shop.rival import Store
        """,
        "tests/test_rival.py:1: non-canonical-import refused: the file tests shop.rival, as its name says",
    ),
}

WARNED = {
    "a call that lacks an argument": (
        "from shop.legacy import Store\nStore()\n",
        ["shop/a.py:2: non-canonical-import warning: The call does not fit: Store needs 'name'."],
    ),
    "a call with an argument too many, and one nobody knows": (
        "from shop.legacy import Store, Depot\nStore('a', 2)\nx = Depot('a', colour=1)\n",
        [
            "shop/a.py:2: non-canonical-import warning: "
            "The call does not fit: Store takes 1 positional argument at most, 2 are given.",
            "shop/a.py:3: non-canonical-import warning: The call does not fit: Store takes no argument 'colour'.",
        ],
    ),
    "a function": (
        "from shop.legacy import connect\nconnect()\nconnect('a', 2)\nconnect(*x)\nconnect(**x)\n",
        ["shop/a.py:2: non-canonical-import warning: The call does not fit: connect needs 'url'."],
    ),
    "another definition, and what it lacks": (
        """
        from shop.rival import Store
        def run():
            x = Store("a")
            x.empty(), x.fill(), x.name, x.__dict__
            return Store.empty, Store.kind
        """,
        [
            "shop/a.py:1: non-canonical-import warning: "
            "Store was shop.rival.Store so far, which is another definition.",
            "shop/a.py:4: non-canonical-import warning: Store has no empty.",
        ],
    ),
    "a mock at the old place, which never reached this": (
        "from shop.legacy import Store\npatch('shop.legacy.Store')\n",
        [
            "shop/a.py:2: non-canonical-import warning: "
            'The string "shop.legacy.Store" still names the old place: a mock put there changes nothing here.'
        ],
    ),
    "each alias of a name, and each sentence once": (
        """
        from shop.legacy import Store, Store as Shop
        Store()
        Shop.nothing
        """,
        [
            "shop/a.py:2: non-canonical-import warning: The call does not fit: Store needs 'name'.",
            "shop/a.py:3: non-canonical-import warning: Store has no nothing.",
        ],
    ),
    "only where the name is that name": (
        """
        def one():
            from shop.legacy import Store
            return Store("a")
        def two():
            from os import Store
            return Store()
        def three(Store):
            return Store()
        """,
        [],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(pool: ParserPool, tmp_path: Path, name: str) -> None:
    source, reason = REFUSED[name]
    source = dedent(source).lstrip("\n")
    repaired = repair(pool, tmp_path, {"shop/a.py": source})
    assert repaired.files["shop/a.py"].decode() == source
    assert [line.partition(" refused: ")[2] for line in repaired.refusals()] == [f"{reason}."]


@pytest.mark.parametrize("name", TREES)
def test_refused_in_its_tree(pool: ParserPool, tmp_path: Path, name: str) -> None:
    text, line = TREES[name]
    tree = files(text)
    repaired = repair(pool, tmp_path, tree)
    assert repaired.patches == []
    assert [said.startswith(line) for said in repaired.refusals()] == [True]


@pytest.mark.parametrize("name", WARNED)
def test_warned(pool: ParserPool, tmp_path: Path, name: str) -> None:
    source, lines = WARNED[name]
    repaired = repair(pool, tmp_path, {"shop/a.py": dedent(source).lstrip("\n")})
    assert repaired.refusals() == []
    assert repaired.warnings() == lines


def test_one_of_two_in_a_statement_is_refused(pool: ParserPool, tmp_path: Path) -> None:
    """What can be repaired is; the rest stays with its reason."""
    source = "from shop.legacy import Store\nfrom shop.dead import X\nimport shop.old as o\nprint(o)\n"
    repaired = repair(pool, tmp_path, {"shop/a.py": source})
    assert repaired.files["shop/a.py"].decode() == source.replace("shop.legacy", "shop.core.store")
    assert len(repaired.refusals()) == 2


def test_only_what_was_asked_for(pool: ParserPool, tmp_path: Path) -> None:
    tree = {
        "shop/a.py": "from shop.legacy import Store, connect\nfrom shop.old import get\n",
        "shop/b.py": "import shop.old\n",
    }
    by_symbol = repair(pool, tmp_path / "symbol", tree, symbol="Store")
    assert by_symbol.files["shop/a.py"].decode() == (
        "from shop.legacy import connect\nfrom shop.core.store import Store\nfrom shop.old import get\n"
    )
    by_rule = repair(pool, tmp_path / "rule", tree, rule="deprecated-import")
    assert by_rule.files["shop/a.py"].decode() == "from shop.legacy import Store, connect\nfrom shop.new import get\n"
    by_path = repair(pool, tmp_path / "path", tree, glob="**/b.py")
    assert [patch.path for patch in by_path.patches] == ["shop/b.py"]


def test_two_moves_do_not_close_a_circle_together(pool: ParserPool, tmp_path: Path) -> None:
    """Each alone does no harm; the second is held against the tree in which the first one is made."""
    tree = files(
        """
        ## shop/legacy.py
        class Store: ...
        def connect(url): ...
        ## shop/core/store.py
        from shop.one import name
        class Store: ...
        ## shop/core/db.py
        from shop.two import name
        def connect(url): ...
        ## shop/one.py
        from shop.legacy import connect
        name = 1
        ## shop/two.py
        from shop.legacy import Store
        name = 2
        """
    )
    repaired = repair(pool, tmp_path, tree)
    assert [patch.path for patch in repaired.patches] == ["shop/one.py"]
    assert [line.partition("import-cycle in ")[0] for line in repaired.refusals()] == [
        "shop/two.py:1: non-canonical-import refused: it would bring "
    ]


def test_aliases_of_one_name_are_one_move(pool: ParserPool, tmp_path: Path) -> None:
    """Also where the moves of a file are tried one after the other, as one of them would close a circle."""
    tree = files(
        """
        ## shop/legacy.py
        class Store: ...
        def connect(url): ...
        def aid(): ...
        ## shop/core/aid.py
        def aid(): ...
        ## shop/core/store.py
        from shop.one import name
        class Store: ...
        ## shop/core/db.py
        from shop.two import name
        def connect(url): ...
        ## shop/one.py
        from shop.legacy import connect
        name = 1
        ## shop/two.py
        from shop.legacy import Store, Store as Shop, aid, aid as help
        name = 2
        """
    )
    config = replace(CONFIG, canonical=(*CONFIG.canonical, Canonical("aid", "shop.core.aid")))
    repaired = repair(pool, tmp_path, tree, config)
    imports = "from shop.legacy import Store, Store as Shop\nfrom shop.core.aid import aid, aid as help\n"
    assert repaired.files["shop/two.py"].decode().startswith(imports)
    assert [len(patch.moved) for patch in repaired.patches] == [1, 2]
    assert len(repaired.refusals()) == 2
