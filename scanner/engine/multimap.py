"""Members under keys, most of which have one or two: a tuple of them takes a quarter of the room of a set."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
Members = tuple[V, ...] | set[V]

# From here on a set is not much larger, and tells sooner what is in it.
_MANY = 32


def joined(members: Members[V], member: V) -> Members[V]:
    """Return the members with another one, which is not among them; of many, the same object."""
    if isinstance(members, set):
        members.add(member)
        return members
    return (*members, member) if len(members) < _MANY - 1 else {*members, member}


def parted(members: Members[V], member: V) -> Members[V]:
    """Return the members without one that is among them; of many, the same object."""
    if isinstance(members, set):
        members.remove(member)
        return members
    return tuple(other for other in members if other != member)


class Multimap(dict[K, Members[V]]):
    """A dict of members, each once under its key; a key without members is none."""

    def add(self, key: K, member: V) -> None:
        """Put a member under a key."""
        members = self.get(key, ())
        if member not in members:
            self[key] = joined(members, member)

    def discard(self, key: K, member: V) -> None:
        """Take a member from under a key, if it is there."""
        members = self.get(key, ())
        if member in members:
            left = parted(members, member)
            if left:
                self[key] = left
            else:
                del self[key]
