"""What is proposed for the registry: which symbols, in which order, at which home, and in which words."""

from __future__ import annotations

import pytest

from scanner.engine.candidates import Candidate, candidates
from scanner.engine.config import Canonical, Config
from scanner.engine.config_file import parse
from scanner.engine.proposal import propose
from tests.engine.trees import files, snapshot

CART = "class Cart:\n    def add(self, item): ...\n    def total(self): ...\n"


def users(symbol: str, module: str, folder: str = "shop", count: int = 5) -> dict[str, str]:
    """Files that import a symbol from a module."""
    stem = f"{folder}/uses_{module.replace('.', '_')}_{symbol.lower()}"
    return {f"{stem}{n}.py": f"from {module} import {symbol}\n" for n in range(count)}


def found(*trees: dict[str, str], config: Config | None = None) -> dict[str, Candidate]:
    tree: dict[str, str] = {}
    for one in trees:
        tree |= one
    return {one.entry.symbol: one for one in candidates(snapshot(tree, config))}


SHOP = {"shop/__init__.py": "", "shop/cart/__init__.py": "", "shop/cart/model.py": CART}


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        (users("Cart", "shop.cart.model"), "1 definition, 5 modules import it, none of them from elsewhere"),
        (users("Cart", "shop.cart.model", count=4), None),
        (
            {"shop/old.py": CART, **users("Cart", "shop.cart.model", count=2)},
            "2 definitions, 2 modules import it, none of them from elsewhere",
        ),
        (
            {"shop/old.py": CART, **users("Cart", "shop.cart.model", count=3), **users("Cart", "shop.old", count=2)},
            "2 definitions, 5 modules import it, 2 of them from elsewhere",
        ),
        (
            {"shop/face.py": "from shop.cart.model import Cart\n", **users("Cart", "shop.face", count=2)},
            "1 definition, 3 modules import it, 2 of them from elsewhere",
        ),
        (
            {**users("Cart", "shop.cart.model", count=2), **users("Cart", "shop.gone", count=1)},
            "1 definition, 3 modules import it, 1 of them from elsewhere",
        ),
        ({**users("Cart", "shop.cart.model", folder="archive"), **users("Cart", "shop.cart.model", count=4)}, None),
        (
            users("Cart", "shop.cart.model", folder="tests"),
            "1 definition, 5 modules import it, none of them from elsewhere",
        ),
        # Another way is their own affair inside the package of the home.
        (
            {
                "shop/cart/face.py": "from shop.cart.model import Cart\n",
                **users("Cart", "shop.cart.model", count=4),
                **users("Cart", "shop.cart.face", folder="shop/cart", count=2),
            },
            "1 definition, 7 modules import it, none of them from elsewhere",
        ),
    ],
)  # fmt: skip
def test_a_symbol_is_proposed_with_its_reason(tree: dict[str, str], reason: str | None) -> None:
    cart = found(SHOP, tree).get("Cart")
    assert (cart.reason if cart else None) == reason


@pytest.mark.parametrize(
    "tree",
    [
        {"shop/a.py": "class _Cart: ...\n", **users("_Cart", "shop.a", count=9)},
        {"shop/a.py": "def cart(): ...\n", **users("cart", "shop.a", count=9)},
        {"shop/a.py": "CART = []\n", **users("CART", "shop.a", count=20)},
        {"tests/a.py": CART, **users("Cart", "tests.a", folder="tests", count=20)},
        {"shop/a.py": "def cart(): ...\n", "shop/b.py": "def cart(): ...\n", **users("cart", "shop.a", count=20)},
        {"shop/a.py": "if x:\n    class Cart: ...\n", **users("Cart", "shop.a", count=9)},
    ],
    ids=["private", "function of few", "value", "of tests", "functions of one name", "on a condition"],
)
def test_what_is_not_worth_an_entry_is_not_proposed(tree: dict[str, str]) -> None:
    assert found({"shop/__init__.py": ""}, tree) == {}


def test_a_function_that_many_import_is_proposed() -> None:
    assert "cart" in found({"shop/a.py": "def cart(): ...\n"}, users("cart", "shop.a", count=10))


def test_the_most_imported_definition_is_the_home_then_the_shortest_path_then_the_first() -> None:
    copies = {"shop/old.py": CART, "shop/new.py": CART}
    assert found(SHOP, copies, users("Cart", "shop.old", count=3))["Cart"].entry.module == "shop.old"
    even = users("Cart", "shop.old", count=2) | users("Cart", "shop.new", count=2)
    even |= users("Cart", "shop.cart.model", count=2)
    assert found(SHOP, copies, even)["Cart"].entry.module == "shop.new"
    del copies["shop/new.py"]
    even = users("Cart", "shop.old", count=2) | users("Cart", "shop.cart.model", count=2)
    assert found(SHOP, copies, even)["Cart"].entry.module == "shop.old"


def test_packages_around_the_home_that_offer_it_are_its_faces() -> None:
    faced = SHOP | {"shop/__init__.py": "from shop.cart import Cart\n", "other/__init__.py": "from shop import Cart\n"}
    faced["shop/cart/__init__.py"] = "from .model import Cart\n"
    cart = found(faced, users("Cart", "shop", folder="web", count=4), users("Cart", "shop.cart", folder="web"))["Cart"]
    assert cart.entry == Canonical("Cart", "shop.cart.model", ("shop", "shop.cart"), cart.entry.importance)
    assert (cart.importers, cart.elsewhere) == (12, 0)


def test_several_homes_weigh_more_than_many_imports() -> None:
    tree = {"shop/__init__.py": "", "shop/one.py": "class One: ...\n", "shop/two.py": CART.replace("Cart", "Two")}
    copies = {f"shop/two{n}.py": CART.replace("Cart", "Two") for n in range(3)}
    order = list(found(tree, copies, users("One", "shop.one", count=9), users("Two", "shop.two", count=4)))
    assert order == ["Two", "One"]


def test_tests_count_a_quarter() -> None:
    tree = {"shop/__init__.py": "", "shop/one.py": "class One: ...\n", "shop/two.py": "class Two: ...\n"}
    order = found(tree, users("One", "shop.one", folder="tests", count=19), users("Two", "shop.two", count=5))
    assert list(order) == ["Two", "One"]


def test_what_is_registered_is_not_proposed_again() -> None:
    config = Config(roots=("",), canonical=(Canonical("Cart", "shop.old"),))
    assert found(SHOP, users("Cart", "shop.cart.model"), config=config) == {}


@pytest.mark.parametrize(("importers", "modules", "importance"), [(60, 0, 5), (6, 60, 3), (5, 200, 2), (5, 700, 1)])
def test_importance_follows_how_many_import_it(importers: int, modules: int, importance: int) -> None:
    filling = {f"fill/m{n}.py": f"x = {n}\n" for n in range(modules)}
    assert (
        found(SHOP, filling, users("Cart", "shop.cart.model", count=importers))["Cart"].entry.importance == importance
    )


def test_one_name_in_two_services_is_proposed_where_it_weighs_more() -> None:
    config = Config(roots=("",), services=("shop", "web"))
    tree = SHOP | {"web/__init__.py": "", "web/cart.py": CART}
    uses = users("Cart", "shop.cart.model", count=5), users("Cart", "web.cart", folder="web", count=8)
    cart = found(tree, *uses, config=config)["Cart"]
    assert (cart.entry.module, cart.definitions, cart.importers) == ("web.cart", 1, 8)


def test_a_family_of_plug_ins_is_no_duplicate() -> None:
    tree = files(
        """
        ## shop/__init__.py
        ## shop/base.py
        class Channel: ...
        """
    )
    for name in ("redis", "amqp", "memory"):
        tree[f"shop/transport/{name}.py"] = "from shop import base\n\n\nclass Channel(base.Channel):\n    x = 1\n"
    assert found(tree, users("Channel", "shop.base"))["Channel"].definitions == 1


def test_a_proposal_tells_shared_packages_and_reads_back() -> None:
    config = Config(roots=("",), services=("api", "lib", "web"))
    tree = {f"{name}/__init__.py": "" for name in config.services} | {"lib/tool.py": "class Tool: ...\n"}
    tree |= users("Tool", "lib.tool", folder="api", count=3) | users("Tool", "lib.tool", folder="web", count=3)
    proposal = propose(snapshot(tree, config))
    assert (proposal.config.services, proposal.config.shared) == (("api", "web"), ("lib",))
    assert parse(proposal.toml) == proposal.config
    assert "# lib: imported by api, web\n" in proposal.toml
    assert "# Production modules: api 4, web 4\n" in proposal.toml
    assert "# 1 definition, 6 modules import it, none of them from elsewhere\n[[canonical]]" in proposal.toml


def test_a_package_that_imports_its_users_is_a_service() -> None:
    config = Config(roots=("",), services=("api", "lib", "web"))
    tree = {f"{name}/__init__.py": "" for name in config.services}
    tree |= {"lib/tool.py": "from api import a\nfrom web import a\n", "api/a.py": "", "web/a.py": ""}
    tree |= users("Tool", "lib.tool", folder="api", count=2) | users("Tool", "lib.tool", folder="web", count=2)
    assert propose(snapshot(tree, config)).config.shared == ()


def test_two_things_under_one_name_are_not_one_symbol_with_two_homes() -> None:
    other = "class Cart:\n    def draw(self): ...\n    def erase(self): ...\n"
    cart = found(SHOP, {"shop/graphics.py": other}, users("Cart", "shop.cart.model"))["Cart"]
    assert (cart.definitions, cart.entry.module) == (1, "shop.cart.model")
