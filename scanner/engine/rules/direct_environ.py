from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.config import Config
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

_NAMES = ("environ", "getenv")


class DirectEnviron(Rule):
    """The process environment is read or written past the declared accessor.

    What it does
    ------------
    Reports, in production code outside the modules that the configuration declares as accessors: `os.environ[…]`,
    `… in os.environ`, `os.environ.get`, `pop`, `setdefault` and `update`, `os.getenv`, by whatever name the file knows
    the module `os`, and `from os import environ` or `getenv`. It is off, and not measured, while no accessor is
    declared.

    Why is this bad
    ---------------
    Defaults, types and checks of a variable are spread over everybody who reads it, and differ. Tests that set a
    variable reach into the whole process.

    Example
    -------
        # the configuration says: shop.settings is the accessor
        timeout = int(os.environ.get("SHOP_TIMEOUT", "5"))

    Use instead
    -----------
        from shop.settings import settings

        timeout = settings.timeout

    Not flagged
    -----------
    - The declared accessor modules; start-up files are declared as such, too. A package covers its modules.
    - Tests, scripts, archives and generated code.
    - The environment as a whole: `env=os.environ`, `os.environ.copy()`, `{**os.environ}`, `os.environ.items()`.
    - Names in strings, comments and docstrings.
    """

    name = "direct-environ"
    area = "structure"
    severity = "medium"
    scopes = ("production",)

    def measures(self, config: Config) -> bool:
        return bool(config.environment.accessors)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file, accessors = world.files.get(path), world.config.environment.accessors
        if not accessors or file is None or file.facts is None or file.scope != "production":
            return
        if any(f"{file.module}.".startswith(f"{accessor}.") for accessor in accessors):
            return
        use = accessors[0]
        for line, end_line, through, variable, enclosing in file.facts.environment:
            what = f"{variable} is used" if variable else "A variable is used"
            message = f"{what} through {through}, not through {use}."
            yield Finding(
                path, line, end_line, through, f"{through}:{variable}", message, self.severity, enclosing, use
            )
        for row in file.facts.imports:
            for name, _ in row.names if row.module == "os" and not row.level else ():
                if name in _NAMES:
                    message = f"os.{name} is imported; use {use}."
                    subject = f"import os.{name}"
                    yield Finding(
                        path, row.line, row.end_line, f"os.{name}", subject, message, self.severity, row.enclosing, use
                    )
