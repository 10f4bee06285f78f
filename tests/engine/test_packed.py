"""Facts as a tree holds them: nothing is lost by packing, whoever asks for what, and however often."""

from __future__ import annotations

import pickle
from collections import deque

from scanner.engine import packed as packing
from scanner.engine.codec import FIELDS
from scanner.engine.extract import extract
from scanner.engine.packed import Packed, Packing

SOURCE = b"""
import os
from shop.cart import Cart as Basket
# truthline: allow[class-mutable] until=2027-01-31 reason=x
class Shop:
    carts: dict[str, Basket] = {}
    def add(self, name, lines):
        total = 0
        for line in lines:
            total += line.price * line.count
        self.carts[name] = Basket(total, os.environ["SHOP"])
        return total
"""


def told(facts, names=FIELDS) -> dict[str, object]:
    return {name: getattr(facts, name) for name in names}


def test_production_stays_as_it_is() -> None:
    facts, before = extract(SOURCE), told(extract(SOURCE))
    kept = Packing().keep(facts, "production")
    assert kept is facts
    assert told(kept) == before


def test_tests_keep_what_is_asked_of_them() -> None:
    facts = extract(SOURCE)
    kept = Packing().keep(facts, "tests")
    assert isinstance(kept, Packed)
    assert kept.imports == facts.imports
    assert kept.allowances == facts.allowances != ()
    [definition] = kept.definitions
    assert definition == facts.definitions[0]._replace(decorators=(), members=(), body="")
    assert facts.copyable
    assert not kept.copyable


def test_equal_names_are_one_object() -> None:
    keep = Packing()
    one, two = (keep.keep(extract(SOURCE), scope) for scope in ("production", "tests"))
    assert all(a is b for a, b in zip(one.imports[1][3:6], two.imports[1][3:6], strict=True))


def test_it_comes_back_whole_from_a_pickle() -> None:
    kept = Packing().keep(extract(SOURCE), "tests")
    before = told(kept)
    for names in (FIELDS, FIELDS[::-1], ("copyable", "definitions", "lines")):
        again = pickle.loads(pickle.dumps(kept))
        assert told(again, names) == {name: before[name] for name in names}
        assert again == kept


def test_only_some_are_open_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(packing, "_MOST_UNPACKED", 3)
    monkeypatch.setattr(packing, "_unpacked", deque())
    facts = [Packing().keep(extract(SOURCE + b"x%d = 1\n" % number), "tests") for number in range(9)]
    expected = [told(one) for one in facts]
    for _ in range(2):
        assert [told(one) for one in facts] == expected
        assert sum(one._is_unpacked("definitions") for one in facts) <= 3
