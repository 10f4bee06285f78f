"""What a class or function wants from its callers, read from its source, and whether a call gives it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.engine.syntax import called, dotted

_PLAIN_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a call, the receiver left out. `members` are what instances have, None when nobody can tell."""

    name: str
    positional: tuple[str, ...] = ()
    only_positional: int = 0
    keyword_only: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    any_positional: bool = False
    any_keyword: bool = False
    members: frozenset[str] | None = None

    def misfit(self, call: ast.Call) -> str:
        """Say what is wrong with a call, "" when nothing is or nobody can tell."""
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            return ""
        given = len(call.args)
        if given > len(self.positional) and not self.any_positional:
            return f"{self.name} takes {_count(len(self.positional), 'positional argument')} at most, {given} are given"
        words = [keyword.arg for keyword in call.keywords]
        taken = {*self.positional[self.only_positional :], *self.keyword_only}
        unknown = [word for word in words if word is not None and word not in taken]
        if unknown and not self.any_keyword:
            return f"{self.name} takes no argument {_listed(unknown)}"
        if None in words:
            return ""
        filled = {*self.positional[:given], *words}
        missing = [name for name in (*self.positional, *self.keyword_only) if name in self.required - filled]
        return f"{self.name} needs {_listed(missing)}" if missing else ""


def signature_of(source: bytes, name: str) -> Signature | None:
    """Return the signature of a class or function on a module's top level; None when it cannot be told."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    found = dict(_definitions(tree))
    node = found.get(name)
    if isinstance(node, ast.ClassDef):
        return _of_class(node, found)
    if node is None or node.decorator_list:
        return None
    return _of_arguments(name, node.args, skip=0)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node


def _of_class(
    node: ast.ClassDef, module: dict[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]
) -> Signature | None:
    """Read a class with its bases in the same module; a base from elsewhere may take and have anything."""
    line = [node]
    for current in line:
        for base in map(dotted, _plain(current.bases)):
            above = module.get(base)
            if isinstance(above, ast.ClassDef) and above not in line:
                line.append(above)
            elif base.rpartition(".")[2] not in _PLAIN_BASES:
                return None
    if any(keyword.arg == "metaclass" and dotted(keyword.value) != "ABCMeta" for keyword in node.keywords):
        return None
    members = frozenset(member for current in line for member in _members(current))
    known = None if "__getattr__" in members else members
    for current in line:
        if any(
            called(decorator).rpartition(".")[2] not in {"dataclass", "final"} for decorator in current.decorator_list
        ):
            return None
        for name in ("__new__", "__init__"):
            for statement in current.body:
                if isinstance(statement, ast.FunctionDef) and statement.name == name:
                    signature = _of_arguments(node.name, statement.args, skip=1)
                    return _with_members(signature, known)
        if current.decorator_list:
            return _of_dataclass(node.name, current, known) if len(line) == 1 else None
    return Signature(node.name, members=known)


def _plain(bases: list[ast.expr]) -> Iterator[ast.expr]:
    for base in bases:
        yield base.value if isinstance(base, ast.Subscript) else base


def _with_members(signature: Signature, members: frozenset[str] | None) -> Signature:
    values = {name: getattr(signature, name) for name in Signature.__slots__}
    return Signature(**{**values, "members": members})


def _of_arguments(name: str, arguments: ast.arguments, skip: int) -> Signature:
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    needed = positional[skip : len(positional) - len(arguments.defaults)]
    only = [argument.arg for argument in arguments.kwonlyargs]
    needed += [word for word, default in zip(only, arguments.kw_defaults, strict=True) if default is None]
    return Signature(
        name,
        tuple(positional[skip:]),
        max(len(arguments.posonlyargs) - skip, 0),
        tuple(only),
        frozenset(needed),
        arguments.vararg is not None,
        arguments.kwarg is not None,
    )


def _of_dataclass(name: str, node: ast.ClassDef, members: frozenset[str] | None) -> Signature | None:
    if any(isinstance(decorator, ast.Call) and any(word.arg in {"init", "kw_only"} for word in decorator.keywords)
           for decorator in node.decorator_list):  # fmt: skip
        return None
    positional, needed = [], set()
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            kind = (
                statement.annotation.value if isinstance(statement.annotation, ast.Subscript) else statement.annotation
            )
            if dotted(kind).rpartition(".")[2] in {"ClassVar", "InitVar", "KW_ONLY"}:
                return None
            value = statement.value
            if isinstance(value, ast.Call) and called(value) == "field":
                words = {word.arg: word.value for word in value.keywords}
                if "init" in words:
                    continue
                value = words.get("default") or words.get("default_factory")
            positional.append(statement.target.id)
            if value is None:
                needed.add(statement.target.id)
    return Signature(name, tuple(positional), required=frozenset(needed), members=members)


def _members(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names of a class: methods, attributes, and what any method gives the receiver."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield inner.attr
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, ast.Call) and called(inner).rpartition(".")[2] in {"setattr", "__setattr__"}:
            yield "__getattr__"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(names: list[str]) -> str:
    shown = [f"'{name}'" for name in names]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
