"""A dict whose values are still packed is a dict like any other."""

from __future__ import annotations

import json
from random import Random

from scanner.engine.facts import Import
from scanner.engine.links import Broken, Edge, Linked, linked
from scanner.engine.questions import Question, State, Target
from scanner.engine.unpacking import Unpacking, pack_asked, pack_links, packed, unpack_asked, unpack_links


def test_it_does_what_a_dict_does() -> None:
    random = Random(7)
    keys = [f"k{n}" for n in range(12)]
    for _ in range(300):
        plain = {key: random.randrange(9) for key in keys[: random.randrange(12)]}
        mine = Unpacking({key: json.dumps(value).encode() for key, value in plain.items()}, json.loads)
        for _ in range(15):
            key, value = random.choice(keys), random.randrange(9)
            match random.randrange(7):
                case 0:
                    assert mine.get(key, -1) == plain.get(key, -1)
                case 1:
                    assert mine.pop(key, None) == plain.pop(key, None)
                case 2:
                    assert mine.setdefault(key, value) == plain.setdefault(key, value)
                case 3:
                    mine[key] = plain[key] = value
                case 4:
                    assert (key in mine, len(mine)) == (key in plain, len(plain))
                case 5:
                    assert packed(mine, lambda value: json.dumps(value).encode()) == {
                        key: json.dumps(value).encode() for key, value in plain.items()
                    }
                case _:
                    if random.random() < 1 / 4:
                        assert sorted(mine.items()) == sorted(plain.items())
                        assert sorted(mine) == sorted(plain.keys()) == sorted(mine.keys())
                        assert sorted(mine.values()) == sorted(plain.values())
        assert dict(mine.items()) == plain


def test_only_what_is_asked_for_is_unpacked() -> None:
    told: list[bytes] = []
    mine = Unpacking({"a": b"1", "b": b"2"}, lambda data: told.append(data) or int(data))
    assert (len(mine), "a" in mine, mine["b"], mine["b"], mine.get("c")) == (2, True, 2, 2, None)
    assert told == [b"2"]
    assert mine.packed(lambda value: b"packed %d" % value) == {"a": b"1", "b": b"packed 2"}


def test_links_and_questions_come_back_as_they_were() -> None:
    row = Import(3, 4, 1, "a.\ud800b", (("x", "y"), ("*", "*")), "", 5, "f.g")
    target = Target(State.NO_NAME, "a.py", "x", "b.py", 9, ("Base", ""))
    links = linked(
        "c.py",
        {"a.py": Edge(True, 3)},
        (Broken(row, "x"),),
        (Linked(row, "x", target), Linked(row, "", Target(State.EXTERNAL))),
    )
    back = unpack_links(pack_links(links))
    assert back == links
    assert (type(back.edges["a.py"]), type(back.broken[0].row), type(back.imports[0].target)) == (Edge, Import, Target)
    assert back.imports[0].target.state is State.NO_NAME
    asked = [Question("a", ("b", "c")), Question("=\udcff.py", ("",))]
    assert unpack_asked(pack_asked(asked)) == asked
