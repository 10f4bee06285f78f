"""Syntax tree → Facts: what a module binds, imports, defines and does to the import machinery."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from scanner.engine import facts
from scanner.engine.aliases import imported_as
from scanner.engine.blocks import statements
from scanner.engine.classes import Method, bases_of, singletons, traits_of
from scanner.engine.containers import Containers
from scanner.engine.copies import copyable, is_suite, is_test
from scanner.engine.digest import UNTOLD, Digest, digest
from scanner.engine.facts import (
    Cached,
    Copyable,
    Definition,
    Facts,
    Getter,
    Import,
    Instance,
    Nested,
    Redefinition,
    Singleton,
)
from scanner.engine.functions import Body, Function, first_parameter, instances, is_cached, makes_instance
from scanner.engine.machinery import Machinery, may_act
from scanner.engine.nodes import DEFINITIONS, FUNCTIONS
from scanner.engine.probes import probed
from scanner.engine.redefinitions import redefined
from scanner.engine.sharing import Scope
from scanner.engine.syntax import (
    assigned_within,
    bound_names,
    called,
    captures,
    constants,
    dotted,
    says_nothing,
    targets,
    without_docstring,
)

_IMPORTS = (ast.Import, ast.ImportFrom)
# Statements that bind, or do something to the import machinery; and those of which a function's body is told.
_ACTING = frozenset(
    {ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Expr}
)
_SEEN = frozenset({ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Global, ast.If, ast.While})


@dataclass(slots=True)
class ModuleReader:
    """What has been found so far in one module; `pending` are the scopes inside scopes that are still to be read.

    `walrus` tells whether `:=` may stand in it.
    """

    walrus: bool
    imports: list[Import] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    typing_names: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    exports: list[str] | None = None
    computed_exports: bool = False
    machinery: Machinery = field(default_factory=Machinery)
    getters: list[Getter] = field(default_factory=list)
    makers: dict[str, dict[str, None]] = field(default_factory=dict)
    nested: list[Nested] = field(default_factory=list)
    reexports: set[str] = field(default_factory=set)
    pending: list[tuple[Function | ast.ClassDef, str, int]] = field(default_factory=list)
    redefinitions: list[Redefinition] = field(default_factory=list)
    copyable: list[Copyable] = field(default_factory=list)
    singletons: list[Singleton] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    cached: list[Cached] = field(default_factory=list)
    containers: Containers = field(default_factory=Containers)
    digests: dict[ast.AST, Digest] = field(default_factory=dict)
    statements: list[ast.stmt] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)

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
            virtual=tuple(sorted(self.machinery.virtual)),
            module=self.machinery.module,
            patches=tuple(sorted(self.machinery.patches)),
            getters=tuple(sorted(map(self._completed, self.getters))),
            nested=tuple(sorted(self.nested)),
            reexports=tuple(sorted(self.reexports)),
            redefinitions=tuple(sorted(self.redefinitions)),
            copyable=tuple(sorted(self.copyable)),
            singletons=tuple(sorted(self.singletons)),
            instances=tuple(self.instances),
            containers=tuple(self.containers.changed(self.statements)),
            cached=tuple(sorted(self.cached)),
        )

    def _completed(self, getter: Getter) -> Getter:
        """Where a getter only hands out what another function of the module made (`configure_…`), say by what."""
        return getter if getter.makers else getter._replace(makers=tuple(self.makers.get(getter.variable, ())))

    def read(self, tree: ast.Module) -> None:
        """Read a whole module."""
        self.statements = tree.body
        self.taken = imported_as(tree.body)
        self.redefinitions.extend(redefined(tree.body, "", self.taken))
        self.containers.read(tree)
        for statement, where in statements(tree.body, 0):
            if isinstance(statement, DEFINITIONS):
                self._define(statement, where)
            elif isinstance(statement, _IMPORTS):
                self._import(statement, where, "")
            else:
                self._bind(statement, where)
                self._act(statement)
                self.instances.extend(instances(statement, where))
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
            bases = bases_of(node)
            traits, members = self._read_class(node, node.name, where)
            told = UNTOLD if is_suite(node) else digest([rest], node.name, self.digests)
        else:
            bases, members = (), ()
            body = self._read_function(node, node.name, where)
            returns = body.returns()
            traits = facts.FACTORY if makes_instance(body) else 0
            traits |= facts.IS_ASYNC if isinstance(node, ast.AsyncFunctionDef) else 0
            told = self._told(node, node.name, "", tests=is_test(node))
        traits |= facts.EMPTY if all(map(says_nothing, rest)) else 0
        end = node.end_lineno or node.lineno
        names = (bases, decorators, members)
        self.definitions.append(
            Definition(node.name, node.lineno, end, where, traits, *names, told.text, len(rest), returns)
        )
        self.copyable.extend(copyable(node, node.name, traits, told))
        if node.name == "__getattr__":
            self.machinery.module |= facts.HAS_GETATTR

    def _read_class(self, node: ast.ClassDef, qualified: str, where: int) -> tuple[int, tuple[str, ...]]:
        """Return what the class is and the names of all members. Nested classes are read later."""
        methods: list[Method] = []
        members: set[str] = set()
        tests = is_suite(node)
        for statement, inside in statements(node.body, where):
            if isinstance(statement, FUNCTIONS):
                members.add(statement.name)
                methods.append(self._read_method(statement, node.name, qualified, inside, tests=tests))
            elif isinstance(statement, ast.ClassDef):
                members.add(statement.name)
                self.pending.append((statement, f"{qualified}.{statement.name}", inside))
            elif isinstance(statement, _IMPORTS):
                self._import(statement, inside, qualified)
            else:
                # A field of a dataclass or model is one without a value, too.
                declared = statement.target if isinstance(statement, ast.AnnAssign) else None
                bound = targets(statement) if declared is None else [declared]
                members.update(name for target in bound for name in bound_names(target))
        bases = bases_of(node)
        traits = traits_of(node, bases, methods)
        self.redefinitions.extend(redefined(node.body, qualified, self.taken))
        self.singletons.extend(singletons(node, qualified, members, traits, bases, methods))
        return traits, tuple(sorted(members))

    def _read_method(self, node: Function, owner: str, qualified: str, where: int, *, tests: bool) -> Method:
        """Read a method of the class `owner`, a suite of tests or not, whose qualified name is given."""
        name = f"{qualified}.{node.name}"
        body = self._read_function(node, name, where)
        if not where & facts.DEFERRED:
            told = self._told(node, owner, qualified, tests=tests or is_test(node))
            if told is not UNTOLD:
                self.digests[node] = told
                self.copyable.extend(copyable(node, name, 0, told))
        return Method(node, body)

    def _told(self, node: Function, own: str, owner: str, *, tests: bool) -> Digest:
        """Return a function's digest, and note down whether it mentions a container.

        Nobody asks for the bodies of tests and of what their suites have beside them, which are half the code of many
        a repository.
        """
        if tests and not self.containers.names:
            return UNTOLD
        told = digest([node.args, without_docstring(node.body)], own, names=self.containers.names)
        if told.mentions:
            self.containers.scopes.append(Scope(node, owner))
        return UNTOLD if tests else told

    def _read_function(self, node: Function, qualified: str, where: int) -> Body:
        """Read one function; what is defined inside it is read later."""
        body, first = Body(), first_parameter(node)
        # A guard around a `def` does not guard what runs when the function is called.
        inner = where & (facts.TYPE_CHECKING | facts.MAIN) | facts.DEFERRED
        before, imports = len(self.pending), len(self.imports)
        for statement, inside in statements(node.body, inner):
            kind = type(statement)
            if kind in _SEEN:
                body.see(statement, first)
            elif isinstance(statement, DEFINITIONS):
                self.pending.append((statement, f"{qualified}.{statement.name}", inside))
            elif isinstance(statement, _IMPORTS):
                self._import(statement, inside, qualified)
            if kind in _ACTING and may_act(statement):
                self._act(statement, deferred=True)
        if len(self.imports) > imports:
            self.imports[imports:] = probed(node, self.imports[imports:])
        if len(self.pending) > before + 1:
            self.redefinitions.extend(redefined(node.body, qualified, self.taken, local=True))
        if body.globals:
            self.names.update(body.globals)
            self.getters.extend(body.getters(node, qualified))
            for variable, makers in body.made_globals().items():
                self.makers.setdefault(variable, {}).update(dict.fromkeys(makers))
        if node.decorator_list and is_cached(node, self.taken):
            self.cached.append(Cached(qualified, node.lineno, node.end_lineno or node.lineno, body.returns()))
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
        bound = {name for target in targets(statement) for name in bound_names(target)}
        if self.walrus:
            bound.update(assigned_within(statement))
        if isinstance(statement, ast.Match):
            bound.update(name for case in statement.cases for name in captures(case.pattern))
        (self.typing_names if where & facts.TYPE_CHECKING else self.names).update(bound)
        if "__getattr__" in bound:
            self.machinery.module |= facts.HAS_GETATTR
        if "__path__" in bound:
            self.machinery.module |= facts.SETS_PATH
        if "__all__" in bound:
            self._export(statement)
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name | ast.Attribute):
            self.aliases.update((name, target) for name in bound if (target := dotted(statement.value)))

    def _export(self, statement: ast.stmt) -> None:
        """Record what a statement says about `__all__`."""
        value = getattr(statement, "value", None)
        names = constants(value) if isinstance(value, ast.expr) else None
        if names is None:
            self.computed_exports = True
        elif isinstance(statement, ast.AugAssign):
            self.exports = self.exports or []
            self.exports += names
        else:
            self.exports = names

    def _act(self, statement: ast.stmt, *, deferred: bool = False) -> None:
        """Record what a statement does to the import machinery or to the module's names."""
        self.machinery.see(statement, deferred=deferred)
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and dotted(call.func) in {"__all__.extend", "__all__.append"} and call.args:
            many = dotted(call.func) == "__all__.extend"
            names = constants(call.args[0] if many else ast.List(elts=call.args[:1]))
            self.computed_exports |= names is None
            self.exports = self.exports or []
            self.exports += names or []
