"""Facts of functions: what they return, which module-global they make, what they assign to self."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.engine.aliases import original
from scanner.engine.facts import Getter, Instance
from scanner.engine.nodes import names_in
from scanner.engine.syntax import called, dotted, last

_MUTABLE_TYPES = frozenset(
    {"list", "dict", "set", "bytearray", "defaultdict", "OrderedDict", "Counter", "deque"}
    | {"WeakValueDictionary", "WeakKeyDictionary", "WeakSet"}
)
_MUTABLE_NODES = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
# Classes outside the repository whose instances are plain values.
_VALUES = frozenset(
    {"Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "Decimal", "Fraction", "UUID", "ZoneInfo"}
    | {"Version", "IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network", "MappingProxyType", "Pattern"}
    | {"OrderedDict", "Counter", "ChainMap", "DataFrame", "Series", "TypeVar", "NewType", "SimpleNamespace"}
)
_VALUE_ENDINGS = ("PublicKey", "PrivateKey")
# Verbs and nouns by which functions outside the repository that make objects are known.
_MAKING = ("create_", "make_", "build_", "new_", "connect", "open_", "init_", "setup_", "start_", "from_url")
_MADE = ("maker", "_factory", "engine", "client", "session", "pool", "connection", "resource", "_from_url")
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Values and names that are looked at for the makers of what one function assigns and returns: for each, and at least.
_STEPS = 20
_LEAST_STEPS = 1_000
_STEPS_FOR_ONE = 100


@dataclass(slots=True)
class Body:
    """What the statements of one function's own scope do: what they assign to names, and to attributes and items."""

    globals: set[str] = field(default_factory=set)
    assigned: dict[str, list[ast.expr]] = field(default_factory=dict)
    stored: list[tuple[ast.expr, ast.expr | None]] = field(default_factory=list)
    returned: list[ast.expr] = field(default_factory=list)
    tests: list[ast.expr] = field(default_factory=list)
    changes_self: bool = False
    holds_mutable: bool = False
    holds_made: bool = False

    def see(self, statement: Any, first: str) -> None:
        """Take note of a statement; `first` is the name of the function's first parameter."""
        kind = type(statement)
        if kind is ast.Assign:
            self._test(statement.value)
            for target in statement.targets:
                self._assign(target, statement.value, first)
        elif kind is ast.Return:
            if statement.value is not None:
                self.returned.append(statement.value)
        elif kind is ast.If or kind is ast.While:
            self.tests.append(statement.test)
        elif kind is ast.AnnAssign or kind is ast.AugAssign:
            self._assign(statement.target, statement.value, first)
            self.changes_self |= kind is ast.AugAssign and _belongs_to(statement.target, first)
        elif kind is ast.Global:
            self.globals.update(statement.names)

    def _test(self, value: ast.expr) -> None:
        """Take note of what decides about a value: the x of `x or make()` and of `make() if x is None else x`."""
        if isinstance(value, ast.IfExp):
            self.tests.append(value.test)
        elif isinstance(value, ast.BoolOp):
            self.tests.append(value.values[0])

    def _assign(self, target: ast.expr, value: ast.expr | None, first: str) -> None:
        if isinstance(target, ast.Name):
            if value is not None:
                self.assigned.setdefault(target.id, []).append(value)
            return
        self.stored.append((target, value))
        if first and _belongs_to(target, first):
            self.changes_self = True
            self.holds_mutable |= is_container(value) and not _is_table(value)
            if value is not None and not self.holds_made and type(value) is not ast.Constant:
                self.holds_made = any(map(makes_object, self.makers(value, room=iter(range(_STEPS_FOR_ONE)))))

    def room(self) -> Iterator[int]:
        """Return the steps that looking for makers may take in all: far more than people's code needs, and few enough
        for functions that assign ten thousand names to each other."""
        values = sum(map(len, self.assigned.values())) + len(self.stored) + len(self.returned)
        return iter(range(_LEAST_STEPS + _STEPS * values))

    def makers(self, *values: ast.expr, room: Iterator[int] | None = None) -> Iterator[str]:
        """Yield the dotted names whose calls may give one of the values; `room` is shared by several searches."""
        pending = [*reversed(values)]
        steps = room or self.room()
        seen: set[str] = set()
        while pending and next(steps, None) is not None:
            node = pending.pop()
            if isinstance(node, ast.Call):
                if _uncast(node) is not node:
                    pending.append(_uncast(node))
                elif name := made_by(node):
                    yield name
            elif isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                pending.extend(self.assigned.get(node.id, ()))
            elif isinstance(node, ast.Await | ast.NamedExpr):
                pending.append(node.value)
            elif isinstance(node, ast.IfExp):
                pending += [node.orelse, node.body]
            elif isinstance(node, ast.BoolOp):
                pending += reversed(node.values)

    def returned_globals(self) -> Iterator[str]:
        """Yield the names declared global that the function returns."""
        mine = set(self.globals)
        for value in self.returned:
            plain = _uncast(value)
            if isinstance(plain, ast.Name) and plain.id in mine:
                mine.discard(plain.id)
                yield plain.id

    def made_globals(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names declared global that the function assigns, with the dotted names whose calls give them."""
        room = self.room()
        mine = [name for name in self.assigned if name in self.globals]
        return {name: tuple(dict.fromkeys(self.makers(*self.assigned[name], room=room))) for name in mine}

    def getters(self, node: Function, qualified: str) -> Iterator[Getter]:
        """Yield the globals the function returns after a test whether they are there, with what it makes them by."""
        returned = [*self.returned_globals()]
        if returned and self.tests:
            tested = set().union(*map(names_in, self.tests))
            made = self.made_globals()
            for variable in returned:
                if variable in tested:
                    makers = made.get(variable, ())
                    yield Getter(qualified, node.lineno, node.end_lineno or node.lineno, variable, makers)

    def returns(self) -> tuple[str, ...]:
        """Return the dotted names whose calls the function returns; a returned module-global is its own name."""
        names = dict.fromkeys(self.returned_globals())
        names.update(dict.fromkeys(self.makers(*self.returned)))
        return tuple(names)


def _uncast(value: ast.expr) -> ast.expr:
    """Return the x of `cast(T, x)`."""
    if isinstance(value, ast.Call) and len(value.args) == 2 and last(value.func) == "cast":
        return value.args[1]
    return value


def first_parameter(node: Function) -> str:
    """Return the name a method has for its instance, or ""."""
    parameters = node.args.posonlyargs + node.args.args
    return parameters[0].arg if parameters else ""


def is_container(value: ast.expr | None) -> bool:
    """Whether an expression makes a container that can change."""
    return isinstance(value, _MUTABLE_NODES) or (isinstance(value, ast.Call) and last(value.func) in _MUTABLE_TYPES)


def makes_instance(body: Body) -> bool:
    """Whether a function is factory-like: it returns an instance of a class, or a global that it may assign."""
    if next(body.returned_globals(), None) is not None:
        return True
    return any(is_class_name(part) for name in body.returns() for part in name.split(".")[-2:])


def _is_table(value: ast.expr | None) -> bool:
    """Whether a container is written with its entries: nobody need put any in."""
    return bool((isinstance(value, ast.List | ast.Set) and value.elts) or (isinstance(value, ast.Dict) and value.keys))


def instances(statement: ast.stmt, where: int) -> Iterator[Instance]:
    """Yield the instance that a statement on module level makes and names."""
    if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        maker = made_by(statement.value)
        if isinstance(target, ast.Name) and any(map(is_class_name, maker.split(".")[-2:])):
            yield Instance(target.id, statement.lineno, statement.end_lineno or statement.lineno, where, maker)


def made_by(call: ast.Call) -> str:
    """Return the dotted name that is called, of a generic class without its parameters: the Box of `Box[int]()`."""
    of = call.func
    return dotted(of.value if isinstance(of, ast.Subscript) and is_class_name(last(of.value)) else of)


def is_cached(node: Function, taken: Mapping[str, str]) -> bool:
    """Whether functools keeps the result of a function that takes no parameter, its class aside.

    `taken` is what `imported_as` returned.
    """
    names = [original(called(decorator), taken) for decorator in node.decorator_list]
    arguments = node.args
    given = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
    own = 1 if "classmethod" in names else 0
    return (
        given == own
        and not (arguments.vararg or arguments.kwarg)
        and any(name in {"cache", "functools.cache"} or name.rpartition(".")[2] == "lru_cache" for name in names)
    )


def is_class_name(name: str) -> bool:
    """Whether a name looks like a class's: CapWords, underscores in front aside."""
    bare = name.removesuffix("()").lstrip("_")
    return bare[:1].isupper() and not (bare.isupper() and len(bare) > 1)


def makes_object(maker: str) -> bool:
    """Whether a call is, by its dotted name, one that makes an object: of a class, if not of plain values, or by a
    function whose name says so."""
    *owners, last = (part.removesuffix("()") for part in maker.split("."))
    name = last if is_class_name(last) or not owners else owners[-1]
    if is_class_name(name):
        return name not in _VALUES and not name.endswith(_VALUE_ENDINGS)
    bare = last.lstrip("_")
    return bare.startswith(_MAKING) or bare.endswith(_MADE)


def _belongs_to(target: ast.expr, instance: str) -> bool:
    """Whether the target is an attribute of the instance, or an item of one."""
    node = target
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        inner = node.value
        if isinstance(node, ast.Attribute) and isinstance(inner, ast.Name):
            return inner.id == instance
        node = inner
    return isinstance(target, ast.Tuple) and any(_belongs_to(part, instance) for part in target.elts)
