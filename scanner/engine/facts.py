"""What one blob says, whatever path it lies at: the facts every rule works on. codec.py stores them.

Nothing here depends on a path, a repository or a configuration, so the same bytes have the same facts everywhere.
Rows are tuples of plain values; a new rule adds fields at the end and raises EXTRACTOR_VERSION.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

Row = TypeVar("Row", bound=tuple[object, ...])

EXTRACTOR_VERSION = 14

Outcome = Literal["ok", "unparsable", "too-large", "unsupported-encoding", "timeout", "crash"]

# Where a statement stands. Import.where and Definition.where are sums of these.
CONDITIONAL = 1  # under if, try with handlers, for, while or match: it may not run
TYPE_CHECKING = 2  # only type checkers run it
GUARDED = 4  # in a try (or suppress) that survives its ImportError
FALLBACK = 8  # in the handler that runs when a guarded import failed
DEFERRED = 16  # in a function: it runs when called, not on import
MAIN = 32  # under `if __name__ == "__main__"`
REFUSED = 64  # where a test makes sure that the import fails: `with pytest.raises(ImportError)`
PROBED = 128  # in a function that uses nothing of it and survives its failure: it asks whether the import works
NAMES_ESCAPE = 256  # GUARDED by `except ModuleNotFoundError`, which a name that a module lacks does not raise

# What a module does that no name tells. Facts.module is a sum of these.
HAS_GETATTR = 1  # defines __getattr__ (PEP 562): any name may exist
REPLACES_ITSELF = 2  # assigns sys.modules[__name__]
SETS_NAMES = 4  # writes to globals(), or execs on module level
INSTALLS_FINDER = 8  # touches sys.meta_path or sys.path_hooks
SETS_PATH = 16  # assigns __path__: its submodules may lie elsewhere
REGISTERS_MODULES = 32  # assigns sys.modules[<something>] under a name that no constant tells

# What a definition is. Definition.traits is a sum of these.
IS_CLASS = 1
IS_ASYNC = 2
EMPTY = 4  # nothing but a docstring, pass or ...
STATEFUL = 8  # a class whose instances carry mutable state
FACTORY = 16  # a function that returns an instance it made, or a module-global
VALUE = 32  # a class of plain values: enum, named tuple, typed dict, frozen dataclass
RECORD = 64  # a class that a decorator makes of its fields: dataclasses, attrs
HOLDING = 128  # a class whose methods give its instances attributes, if only when they are made
ENUM = 256  # a class derived from one that is called an enum
SINGLETON_META = 512  # a metaclass whose classes have one instance each
OWNING = 1024  # a class whose methods make objects for its instances, if only when they are made

# How a class comes to have one instance. Singleton.how is one of these.
BY_ITSELF = "itself"  # it makes and keeps an instance of its own
BY_OTHERS = "others"  # it makes and keeps an instance of what `makers` name
BY_METACLASS = "metaclass"  # `makers` names its metaclass
BY_NAME = "name"  # it has a place for an instance of its own, by the attribute's name and annotation
BY_DECORATOR = "decorator"  # `makers` names a decorator that is called after it


class Import(NamedTuple):
    """One import statement; `import a, b` makes two.

    `names` holds (name, bound as), is empty for `import module`, and is ("*", "*") for a star. `alias` is the x of
    `import module as x`. `enclosing` is the qualified name of the function or class around it.
    """

    line: int
    end_line: int
    level: int
    module: str
    names: tuple[tuple[str, str], ...]
    alias: str
    where: int
    enclosing: str

    @property
    def written(self) -> str:
        """The module as the statement writes it, with its leading dots."""
        return "." * self.level + self.module


class Definition(NamedTuple):
    """A class or function on module level. `bases`, `decorators` and `returns` (what a function's calls return, for
    factories) are dotted names; `members` are a class's methods and attributes; `body` is equal for equal bodies,
    docstring, comments, layout and the definition's own name aside; `size` is the number of statements."""

    name: str
    line: int
    end_line: int
    where: int
    traits: int
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    members: tuple[str, ...]
    body: str
    size: int
    returns: tuple[str, ...]


class Getter(NamedTuple):
    """A function that declares `variable` global, tests it, and returns it.

    `makers` are the dotted names by whose calls it, or else another function of the module, makes the variable.
    """

    function: str
    line: int
    end_line: int
    variable: str
    makers: tuple[str, ...]


class Nested(NamedTuple):
    """A class inside a class or function; `name` is its qualified name."""

    name: str
    line: int
    end_line: int
    where: int


class EnvironmentUse(NamedTuple):
    """A use of one variable of the environment. `through` is "os.environ" or "os.getenv", whatever the file calls the
    module `os`; `variable` is "" when no constant tells it."""

    line: int
    end_line: int
    through: str
    variable: str
    enclosing: str


class Redefinition(NamedTuple):
    """A class or function (qualified name) that takes the place of the one at `first` in the same scope."""

    name: str
    line: int
    end_line: int
    first: int


class Copyable(NamedTuple):
    """A class, function or method that is large enough to be told again elsewhere; `name` is qualified. `body` is as
    Definition's, `size` the number of nodes, names and constants in it."""

    name: str
    line: int
    end_line: int
    traits: int
    body: str
    size: int


class Singleton(NamedTuple):
    """A class (qualified name) that hands out one instance, kept in `attribute`; `how` says who makes it."""

    name: str
    line: int
    end_line: int
    attribute: str
    how: str
    makers: tuple[str, ...]


class Instance(NamedTuple):
    """`name = maker(…)` on module level, where the dotted name `maker` looks like a class's or goes through one."""

    name: str
    line: int
    end_line: int
    where: int
    maker: str


class Container(NamedTuple):
    """A list, dict or set on class level (`owner` is the class's qualified name) or module level ("").

    `changers` are functions that change it, through the class or an instance; `fillers` those that put something in
    under a key they were given. `kept` tells that there are fillers and nothing in the module takes entries out, bounds
    their number, or hands the container to what might. `is_classvar`: it is declared a ClassVar.
    """

    owner: str
    name: str
    line: int
    end_line: int
    is_classvar: bool
    changers: tuple[str, ...]
    fillers: tuple[str, ...]
    kept: bool


class Cached(NamedTuple):
    """A function (qualified name) without parameters whose result functools keeps; `returns` as Definition's."""

    name: str
    line: int
    end_line: int
    returns: tuple[str, ...]


class Allowance(NamedTuple):
    """`# truthline: allow[rule] until=2027-01-31 reason=…` in a comment on `line`.

    What of that rule lies on the lines `first` to `last` is waived. `until` or `reason` is "" where the comment does
    not say it as it must: then it waives nothing.
    """

    line: int
    first: int
    last: int
    rule: str
    until: str
    reason: str


@dataclass(slots=True)
class Facts:
    """The facts of one blob. With another outcome than "ok" only `detail`, `line` (0 = unknown) and `lines` are told.

    `names` are bound on module level beside imports and definitions; `typing_names` only for type checkers; `aliases`
    holds (name, dotted name) of `name = other`; `exports` is `__all__`, None when absent or computed; `virtual` are
    the keys of `sys.modules["…"] = …`; `module` sums up what no name tells; `patches` are `other.name` of module-level
    `other.name = …`, which gives another module a name; `reexports` are the names of module-level
    `from other import name as name`, by which a module says that it offers the name; `containers`
    are those that functions change.
    """

    outcome: Outcome
    detail: str = ""
    line: int = 0
    lines: int = 0
    imports: tuple[Import, ...] = ()
    definitions: tuple[Definition, ...] = ()
    names: tuple[str, ...] = ()
    typing_names: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    exports: tuple[str, ...] | None = None
    virtual: tuple[str, ...] = ()
    module: int = 0
    getters: tuple[Getter, ...] = ()
    patches: tuple[str, ...] = ()
    nested: tuple[Nested, ...] = ()
    environment: tuple[EnvironmentUse, ...] = ()
    reexports: tuple[str, ...] = ()
    redefinitions: tuple[Redefinition, ...] = ()
    copyable: tuple[Copyable, ...] = ()
    singletons: tuple[Singleton, ...] = ()
    instances: tuple[Instance, ...] = ()
    containers: tuple[Container, ...] = ()
    cached: tuple[Cached, ...] = ()
    allowances: tuple[Allowance, ...] = ()

    @property
    def parsed(self) -> bool:
        """Whether the blob could be read."""
        return self.outcome == "ok"


def grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Return rows by one of their fields, each group in the order of the rows."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
