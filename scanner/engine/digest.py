"""What equal code has in common, whatever its layout, comments, docstrings and own name.

Iterative, as generated code nests thousands of levels deep.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple

from scanner.engine.syntax import without_docstring

# Fields that say nothing about meaning, or differ between versions of Python for equal code.
_SKIPPED = frozenset({"ctx", "kind", "type_comment", "type_ignores", "type_params"})


def _reader(fields: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(fields) > 1:
        return attrgetter(*fields)
    return (lambda node: (getattr(node, fields[0]),)) if fields else lambda _: ()


# Kind of node → its tag, which is no name that code can have, and what reads its fields.
_NODES: dict[type, tuple[str, Callable[[Any], tuple[Any, ...]]]] = {
    node: (f".{node.__name__}", _reader(tuple(field for field in node._fields if field not in _SKIPPED)))
    for node in vars(ast).values()
    if isinstance(node, type) and issubclass(node, ast.AST)
}
_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})


class Digest(NamedTuple):
    """16 hex digits that equal code has in common; its size, the number of nodes, names and constants in it; and
    whether it mentions any of the names that were looked for."""

    text: str
    size: int
    mentions: bool


# Of what nobody asks for.
UNTOLD = Digest("", 0, mentions=False)
_NOTHING_KNOWN: Mapping[ast.AST, Digest] = {}
_NO_NAMES: frozenset[str] = frozenset()


def _told(node: Any, values: Iterable[Any], known: Mapping[ast.AST, Digest]) -> Iterable[Any]:
    """Return what counts of a definition."""
    if node in known:
        return (node.name, known[node].text, node.decorator_list)
    return (without_docstring(value) if value is node.body else value for value in values)


def digest(
    parts: Sequence[ast.AST | list[ast.stmt]],
    own: str = "",
    known: Mapping[ast.AST, Digest] = _NOTHING_KNOWN,
    names: Set[str] = _NO_NAMES,
) -> Digest:
    """Return what is equal for equal code; layout, comments, docstrings and the name `own` do not count.

    `known` are the digests of functions inside, which are then not read again; `names` are looked for.
    """
    out: list[object] = []
    emit = out.append
    pending: list[Any] = [*parts]
    take, later, push = pending.pop, pending.append, pending.extend
    size = 0
    while pending:
        node = take()
        kind = node.__class__
        # The commonest kinds by hand: they are nine of ten nodes.
        while kind is ast.Attribute:
            emit(".Attribute")
            emit(node.attr)
            node = node.value
            kind = node.__class__
        if kind is ast.Name:
            name = node.id
            emit(name if name != own else ".own")
        elif kind is ast.Constant:
            emit((node.value,))
        elif kind is ast.Call:
            arguments, keywords = node.args, node.keywords
            out += (".Call", len(arguments), len(keywords))
            later(node.func)
            push(arguments)
            for keyword in keywords:
                out += (".keyword", keyword.arg)
                later(keyword.value)
        elif kind is list:
            emit(len(node))
            push(node)
        elif (reader := _NODES.get(kind)) is not None:
            tag, read = reader
            emit(tag)
            if kind in _DEFINITIONS:
                if node in known:
                    size += known[node].size
                push(_told(node, read(node), known))
            else:
                push(read(node))
        else:
            emit(node)
    text = blake2b(_written(out).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return Digest(text, size + len(out), bool(names) and not names.isdisjoint(out))


def _written(out: list[object]) -> str:
    try:
        return repr(out)
    except ValueError:  # an integer of more decimal digits than Python writes
        return repr([hex(part[0]) if isinstance(part, tuple) and isinstance(part[0], int) else part for part in out])
