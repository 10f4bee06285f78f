"""The import graph: which modules import each other in circles, and the shortest circle through each.

A change of a few edges is followed where it matters: removed edges can only break the component they lie in, and an
added one can only make or shorten circles that run through it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from scanner.engine.multimap import Multimap

_Edges = Mapping[str, Collection[str]]
# From here on it is cheaper to look at the whole graph once than at each edge.
_MANY = 500
# A longer circle is known to be one, and not followed: a hostile tree could make each of its modules lie on one.
LONGEST = 64


class Cycles:
    """A directed graph of names with its strongly connected components, kept up to date."""

    def __init__(self) -> None:
        self._after: Multimap[str, str] = Multimap()
        self._before: Multimap[str, str] = Multimap()
        self._component: dict[str, frozenset[str]] = {}
        self._cycles: dict[str, tuple[str, ...]] = {}

    @property
    def through(self) -> Mapping[str, tuple[str, ...]]:
        """Node → the nodes of a shortest circle from it; nodes on no circle are left out.

        Among equally short circles it is the first in the order of the nodes' names. One of more than LONGEST nodes
        is told by its first node alone.
        """
        return self._cycles

    def update(self, removed: Collection[tuple[str, str]], added: Collection[tuple[str, str]]) -> set[str]:
        """Remove and add edges, none of them from a node to itself; return the nodes whose circle is another."""
        for start, end in removed:
            self._after.discard(start, end)
            self._before.discard(end, start)
        for start, end in added:
            self._after.add(start, end)
            self._before.add(end, start)
        if len(removed) + len(added) > _MANY:
            renew = self._rebuild()
        else:
            renew = self._regroup(removed, added) | self._shortened(added)
            gone = set(removed)
            if gone:
                renew.update(node for node, cycle in self._cycles.items() if not gone.isdisjoint(_edges(cycle)))
        return self._renew(renew)

    def _rebuild(self) -> set[str]:
        self._component = {}
        for members in components(self._after, self._after):
            self._component.update(dict.fromkeys(members, members))
        return self._component.keys() | self._cycles.keys()

    def _regroup(self, removed: Iterable[tuple[str, str]], added: Iterable[tuple[str, str]]) -> set[str]:
        """Bring the components up to date; return the nodes that left theirs or came into one."""
        moved: set[str] = set()
        torn = {self._component[a] for a, b in removed if a in self._component and b in self._component[a]}
        for members in torn:
            rest = {node: members.intersection(self._after.get(node, ())) for node in members}
            whole = list(components(rest, rest))
            if whole != [members]:
                moved |= members
                for node in members:
                    del self._component[node]
                for part in whole:
                    self._component.update(dict.fromkeys(part, part))
        for start, end in added:
            if end in self._component.get(start, ()) or not self._before.get(start) or not self._after.get(end):
                continue
            behind = reached(self._before, start)
            if end in behind:
                members = frozenset(behind & reached(self._after, end))
                moved |= members
                self._component.update(dict.fromkeys(members, members))
        return moved

    def _shortened(self, added: Iterable[tuple[str, str]]) -> set[str]:
        """Return the nodes for which a circle through an added edge is no longer than the one they have."""
        found: set[str] = set()
        for start, end in added:
            members = self._component.get(start, frozenset())
            if end not in members:
                continue
            longest = max((self._length(node) for node in members if node in self._cycles), default=0)
            to_start = distances(self._before, start, members, longest)
            from_end = distances(self._after, end, members, longest)
            for node in to_start.keys() & from_end.keys():
                if node in self._cycles and to_start[node] + from_end[node] + 1 <= self._length(node):
                    found.add(node)
        return found

    def _length(self, node: str) -> int:
        nodes = len(self._cycles[node])
        return nodes if nodes > 1 else LONGEST + 1

    def _renew(self, nodes: Iterable[str]) -> set[str]:
        changed = set()
        for node in nodes:
            members = self._component.get(node)
            cycle = self._shortest(node, members) if members else None
            if cycle != self._cycles.get(node):
                changed.add(node)
                if cycle is None:
                    del self._cycles[node]
                else:
                    self._cycles[node] = cycle
        return changed

    def _shortest(self, node: str, members: frozenset[str]) -> tuple[str, ...]:
        """Walk backwards until a successor of the node is met, then forwards along falling distances."""
        successors = self._after[node]
        distance = {node: 0}
        level, seen = {node}, {node}
        step = 0
        while level.isdisjoint(successors):
            step += 1
            if step == LONGEST:
                return (node,)
            level = (set().union(*map(self._before.__getitem__, level)) & members) - seen
            seen |= level
            distance.update(dict.fromkeys(level, step))
        cycle = [node]
        for left in range(step, 0, -1):
            cycle.append(min(after for after in self._after[cycle[-1]] if distance.get(after) == left))
        return tuple(cycle)


def _edges(cycle: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from zip(cycle, (*cycle[1:], cycle[0]), strict=True)


def components(nodes: Iterable[str], after: _Edges) -> Iterator[frozenset[str]]:
    """Yield the strongly connected components of two or more nodes (Tarjan's algorithm, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    for start in nodes:
        if start in index:
            continue
        work = [(start, iter(after[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        waiting.add(start)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    waiting.add(successor)
                    work.append((successor, iter(after.get(successor, ()))))
                    break
                if successor in waiting:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    place = stack.index(node) if stack[-1] != node else len(stack) - 1
                    members = frozenset(stack[place:])
                    del stack[place:]
                    waiting -= members
                    if len(members) > 1:
                        yield members


def reached(edges: _Edges, start: str) -> set[str]:
    """Return the nodes that edges lead to from a node, itself left out unless they lead back."""
    found: set[str] = set()
    pending = [start]
    while pending:
        fresh = set(edges.get(pending.pop(), ())) - found
        found |= fresh
        pending.extend(fresh)
    return found


def distances(edges: _Edges, start: str, inside: Collection[str], limit: int) -> dict[str, int]:
    """Return how many edges lead from a node to each node of a component, up to a limit."""
    found = {start: 0}
    level = [start]
    for step in range(1, limit + 1):
        level = list({node for last in level for node in edges.get(last, ()) if node in inside and node not in found})
        found.update(dict.fromkeys(level, step))
        if not level:
            break
    return found
