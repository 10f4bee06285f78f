from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.multimap import Multimap

STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.integers(0, 60)), max_size=300)


@given(STEPS)
def test_it_holds_what_a_dict_of_sets_would(steps: Sequence[tuple[bool, str, int]]) -> None:
    held: Multimap[str, int] = Multimap()
    expected: dict[str, set[int]] = {}
    for adds, key, member in steps:
        if adds:
            held.add(key, member)
            expected.setdefault(key, set()).add(member)
        else:
            held.discard(key, member)
            expected.get(key, set()).discard(member)
    assert {key: sorted(members) for key, members in held.items()} == {
        key: sorted(members) for key, members in expected.items() if members
    }


def test_many_members_are_a_set() -> None:
    held: Multimap[str, int] = Multimap()
    for member in range(1000):
        held.add("a", member)
    assert held == {"a": set(range(1000))}
    held.discard("a", 1000)
    for member in range(999):
        held.discard("a", member)
    assert held == {"a": {999}}
    held.discard("a", 999)
    assert not held
