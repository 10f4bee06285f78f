from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from scanner.engine.config import Canonical
from scanner.engine.facts import IS_CLASS, Definition
from scanner.engine.inheritance import inherited
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

_ERRORS = ("Error", "Exception", "Warning")


class SimilarName(Rule):
    """A class's name is that of a registered symbol with something before or after it.

    What it does
    ------------
    Reports classes on module level, in production code of the canonical symbol's service (of any service, when its
    module is shared), whose names begin or end with the whole name of a registered symbol. It is a remark and never
    scored: whether it is a second implementation is for a person to say.

    Why is this bad
    ---------------
    The next implementation of a thing is rarely called as the first one. It comes as `NotifierV2`, `LegacyNotifier` or
    `NotifierRollback`, and stays.

    Example
    -------
        # the registry says: Notifier is to be imported from shop.messages.notify
        class NotifierRollback:
            def send(self, text): ...

    Use instead
    -----------
        from shop.messages.notify import Notifier

    Not flagged
    -----------
    - Subclasses of the canonical class, direct or not.
    - Exceptions and warnings, such as `NotifierError`.
    - Names in which the symbol is only a part of a word, such as `Notifiers`, or stands in the middle.
    - Tests, scripts, archives, generated code, other services, nested classes.
    """

    name = "similar-name"
    area = None
    severity = "info"

    def keys(self, world: World) -> Iterable[Hashable]:
        return world.links.keys() | world.touched.files if world.touched.registry else world.touched.files

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file, config = world.files.get(path), world.config
        if not config.canonical or file is None or file.facts is None or file.scope != "production":
            return
        entries = [entry for entry in config.canonical if _binds(entry, file.service, world)]
        for definition in file.facts.definitions:
            if definition.traits & IS_CLASS and not definition.name.endswith(_ERRORS):
                entry = next((entry for entry in entries if _extends(definition.name, entry.symbol)), None)
                if entry is not None and not _is_heir(path, definition, entry, world):
                    canonical = f"{entry.module}.{entry.symbol}"
                    message = f"{definition.name} may be a second {entry.symbol}, whose home is {entry.module}."
                    yield Finding(
                        path,
                        definition.line,
                        definition.end_line,
                        definition.name,
                        definition.name,
                        message,
                        self.severity,
                        canonical=canonical,
                    )


def _binds(entry: Canonical, service: str, world: World) -> bool:
    home = world.config.service_of(entry.module)
    return home == service or home in world.config.shared


def _extends(name: str, symbol: str) -> bool:
    """Whether a name is a longer one that begins or ends with the symbol as whole words."""
    if name == symbol:
        return False
    word, before = re.escape(symbol), "[a-z0-9_]" if symbol[0].isupper() else "_"
    return bool(re.match(rf"_*{word}(?![a-z])", name) or re.search(rf"(?<={before}){word}$", name))


def _is_heir(path: str, definition: Definition, entry: Canonical, world: World) -> bool:
    home = world.home(entry)
    if home is None:
        return False
    return any((base.path, base.name) == (home.path, home.name) for base in inherited(path, path, definition, world))
