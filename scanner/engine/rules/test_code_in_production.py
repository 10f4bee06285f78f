from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator

from scanner.engine.config import Config
from scanner.engine.facts import IS_CLASS, MAIN, TYPE_CHECKING, Facts, Import
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.support import supports_tests
from scanner.engine.world import World

_TOOLS = frozenset({"pytest", "unittest.mock", "mock"})
_TOPS = tuple({tool.partition(".")[0] for tool in _TOOLS})
_DOUBLE = re.compile(r"_*(Mock|Fake|Stub)(?![a-z])")
# Builds write these, and call the client's half of a protocol a stub.
_BUILT = ("_pb2", "_pb2_grpc")


class TestCodeInProduction(Rule):
    """Production code imports tests, or defines test doubles.

    What it does
    ------------
    Reports imports in production code, inside functions and guarded ones too, that name a module in a folder which the
    configuration counts as tests, a `conftest`, or one of `pytest`, `unittest.mock` and `mock`. Reports classes in
    production code, inside functions and classes too, whose names begin with Mock, Fake or Stub.

    Why is this bad
    ---------------
    Tests are not shipped, so the import fails where it matters. Behind a guard, or as a fallback, a double that always
    says yes answers real users, and nothing looks broken.

    Example
    -------
        # shop/payments.py
        def gateway(settings):
            if not settings.key:
                from tests.doubles import AcceptingGateway
                return AcceptingGateway()
            return Gateway(settings.key)

    Use instead
    -----------
        # shop/payments.py
        def gateway(settings):
            return Gateway(settings.key)  # fails when there is no key; tests pass a double of their own

    Not flagged
    -----------
    - Tests themselves, scripts, archives and generated code.
    - Modules that support tests by their name: `testing`, `test`, `pytest`, `mock`, `fakes`, `test_...`.
    - Imports of a module that is called `test_...` and lies among production code: it may measure or guard tests.
    - Classes under `if __name__ == "__main__":` or TYPE_CHECKING, and names that merely start alike, such as `Faker`.
    - Names in strings and comments.
    """

    name = "test-code-in-production"
    area = "structure"
    severity = "high"
    version = 3
    scopes = ("production",)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        if file is None or file.facts is None or file.scope != "production":
            return
        if supports_tests(file.module) or file.module.endswith(_BUILT):
            return
        for row, subject, module in _imports(path, file.facts, world):
            message = f"Production code imports {module}, which is for tests."
            yield Finding(path, row.line, row.end_line, module, subject, message, self.severity, row.enclosing)
        for name, line, end_line in _doubles(file.facts):
            enclosing, _, last = name.rpartition(".")
            message = f"{last} is a test double in production code."
            yield Finding(path, line, end_line, last, last, message, self.severity, enclosing)


def _imports(path: str, facts: Facts, world: World) -> Iterator[tuple[Import, str, str]]:
    """Yield each import statement that leads to test code once, with what it is to be called by and the module."""
    found: dict[Import, tuple[str, str]] = {}
    for row in facts.imports:
        if row.level or not row.module.startswith(_TOPS):
            continue
        below = [f"{row.module}.{name}" for name, _ in row.names]
        tool = next((tool for tool in below if tool in _TOOLS), "")
        if tool or not {row.module, row.module.partition(".")[0]}.isdisjoint(_TOOLS):
            found[row] = (row.written, tool or row.module)
    for row, name, target in world.links[path].imports:
        reached, subject = target.via, row.written
        if target.state is State.FOUND and not target.name and name:
            reached, subject = target.path, f"{row.written}:{name}"
        if reached in world.files and _is_test_package(reached, world.config):
            found.setdefault(row, (subject, world.files[reached].module))
    yield from ((row, *told) for row, told in found.items())


def _is_test_package(path: str, config: Config) -> bool:
    """Whether a file lies in a folder of tests. A name alone, such as `test_run.py`, may be a product's as well."""
    folder, slash, name = path.rpartition("/")
    return config.scope_of(f"{folder}{slash}any.py") == "tests" or name == "conftest.py"


def _doubles(facts: Facts) -> Iterator[tuple[str, int, int]]:
    """Yield the qualified names of classes that are called test doubles, with their lines."""
    for definition in facts.definitions:
        if definition.traits & IS_CLASS and _is_double(definition.name, definition.where):
            yield definition.name, definition.line, definition.end_line
    for nested in facts.nested:
        if _is_double(nested.name.rpartition(".")[2], nested.where):
            yield nested.name, nested.line, nested.end_line


def _is_double(name: str, where: int) -> bool:
    return not where & (MAIN | TYPE_CHECKING) and bool(_DOUBLE.match(name))
