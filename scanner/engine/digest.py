"""What equal code has in common, whatever its layout, comments, docstrings and own name.

Iterative, as generated code nests thousands of levels deep.
"""

from __future__ import annotations

import ast
import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple

from scanner.engine.syntax import without_docstring

# Fields that say nothing about meaning, or differ between versions of Python for equal code.
_SKIPPED = frozenset({"ctx", "kind", "type_comment", "type_ignores", "type_params"})
# The newest without references, which depend on what else the process holds: equal values give equal bytes.
_MARSHAL_VERSION = 2


class _Form(NamedTuple):
    """How a kind of node is told: by its tag, which is no name that code can have, and what `read` gives."""

    tag: str
    fields: int
    read: Callable[[Any], Any]
    is_definition: bool


def _form(kind: type[ast.AST]) -> _Form:
    fields = [field for field in kind._fields if field not in _SKIPPED]
    is_definition = kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return _Form(f".{kind.__name__}", len(fields), attrgetter(*fields) if fields else tuple, is_definition)


_FORMS = {kind: _form(kind) for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)}


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


# As locals of `_tell`: it looks at hundreds of thousands of nodes.
_COMMONEST = (ast.Name, ast.Constant, ast.Attribute, ast.Call)


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
    size = _tell([*parts], out, own, known)
    text = blake2b(marshal.dumps(out, _MARSHAL_VERSION), digest_size=8).hexdigest()
    return Digest(text, size + len(out), bool(names) and not names.isdisjoint(out))


def _tell(pending: list[Any], out: list[object], own: str, known: Mapping[ast.AST, Digest]) -> int:
    """Write down all that the pending nodes say; return the size of what is known of them and not read again."""
    emit = out.append
    take, later, push = pending.pop, pending.append, pending.extend
    name, constant, attribute, call = _COMMONEST
    size = 0
    while pending:
        node = take()
        kind = type(node)
        # The commonest kinds by hand: they are nine of ten nodes.
        while kind is attribute:
            out += (".Attribute", node.attr)
            node = node.value
            kind = type(node)
        if kind is name:
            emit(node.id if node.id != own else ".own")
        elif kind is constant:
            emit((node.value,))
        elif kind is call:
            out += (".Call", len(node.args), len(node.keywords))
            later(node.func)
            push(node.args)
            for keyword in node.keywords:
                out += (".keyword", keyword.arg)
                later(keyword.value)
        elif kind is list:
            emit(len(node))
            push(node)
        elif (form := _FORMS.get(kind)) is not None:
            emit(form.tag)
            if form.fields == 1:
                later(form.read(node))
            elif form.is_definition:
                size += known[node].size if node in known else 0
                push(_told(node, form.read(node), known))
            elif form.fields:
                push(form.read(node))
        else:
            emit(node)
    return size
