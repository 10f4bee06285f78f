"""What a resolved tree knows file by file, packed: whoever goes on from a tree asks for a few files of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import msgpack  # type: ignore[import-untyped]

from scanner.engine.facts import Import
from scanner.engine.links import Broken, Edge, Linked, Links, linked
from scanner.engine.questions import Question, State, Target

V = TypeVar("V")


class Unpacking(dict[str, V]):
    """A dict whose values stay packed until somebody asks for them, one by one or for all at once."""

    def __init__(self, packed: dict[str, bytes], unpack: Callable[[bytes], V]) -> None:
        super().__init__()
        self._packed = packed
        self._unpack = unpack

    def packed(self, pack: Callable[[V], bytes]) -> dict[str, bytes]:
        """Return all values packed, those that nobody asked for as they are."""
        return self._packed | {key: pack(value) for key, value in super().items()}

    def __missing__(self, key: str) -> V:
        value = self._unpack(self._packed[key])
        self[key] = value
        return value

    def __setitem__(self, key: str, value: V) -> None:
        self._packed.pop(key, None)
        super().__setitem__(key, value)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._packed

    def __iter__(self) -> Iterator[str]:
        return super(Unpacking, self._whole()).__iter__()

    def __len__(self) -> int:
        return super().__len__() + len(self._packed)

    def get(self, key: str, default: Any = None) -> Any:
        if key in self._packed:
            self[key]
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        if key in self._packed:
            self[key]
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def keys(self) -> Any:
        return super(Unpacking, self._whole()).keys()

    def values(self) -> Any:
        return super(Unpacking, self._whole()).values()

    def items(self) -> Any:
        return super(Unpacking, self._whole()).items()

    def _whole(self) -> Unpacking[V]:
        for key in [*self._packed]:
            self[key]
        return self


def packed(values: Mapping[str, V], pack: Callable[[V], bytes]) -> dict[str, bytes]:
    """Return a dict's values packed."""
    if isinstance(values, Unpacking):
        return values.packed(pack)
    return {key: pack(value) for key, value in values.items()}


def pack_links(links: Links) -> bytes:
    """Return a file's links as bytes."""
    imports = [(row, name, (target.state.value, *target[1:])) for row, name, target in links.imports]
    return _packb((links.path, links.edges, links.broken, imports))


def unpack_links(data: bytes) -> Links:
    """Return what `pack_links` packed."""
    path, edges, broken, imports = _unpackb(data)
    return linked(
        path,
        {path: Edge(*edge) for path, edge in edges.items()},
        tuple(Broken(Import(*row), name) for row, name in broken),
        tuple(Linked(Import(*row), name, Target(State(state), *rest)) for row, name, (state, *rest) in imports),
    )


def pack_asked(questions: list[Question]) -> bytes:
    """Return what a file asked as bytes."""
    return _packb(questions)


def unpack_asked(data: bytes) -> list[Question]:
    """Return what `pack_asked` packed."""
    return [Question(*question) for question in _unpackb(data)]


def _packb(value: object) -> bytes:
    return cast(bytes, msgpack.packb(value, unicode_errors="surrogatepass"))


def _unpackb(data: bytes) -> Any:
    return msgpack.unpackb(data, use_list=False, unicode_errors="surrogatepass")
