"""What a change may have changed for rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.engine.sources import Symbol


@dataclass(slots=True)
class Touched:
    """What a change may have changed for rules: `files` are new, gone, edited, or import something that moved;
    `symbols` (service, name) have other production definitions; `bodies` (digests) stand in other production files
    or elsewhere in them; `instantiated` (path, name) are classes with another number of instances on module level;
    `cyclic` files are on another circle of imports; `registry` says that a canonical module gives a registered symbol
    from another place than before; of `sources`, symbols, who imports them from where has changed."""

    files: set[str] = field(default_factory=set)
    symbols: set[tuple[str, str]] = field(default_factory=set)
    bodies: set[str] = field(default_factory=set)
    instantiated: set[tuple[str, str]] = field(default_factory=set)
    cyclic: set[str] = field(default_factory=set)
    registry: bool = False
    sources: set[Symbol] = field(default_factory=set)
