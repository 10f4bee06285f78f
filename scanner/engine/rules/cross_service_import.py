from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.links import Linked
from scanner.engine.modules import absolute
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World


class CrossServiceImport(Rule):
    """One service imports the internals of another.

    What it does
    ------------
    Reports imports in production code of a declared service, or of a declared shared package, that name a module of
    another declared service below its top: absolute or relative, inside functions, guarded, or for type checkers
    only. It does not matter whether the module exists.

    Why is this bad
    ---------------
    The two can no longer be changed, tested or released one by one: a moved module in one stops the other. A shared
    package that imports a service drags that service into every other one.

    Example
    -------
        # auth/sessions.py
        from shop.db.pool import connect  # shop and auth are services

    Use instead
    -----------
        # auth/sessions.py
        from shared.db import connect  # shared is declared as shared: both services import it

    Not flagged
    -----------
    - Imports of packages declared `shared`.
    - What a service offers at its top: `import shop`, `from shop import Client`.
    - Tests and scripts, and packages that are no declared service, which put services together.
    - Imports inside a service, and names in strings and comments.
    """

    name = "cross-service-import"
    area = "structure"
    severity = "high"
    scopes = ("production",)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file, config = world.files.get(path), world.config
        if file is None or file.scope != "production" or file.service not in config.services + config.shared:
            return
        reported = set()
        for link in world.links[path].imports if path in world.links else ():
            module, subject = _reached(path, file.module, link, world)
            service, row = config.service_of(module), link.row
            if service in config.services and service not in (module, file.service) and (row, subject) not in reported:
                reported.add((row, subject))
                message = f"{file.service} imports {module}, which is internal to {service}."
                yield Finding(path, row.line, row.end_line, module, subject, message, self.severity, row.enclosing)


def _reached(path: str, module: str, link: Linked, world: World) -> tuple[str, str]:
    """Return the module that one name of an import leads into, and what the import is to be called by.

    A statement is one import, but for the modules that it takes from the top of a service: there each is one.
    """
    row, name, target = link
    asked = world.files.get(target.via)
    reached = asked.module if asked else absolute(path, module, row.level, row.module)
    if name and target.state is State.FOUND and not target.name and world.config.service_of(reached) == reached:
        return f"{reached}.{name}", f"{row.written}:{name}"
    return reached, row.written
