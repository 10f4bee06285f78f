"""Facts of classes: what kind of class it is, what its instances carry, and whether it hands out one of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scanner.engine import facts
from scanner.engine.facts import Singleton
from scanner.engine.functions import Body, Function, first_parameter
from scanner.engine.nodes import names_in
from scanner.engine.syntax import called, dotted

_VALUE_BASES = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict"})
_RECORDS = frozenset({"dataclass", "define", "mutable", "frozen", "attrs", "s"})
_SLOTS = frozenset({"_instance", "__instance", "_singleton", "__singleton", "_shared_instance"})
_WORDS = re.compile(r"\w+")
_METACLASSES = frozenset({"ABCMeta", "type", "EnumMeta", "EnumType", "ProtocolMeta", "GenericMeta"})
# Methods that run while an instance is being made: what they set need not change later.
_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__setstate__", "__set_name__", "__init_subclass__"})


class Method(NamedTuple):
    """A method and what its statements do."""

    node: Function
    body: Body


def bases_of(node: ast.ClassDef) -> tuple[str, ...]:
    """Return the dotted names of a class's bases, "" for what has none."""
    return tuple(dotted(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases)


def traits_of(node: ast.ClassDef, bases: tuple[str, ...], methods: Sequence[Method]) -> int:
    """Return the sum of what a class is."""
    names = {base.rpartition(".")[2] for base in bases}
    traits = facts.IS_CLASS
    if any(name.endswith(("Enum", "Flag", "Choices")) for name in names):
        traits |= facts.ENUM
    if not names.isdisjoint(_VALUE_BASES) or _is_frozen(node):
        traits |= facts.VALUE
    if any(decorator.rpartition(".")[2] in _RECORDS for decorator in map(called, node.decorator_list)):
        traits |= facts.RECORD
    for method in methods:
        body, name = method.body, method.node.name
        if body.holds_mutable or (body.changes_self and name not in _MAKING):
            traits |= facts.STATEFUL
        if body.changes_self and not _hands_out(method):
            traits |= facts.HOLDING | (facts.OWNING if body.holds_made else 0)
        if name == "__call__" and _keeps_instances(method):
            traits |= facts.SINGLETON_META
    return traits


def _is_frozen(node: ast.ClassDef) -> bool:
    """Whether a decorator says `frozen=True`."""
    return any(
        keyword.arg == "frozen" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    )


def _keeps_instances(method: Method) -> bool:
    """Whether a metaclass's `__call__` keeps what it makes in an attribute of the class, or under the class itself."""
    cls = first_parameter(method.node)
    for target, value in method.body.stored:
        own = isinstance(target, ast.Attribute) and dotted(target.value) == cls
        keyed = isinstance(target, ast.Subscript) and dotted(target.slice) == cls and bool(cls)
        if (own or keyed) and value is not None:
            return any(maker.endswith(".__call__") for maker in method.body.makers(value))
    return False


def singletons(
    node: ast.ClassDef,
    qualified: str,
    members: set[str],
    traits: int,
    bases: tuple[str, ...],
    methods: Sequence[Method],
) -> Iterator[Singleton]:
    """Yield how a class comes to have one instance, if it does."""
    if traits & facts.ENUM:
        return
    end = node.end_lineno or node.lineno
    for keyword in node.keywords:
        name = dotted(keyword.value)
        if keyword.arg == "metaclass" and name and name.rpartition(".")[2] not in _METACLASSES:
            yield Singleton(qualified, node.lineno, end, "", facts.BY_METACLASS, (name,))
    for decorator in map(called, node.decorator_list):
        if decorator.rpartition(".")[2].lower() == "singleton":
            yield Singleton(qualified, node.lineno, end, "", facts.BY_DECORATOR, (decorator,))
    kept = _kept(node, methods)
    for attribute, line in () if _SLOTS.isdisjoint(members) else _slots(node):
        if attribute not in kept:
            yield Singleton(qualified, line, line, attribute, facts.BY_NAME, ())
    if not kept:
        return
    places, carries = _places(node, methods), _carries(node, traits, bases, methods)
    for attribute, makers in kept.items():
        own = _OWN in makers
        if own and not carries:
            continue
        line, end = places.get(attribute, (node.lineno, node.end_lineno or node.lineno))
        how = facts.BY_ITSELF if own else facts.BY_OTHERS
        yield Singleton(qualified, line, end, attribute, how, () if own else tuple(makers))


def _slots(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """Yield the class attributes with their lines that are to hold one instance: `_instance: "Self | None" = None`."""
    for statement in node.body:
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and statement.target.id in _SLOTS
            and isinstance(statement.value, ast.Constant)
            and statement.value.value is None
            and not {node.name, "Self"}.isdisjoint(_words(statement.annotation))
        ):
            yield statement.target.id, statement.lineno


def _words(annotation: ast.expr) -> Iterator[str]:
    """Yield the words of an annotation, of those in quotes too."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORDS.findall(node.value)


_OWN = "."  # stands for an instance of the class itself, among makers


def _kept(node: ast.ClassDef, methods: Sequence[Method]) -> dict[str, dict[str, None]]:
    """Return the class attributes that are tested, made when missing, and handed out, with the makers."""
    made: dict[str, dict[str, None]] = {}
    tested: set[str] = set()
    returned: set[str] = set()
    if not any(_hands_out(method) and method.body.returned for method in methods):
        return made
    for method in methods:
        if not method.body.stored and not method.body.returned:
            continue
        through = _names_of_class(node, method)
        room = method.body.room()
        local: dict[str, str] = {}
        for target, value in method.body.stored:
            attribute = _attribute(target, through)
            if attribute and value is not None:
                found = dict.fromkeys(method.body.makers(value, room=room))
                if isinstance(value, ast.Name):
                    local[value.id] = attribute
                    if value.id == first_parameter(method.node):
                        found = {_OWN: None}
                made.setdefault(attribute, {}).update((_own_or(maker, node, method), None) for maker in found)
        if not _hands_out(method):
            continue
        assigned = ((name, value) for name, values in method.body.assigned.items() for value in values)
        local.update((name, held) for name, value in assigned if (held := _attribute(value, through)))
        for value in method.body.returned:
            attribute = _attribute(value, through) or (local.get(value.id, "") if isinstance(value, ast.Name) else "")
            returned.add(attribute)
        for test in method.body.tests:
            tested.update(_tested(test, through))
            tested.update(local[name] for name in names_in(test) if name in local)
    return {name: makers for name, makers in made.items() if makers and name in returned and name in tested}


def _own_or(maker: str, node: ast.ClassDef, method: Method) -> str:
    """Return the mark of an own instance for what makes one, else the maker."""
    first, _, rest = maker.partition(".")
    own = {node.name, first_parameter(method.node) if _hands_out(method) else ""}
    return _OWN if maker.endswith("__new__") or (first in own and "." not in rest) else maker


def _names_of_class(node: ast.ClassDef, method: Method) -> set[str]:
    """Return the dotted names by which a method can call its class."""
    first = first_parameter(method.node)
    names = {node.name, f"{first}.__class__", "type()", "__class__"}
    if first and (method.node.name in {"__new__", "__init_subclass__"} or _is_static(method.node)):
        names.add(first)
    return names


def _hands_out(method: Method) -> bool:
    """Whether a method is called on the class."""
    return method.node.name == "__new__" or _is_static(method.node)


def _is_static(node: Function) -> bool:
    return any(called(decorator) in {"classmethod", "staticmethod"} for decorator in node.decorator_list)


def _attribute(target: ast.AST, through: set[str]) -> str:
    """Return the x of `cls.x`."""
    return target.attr if isinstance(target, ast.Attribute) and dotted(target.value) in through else ""


def _tested(test: ast.expr, through: set[str]) -> Iterator[str]:
    """Yield the class attributes that a test mentions, by `hasattr` too."""
    pending: list[ast.AST] = [test]
    while pending:
        node = pending.pop()
        if attribute := _attribute(node, through):
            yield attribute
        elif isinstance(node, ast.Call) and dotted(node.func) in {"hasattr", "getattr"} and len(node.args) > 1:
            name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if dotted(node.args[0]) in through and isinstance(name, str):
                yield name
        else:
            pending.extend(ast.iter_child_nodes(node))


def _carries(node: ast.ClassDef, traits: int, bases: tuple[str, ...], methods: Sequence[Method]) -> bool:
    """Whether the one instance carries anything: sentinels such as `class Missing` do not."""
    if traits & facts.HOLDING or not {base.rpartition(".")[2] for base in bases} <= {"object", "ABC", "Generic", ""}:
        return True
    return any(
        isinstance(target, ast.Attribute) and not _attribute(target, through)
        for method in methods
        for through in [_names_of_class(node, method)]
        for target, _ in method.body.stored
    )


def _places(node: ast.ClassDef, methods: Sequence[Method]) -> dict[str, tuple[int, int]]:
    """Return the lines of each class attribute, else of the first method that makes what it holds."""
    places: dict[str, tuple[int, int]] = {}
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        lines = statement.lineno, statement.end_lineno or statement.lineno
        for target in targets:
            if isinstance(target, ast.Name):
                places.setdefault(target.id, lines)
    for method in methods:
        through = _names_of_class(node, method)
        lines = method.node.lineno, method.node.end_lineno or method.node.lineno
        for target, _ in method.body.stored:
            places.setdefault(_attribute(target, through), lines)
    return places
