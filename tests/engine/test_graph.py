from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from scanner.engine import graph
from scanner.engine.graph import Cycles


def shortest(edges: set[tuple[str, str]], node: str) -> tuple[str, ...] | None:
    """Look for the shortest circle by trying all paths, the first in order of names among equals."""
    paths = [(node,)]
    while paths:
        found = sorted(path for path in paths if (path[-1], node) in edges)
        if found:
            return found[0]
        paths = [(*path, b) for path in paths for a, b in edges if a == path[-1] and b not in path]
    return None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("many", [0, 500])
def test_following_edges_equals_trying_all_paths(seed: int, many: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph, "_MANY", many)
    random = Random(seed)
    nodes = "abcdef"[: random.randint(3, 6)]
    every = list(permutations(nodes, 2))
    cycles, edges = Cycles(), set[tuple[str, str]]()
    for _ in range(25):
        added = set(random.sample(every, random.randint(0, 2))) - edges
        removed = set(random.sample(sorted(edges), min(len(edges), random.randint(0, 2))))
        before = dict(cycles.through)
        told = cycles.update(removed, added)
        edges = (edges - removed) | added
        expected = {node: cycle for node in nodes if (cycle := shortest(edges, node))}
        assert cycles.through == expected
        assert told == {node for node in nodes if before.get(node) != expected.get(node)}


def circle(length: int) -> list[tuple[str, str]]:
    nodes = [f"{number:05}" for number in range(length)]
    return list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))


def test_long_circles_are_not_followed():
    cycles = Cycles()
    cycles.update([], circle(graph.LONGEST))
    assert {len(cycle) for cycle in cycles.through.values()} == {graph.LONGEST}
    cycles = Cycles()
    edges = circle(5_000)
    cycles.update([], edges)
    assert len(cycles.through) == 5_000
    assert {len(cycle) for cycle in cycles.through.values()} == {1}
    shortcut = ("00003", "00001")
    assert cycles.update([], [shortcut]) == {"00001", "00002", "00003"}
    assert cycles.update([shortcut], []) == {"00001", "00002", "00003"}
    cycles.update(edges[:1], [])
    assert cycles.through == {}
