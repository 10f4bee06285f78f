"""Syntax tree → Facts: what a module binds, imports, defines and does to the import machinery."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.engine import facts
from scanner.engine.facts import Definition, Facts, Getter, Import, Nested
from scanner.engine.functions import Body, Function, first_parameter, makes_instance, stateful
from scanner.engine.syntax import body_digest, bound_names, called, captures, dotted, statements, without_docstring

_VALUE_BASES = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict"})


@dataclass(slots=True)
class ModuleReader:
    """What has been found so far in one module; `pending` are the scopes inside scopes that are still to be read."""

    imports: list[Import] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    typing_names: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    exports: list[str] | None = None
    computed_exports: bool = False
    virtual: set[str] = field(default_factory=set)
    patches: set[str] = field(default_factory=set)
    module: int = 0
    getters: list[Getter] = field(default_factory=list)
    makers: dict[str, dict[str, None]] = field(default_factory=dict)
    nested: list[Nested] = field(default_factory=list)
    reexports: set[str] = field(default_factory=set)
    pending: list[tuple[Function | ast.ClassDef, str, int]] = field(default_factory=list)

    def facts(self, lines: int) -> Facts:
        """Return everything found, in an order that does not depend on how it was found."""
        return Facts(
            "ok",
            lines=lines,
            imports=tuple(sorted(self.imports)),
            definitions=tuple(self.definitions),
            names=tuple(sorted(self.names)),
            typing_names=tuple(sorted(self.typing_names - self.names)),
            aliases=tuple(sorted(self.aliases.items())),
            exports=None if self.exports is None or self.computed_exports else tuple(dict.fromkeys(self.exports)),
            virtual=tuple(sorted(self.virtual)),
            module=self.module,
            patches=tuple(sorted(self.patches)),
            getters=tuple(sorted(map(self._completed, self.getters))),
            nested=tuple(sorted(self.nested)),
            reexports=tuple(sorted(self.reexports)),
        )

    def _completed(self, getter: Getter) -> Getter:
        """Where a getter only hands out what another function of the module made (`configure_…`), say by what."""
        return getter if getter.makers else getter._replace(makers=tuple(self.makers.get(getter.variable, ())))

    def read(self, tree: ast.Module) -> None:
        """Read a whole module."""
        for statement, where in statements(tree.body, 0):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._define(statement, where)
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement, where, "")
            else:
                self._bind(statement, where)
                self._act(statement)
        while self.pending:
            node, qualified, where = self.pending.pop()
            if isinstance(node, ast.ClassDef):
                self._read_class(node, qualified, where)
                self.nested.append(Nested(qualified, node.lineno, node.end_lineno or node.lineno, where))
            else:
                self._read_function(node, qualified, where)

    def _define(self, node: Function | ast.ClassDef, where: int) -> None:
        """Record a definition on module level."""
        decorators = tuple(map(called, node.decorator_list))
        rest = without_docstring(node.body)
        returns: tuple[str, ...] = ()
        if isinstance(node, ast.ClassDef):
            bases = tuple(dotted(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases)
            methods, members = self._read_class(node, node.name, where)
            traits = facts.IS_CLASS | (facts.STATEFUL if stateful(methods) else 0)
            traits |= facts.VALUE if _is_value(node, bases) else 0
            digest = body_digest([rest])
        else:
            bases, members = (), ()
            body = self._read_function(node, node.name, where)
            returns = body.returns()
            traits = facts.FACTORY if makes_instance(body) else 0
            traits |= facts.IS_ASYNC if isinstance(node, ast.AsyncFunctionDef) else 0
            digest = body_digest([node.args, rest])
        traits |= facts.EMPTY if all(map(_says_nothing, rest)) else 0
        end = node.end_lineno or node.lineno
        self.definitions.append(
            Definition(
                node.name, node.lineno, end, where, traits, bases, decorators, members, digest, len(rest), returns
            )
        )
        if node.name == "__getattr__":
            self.module |= facts.HAS_GETATTR

    def _read_class(
        self, node: ast.ClassDef, qualified: str, where: int
    ) -> tuple[list[tuple[str, Body]], tuple[str, ...]]:
        """Return the methods and the names of all members. Nested classes are read later."""
        methods: list[tuple[str, Body]] = []
        members: set[str] = set()
        for statement, inside in statements(node.body, where):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                members.add(statement.name)
                body = self._read_function(statement, f"{qualified}.{statement.name}", inside)
                methods.append((statement.name, body))
            elif isinstance(statement, ast.ClassDef):
                members.add(statement.name)
                self.pending.append((statement, f"{qualified}.{statement.name}", inside))
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement, inside, qualified)
            elif isinstance(statement, ast.AnnAssign):
                # A field of a dataclass or model is one without a value, too.
                members.update(bound_names(statement.target))
            else:
                members.update(name for target in _targets(statement) for name in bound_names(target))
        return methods, tuple(sorted(members))

    def _read_function(self, node: Function, qualified: str, where: int) -> Body:
        """Read one function; what is defined inside it is read later."""
        body, first = Body(), first_parameter(node)
        # A guard around a `def` does not guard what runs when the function is called.
        inner = where & (facts.TYPE_CHECKING | facts.MAIN) | facts.DEFERRED
        for statement, inside in statements(node.body, inner):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.pending.append((statement, f"{qualified}.{statement.name}", inside))
            elif isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement, inside, qualified)
            else:
                body.see(statement, first)
                self._act(statement, deferred=True)
        self.names.update(body.globals)
        self.getters.extend(body.getters(node, qualified))
        for variable, maker in body.made_globals():
            self.makers.setdefault(variable, {})[maker] = None
        return body

    def _import(self, node: ast.Import | ast.ImportFrom, where: int, enclosing: str) -> None:
        end = node.end_lineno or node.lineno
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.imports.append(Import(node.lineno, end, 0, alias.name, (), alias.asname or "", where, enclosing))
            return
        names = tuple((alias.name, alias.asname or alias.name) for alias in node.names)
        if not enclosing:
            self.reexports.update(alias.name for alias in node.names if alias.asname == alias.name)
        self.imports.append(Import(node.lineno, end, node.level, node.module or "", names, "", where, enclosing))

    def _bind(self, statement: ast.stmt, where: int) -> None:
        """Record the names a statement on module level binds."""
        bound = {name for target in _targets(statement) for name in bound_names(target)}
        if isinstance(statement, ast.If | ast.While):
            bound.update(captures(statement.test))
        elif isinstance(statement, ast.Match):
            bound.update(name for case in statement.cases for name in captures(case.pattern))
        elif isinstance(statement, ast.Expr | ast.Assign):
            bound.update(captures(statement.value) if isinstance(statement.value, ast.NamedExpr) else ())
        (self.typing_names if where & facts.TYPE_CHECKING else self.names).update(bound)
        if "__getattr__" in bound:
            self.module |= facts.HAS_GETATTR
        if "__path__" in bound:
            self.module |= facts.SETS_PATH
        if "__all__" in bound:
            self._export(statement)
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name | ast.Attribute):
            self.aliases.update((name, target) for name in bound if (target := dotted(statement.value)))

    def _export(self, statement: ast.stmt) -> None:
        """Record what a statement says about `__all__`."""
        value = getattr(statement, "value", None)
        names = _constants(value) if isinstance(value, ast.expr) else None
        if names is None:
            self.computed_exports = True
        elif isinstance(statement, ast.AugAssign):
            self.exports = [*(self.exports or []), *names]
        else:
            self.exports = names

    def _act(self, statement: ast.stmt, *, deferred: bool = False) -> None:
        """Record what a statement does to the import machinery or to the module's names."""
        for target in _targets(statement):
            self._act_on(target, deferred)
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
            return
        name, arguments = dotted(statement.value.func), statement.value.args
        owner, _, method = name.rpartition(".")
        if owner in {"sys.meta_path", "sys.path_hooks", "meta_path"}:
            self.module |= facts.INSTALLS_FINDER
        elif owner == "__path__":
            self.module |= facts.SETS_PATH
        elif owner == "__all__" and method in {"extend", "append"} and arguments:
            names = _constants(arguments[0]) if method == "extend" else _constants(ast.List(elts=arguments[:1]))
            self.computed_exports |= names is None
            self.exports = [*(self.exports or []), *(names or [])]
        elif (
            owner in {"globals()", "vars()"}
            or (not deferred and (name == "exec" or owner == "locals()"))
            or (name == "setattr" and arguments and _is_own_module(arguments[0]))
        ):
            self.module |= facts.SETS_NAMES

    def _act_on(self, target: ast.expr, deferred: bool) -> None:
        if isinstance(target, ast.Attribute) and dotted(target) in {"sys.meta_path", "sys.path_hooks"}:
            self.module |= facts.INSTALLS_FINDER
        if not deferred and isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            self.patches.add(f"{target.value.id}.{target.attr}")
        if not isinstance(target, ast.Subscript):
            return
        owner = dotted(target.value) or (dotted(target.value.func) + "()" if isinstance(target.value, ast.Call) else "")
        if owner in {"sys.meta_path", "sys.path_hooks"}:
            self.module |= facts.INSTALLS_FINDER
        elif owner == "sys.modules":
            if _is_own_module(target):
                self.module |= facts.REPLACES_ITSELF
            elif isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                self.virtual.update(() if deferred else (target.slice.value,))
            else:
                self.module |= facts.REGISTERS_MODULES
        elif owner in {"globals()", "vars()"} or (owner == "locals()" and not deferred):
            self.module |= facts.SETS_NAMES


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement assigns to."""
    if isinstance(statement, ast.Assign):
        yield from statement.targets
    elif isinstance(statement, ast.AugAssign):
        yield statement.target
    elif isinstance(statement, ast.AnnAssign):
        if statement.value is not None:
            yield statement.target
    elif isinstance(statement, ast.For | ast.AsyncFor):
        yield statement.target
    elif isinstance(statement, ast.With | ast.AsyncWith):
        yield from (item.optional_vars for item in statement.items if item.optional_vars is not None)


def _constants(value: ast.expr) -> list[str] | None:
    """Return the strings of a list or tuple that holds nothing else."""
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    names = [part.value for part in value.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return names if len(names) == len(value.elts) else None


def _is_own_module(node: ast.expr) -> bool:
    """Whether an expression is `sys.modules[__name__]`."""
    return isinstance(node, ast.Subscript) and dotted(node.value) == "sys.modules" and dotted(node.slice) == "__name__"


def _is_value(node: ast.ClassDef, bases: tuple[str, ...]) -> bool:
    """Whether instances are plain values."""
    if any(base.rpartition(".")[2] in _VALUE_BASES for base in bases):
        return True
    frozen = (
        keyword
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "frozen"
    )
    return any(isinstance(keyword.value, ast.Constant) and keyword.value.value is True for keyword in frozen)


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
