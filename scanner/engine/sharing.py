"""What functions do to containers of their module: change, fill and empty them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scanner.engine.blocks import statements
from scanner.engine.functions import Function, first_parameter
from scanner.engine.nodes import PARTS, names_in
from scanner.engine.syntax import bound_names, called, dotted

_FILLING = frozenset({"append", "appendleft", "add", "insert", "extend", "setdefault", "update"})
_RELEASING = frozenset(
    {"pop", "popitem", "popleft", "clear", "remove", "discard", "difference_update", "intersection_update"}
)
_CHANGING = _FILLING | _RELEASING | {"sort", "reverse", "move_to_end", "extendleft", "symmetric_difference_update"}
_READING = frozenset({"get", "items", "keys", "values", "copy", "index", "count", "union", "issubset", "issuperset"})
_HARMLESS = frozenset(
    {"len", "list", "tuple", "sorted", "iter", "any", "all", "bool", "str", "repr", "sum", "max", "min"}
)
# Keys that are parts of the program: there are no more of them than it has lines.
_CODE = frozenset(
    {"cls", "klass", "class_", "type_", "typ", "tp", "type", "model", "func", "fn", "f", "function", "method", "owner"}
    | {"module", "callback", "handler", "hook", "decorator", "objtype", "field", "kls", "factory"}
)


class Scope(NamedTuple):
    """A function on module level, or a method with the qualified name of its class."""

    node: Function
    owner: str


@dataclass(slots=True)
class Use:
    """What functions do to one container; `hidden` when instances have one of their own under its name."""

    changers: set[str] = field(default_factory=set)
    through_self: set[str] = field(default_factory=set)
    fillers: set[str] = field(default_factory=set)
    released: bool = False
    hidden: bool = False


class Walk:
    """One function looked through, with the functions inside it."""

    def __init__(self, scope: Scope, uses: Mapping[tuple[str, str], Use], names: Set[str]) -> None:
        self.node = self.current = scope.node
        self.owner = scope.owner
        self.uses = uses
        self.names = names
        static = any(called(decorator) == "staticmethod" for decorator in scope.node.decorator_list)
        self.first = "" if static or not scope.owner else first_parameter(scope.node)
        self.on_class = any(called(decorator) == "classmethod" for decorator in scope.node.decorator_list)
        self.on_class |= self.node.name in {"__new__", "__init_subclass__", "__class_getitem__"}
        self._locals: set[str] | None = None
        self._given: set[str] | None = None

    def run(self) -> None:
        """Look through the function, then through those inside it."""
        functions: list[Function] = [self.node]
        while functions:
            self.current = functions.pop()
            self._given = None
            pending: list[Any] = [self.current.body]
            while pending:
                node = pending.pop()
                kind = node.__class__
                if kind is list:
                    pending.extend(node)
                elif kind in _HANDLERS:
                    pending.extend(_HANDLERS[kind](self, node))
                elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
                    functions.append(node)
                elif kind in PARTS:
                    pending.extend(PARTS[kind](node))

    # What a node is about

    def find(self, node: ast.AST) -> tuple[Use, bool] | None:
        """Return what is known of the container a node names, and whether it is named through an instance."""
        if isinstance(node, ast.Name):
            use = self.uses.get(("", node.id))
            return (use, False) if use is not None and node.id not in self.locals() else None
        if not isinstance(node, ast.Attribute) or node.attr not in self.names or _is_long(node.value):
            return None
        through = dotted(node.value)
        if through and through == self.first:
            use = self.uses.get((self.owner, node.attr))
            return (use, not self.on_class) if use is not None else None
        owner = (
            self.owner if through in {f"{self.first}.__class__", "type()", self.owner.rpartition(".")[2]} else through
        )
        use = self.uses.get((owner, node.attr)) if owner else None
        return (use, False) if use is not None else None

    def beneath(self, node: ast.AST) -> tuple[Use, bool] | None:
        """Return what `find` does for the container at the bottom of `x[…][…]`."""
        while isinstance(node, ast.Subscript):
            node = node.value
        return self.find(node)

    def locals(self) -> set[str]:
        """Return the names that are the function's own."""
        if self._locals is None:
            shared: set[str] = set()
            own: set[str] = set()
            for node in ast.walk(self.node):
                if isinstance(node, ast.arg):
                    own.add(node.arg)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    own.add(node.id)
                elif isinstance(node, ast.Global):
                    shared.update(node.names)
            self._locals = own - shared
        return self._locals

    def given(self) -> set[str]:
        """Return the names whose values come from a parameter of the function that is looked through: what is given to
        a decorator is part of the program."""
        if self._given is None:
            arguments = {node.arg for node in ast.walk(self.current.args) if isinstance(node, ast.arg)}
            self._given = arguments - _CODE - {self.first}
            for statement, _ in statements(self.current.body, 0):
                if isinstance(statement, ast.Assign) and not self._given.isdisjoint(names_in(statement.value)):
                    self._given.update(name for target in statement.targets for name in bound_names(target))
        return self._given

    def is_given(self, key: ast.AST) -> bool:
        """Whether a key comes from a parameter and is no part of the program."""
        if isinstance(key, ast.Attribute) and key.attr in {"__class__", "__name__", "__qualname__", "__module__"}:
            return False
        if isinstance(key, ast.Call) and dotted(key.func) == "type":
            return False
        return not self.given().isdisjoint(names_in(key))

    # What is done

    def change(self, found: tuple[Use, bool] | None, key: ast.AST | None = None) -> None:
        """Note a change; `key` is under what it puts something in."""
        if found is None:
            return
        use, through_self = found
        (use.through_self if through_self else use.changers).add(self.node.name)
        if key is not None and self.is_given(key):
            use.fillers.add(self.node.name)

    def release(self, found: tuple[Use, bool] | None) -> None:
        if found is not None:
            found[0].released = True

    def assign(self, target: ast.expr) -> Iterator[ast.AST]:
        if isinstance(target, ast.Subscript):
            self.change(self.beneath(target), target.slice)
            yield from self.read(target)
        elif (found := self.find(target)) is not None:
            if found[1]:
                found[0].hidden = True
            else:
                self.release(found)
        else:
            yield target

    def read(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what is left to look at of an expression whose container is only read from."""
        while isinstance(node, ast.Subscript):
            yield node.slice
            node = node.value
        if self.find(node) is None:
            yield node


def _is_long(node: ast.expr) -> bool:
    """Whether a dotted name has more links than any by which a class or instance of the module is named."""
    inner = node.value if isinstance(node, ast.Attribute) else node.func if isinstance(node, ast.Call) else None
    return inner is not None and not isinstance(inner, ast.Name)


_Found = Iterator[ast.AST]


def _assign(walk: Walk, node: ast.Assign | ast.AnnAssign) -> _Found:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from walk.assign(target)
    if node.value is not None:
        yield node.value


def _change(walk: Walk, node: ast.AugAssign) -> _Found:
    if isinstance(node.target, ast.Subscript):
        yield from walk.assign(node.target)
    else:
        walk.change(walk.find(node.target), node.value)
    yield node.value


def _delete(walk: Walk, node: ast.Delete) -> _Found:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            walk.change(walk.beneath(target))
            walk.release(walk.find(target.value))
            yield from walk.read(target)


def _call(walk: Walk, node: ast.Call) -> _Found:
    yield from node.keywords
    if not isinstance(node.func, ast.Attribute):
        yield node.func
        harmless = isinstance(node.func, ast.Name) and node.func.id in _HARMLESS
        yield from (part for part in node.args if not harmless or walk.find(part) is None)
        return
    yield from node.args
    method, inner = node.func.attr, node.func.value
    found = walk.find(inner)
    if method in _CHANGING:
        if found is None:
            walk.change(walk.beneath(inner))
        else:
            filling = method in _FILLING and node.args
            walk.change(found, node.args[0] if filling else None)
            if method in _RELEASING:
                walk.release(found)
    if method in _CHANGING or method in _READING:
        yield from walk.read(inner)
    else:
        yield inner


def _compare(walk: Walk, node: ast.Compare) -> _Found:
    for part in (node.left, *node.comparators):
        if isinstance(part, ast.Call) and dotted(part.func) == "len" and part.args:
            walk.release(walk.find(part.args[0]))  # its size is looked at: something bounds it
        yield from walk.read(part)


def _subscript(walk: Walk, node: ast.Subscript) -> _Found:
    return walk.read(node)


def _loop(walk: Walk, node: ast.For | ast.AsyncFor) -> _Found:
    yield node.target
    yield from walk.read(node.iter)
    yield from (*node.body, *node.orelse)


def _not(walk: Walk, node: ast.UnaryOp) -> _Found:
    return walk.read(node.operand)


def _mention(walk: Walk, node: ast.Name | ast.Attribute) -> _Found:
    """The container itself goes somewhere: what becomes of it there is not known."""
    walk.release(walk.find(node))
    if isinstance(node, ast.Attribute):
        yield node.value


_HANDLERS: dict[type, Callable[[Walk, Any], _Found]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.AugAssign: _change,
    ast.Delete: _delete,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.For: _loop,
    ast.AsyncFor: _loop,
    ast.UnaryOp: _not,
    ast.Name: _mention,
    ast.Attribute: _mention,
}
