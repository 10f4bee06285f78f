from __future__ import annotations

from collections.abc import Hashable, Iterable

from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

# Functions that fill a registry while modules are loaded: it grows with the program, not with its use.
_REGISTERING = ("register", "unregister", "add_", "set_", "declare", "define", "install", "__init_subclass__")


class UnreleasedEntry(Rule):
    """A container on module or class level gets entries under given keys and never loses one.

    What it does
    ------------
    Reports a dict, list or set on the level of a production module or class in which a function puts something under
    a key, or a value, that it was given, while nothing in the module takes entries out, clears it, replaces it,
    looks at its size, or hands it to somebody who might.

    This rule is *announced*: its findings are shown and do not count in the score.

    Why is this bad
    ---------------
    Every user, request or session adds an entry that stays for as long as the process lives: memory grows until it
    is restarted, and what is in the entries outlives those it belongs to.

    Example
    -------
        _contexts = {}

        def context_of(user_id):
            if user_id not in _contexts:
                _contexts[user_id] = Context(user_id)
            return _contexts[user_id]

    Use instead
    -----------
        _contexts = TTLCache(maxsize=1_000, ttl=600)

    Not flagged
    -----------
    - Weak dictionaries and sets, `deque(maxlen=…)`, caches with a size or an age.
    - Tables in capitals.
    - Keys that are parts of the program: classes, functions, `type(x)`, `__name__`.
    - Registries: functions named `register…`, `add_…`, `set_…`, `define…` and `__init_subclass__`.
    - Containers that the module returns, passes on or gives another name.
    """

    name = "unreleased-entry"
    area = "isolation"
    severity = "low"
    announced = True
    rows = "containers"
    scopes = ("production",)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        for row in file.facts.containers if file and file.facts and file.scope == "production" else ():
            fillers = [name for name in row.fillers if not name.lstrip("_").startswith(_REGISTERING)]
            if row.kept and fillers:
                name = f"{row.owner}.{row.name}" if row.owner else row.name
                yield Finding(
                    path,
                    row.line,
                    row.end_line,
                    name,
                    row.name,
                    f"{fillers[0]} puts entries into {name} under keys it is given, and nothing takes them out.",
                    self.severity,
                    row.owner,
                )
