from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from scanner.engine.config import Canonical, Config
from scanner.engine.facts import IS_CLASS, Definition
from scanner.engine.homonyms import have_members_in_common
from scanner.engine.inheritance import inherited
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

# What a name that ends so says it is: something for or of the symbol, and no second one.
_ROLES = (
    *("Error", "Exception", "Warning", "Config", "Configuration", "Settings", "Options", "Factory", "Builder", "Mixin"),
    *("State", "Status", "Metrics", "Stats", "Event", "Type", "Result", "Request", "Response", "Schema", "Protocol"),
    *("Alert", "Data", "Info", "Record", "Entry", "Message", "Monitor", "Collector", "Checker", "Strategy", "Command"),
)
_ERRORS = ("Error", "Exception", "Warning")
_ONE_WORD = re.compile(r"_*[A-Z]?[a-z0-9]*")


class SimilarName(Rule):
    """A class's name is that of a registered symbol with something before or after it.

    What it does
    ------------
    Reports classes on module level, in production code of the canonical symbol's service (of any service, when its
    module is shared) and in scripts, whose names begin or end with the whole name of a registered symbol. It is a
    remark and never scored: whether it is a second implementation is for a person to say.

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
    - Subclasses of the canonical class, and classes it inherits from, direct or not.
    - Names that end in what a thing is to the symbol: `NotifierError`, `NotifierConfig`, `NotifierFactory`,
      `NotifierState` and so on, and exceptions under any name.
    - Where the symbol is one word, such as `Field`: classes that have no member, or hardly one, in common with it.
    - Names in which the symbol is only a part of a word, such as `Notifiers`, or stands in the middle.
    - Tests, archives, generated code, other services, nested classes.
    """

    name = "similar-name"
    area = None
    severity = "info"
    announced = True
    version = 3
    scopes = ("production", "scripts")

    def measures(self, config: Config) -> bool:
        return bool(config.canonical)

    def keys(self, world: World) -> Iterable[Hashable]:
        touched = world.touched
        # The canonical classes' own members and bases are asked, too.
        homes = {home.name for entry in world.config.canonical if (home := world.home(entry))}
        if touched.registry or any(name in homes for _, name in touched.symbols):
            return world.links.keys() | touched.files
        return touched.files

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file, config = world.files.get(path), world.config
        if not config.canonical or file is None or file.facts is None or file.scope not in self.scopes:
            return
        everywhere = file.scope == "scripts"
        symbols = world.once(_any_symbol, lambda: _any_symbol(config))
        for definition in file.facts.definitions:
            if definition.traits & IS_CLASS and symbols.search(definition.name):
                extended = (entry for entry in config.canonical if _extends(definition.name, entry.symbol))
                entry = next((one for one in extended if everywhere or _binds(one, file.service, world)), None)
                if entry and not _has_role(definition) and not _is_explained(path, definition, entry, world):
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


def _any_symbol(config: Config) -> re.Pattern[str]:
    """Return what finds names that mention a registered symbol: hardly one does, of many classes and many symbols."""
    return re.compile("|".join(re.escape(entry.symbol) for entry in config.canonical))


def _has_role(definition: Definition) -> bool:
    """Whether a class says that it is something else: by the end of its name, or as an exception."""
    return definition.name.endswith(_ROLES) or any(base.endswith(_ERRORS) for base in definition.bases)


def _binds(entry: Canonical, service: str, world: World) -> bool:
    home = world.config.service_of(entry.module)
    return home == service or home in world.config.shared


def _extends(name: str, symbol: str) -> bool:
    """Whether a name is a longer one that begins or ends with the symbol as whole words."""
    if symbol not in name or name == symbol:
        return False
    word, before = re.escape(symbol), "[a-z0-9_]" if symbol[0].isupper() else "_"
    return bool(re.match(rf"_*{word}(?![a-z])", name) or re.search(rf"(?<={before}){word}$", name))


def _is_explained(path: str, definition: Definition, entry: Canonical, world: World) -> bool:
    """Whether one of the two classes inherits from the other, or a name of one word is all they share."""
    home = world.home(entry)
    if home is None:
        return False
    if any((base.path, base.name) == (home.path, home.name) for base in inherited(path, path, definition, world)):
        return True
    canonical = world.definition(home)
    if canonical is None:
        return False
    bases = inherited(path, home.path, canonical, world)
    is_base = any((base.path, base.name) == (path, definition.name) for base in bases)
    return is_base or (
        _ONE_WORD.fullmatch(entry.symbol) is not None and not have_members_in_common(definition, canonical)
    )
