from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping

from scanner.engine.config import Config, Deprecated
from scanner.engine.facts import REFUSED, Facts, Import
from scanner.engine.modules import absolute
from scanner.engine.questions import State
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World


class DeprecatedImport(Rule):
    """A module declared deprecated is imported.

    What it does
    ------------
    Reports every import of a module that the configuration declares deprecated, or of something below a package that
    it does: absolute, relative or through another package, inside functions, guarded or in a fallback. It names the
    declared replacement. It also reports imports of a deprecated module that is already gone, or was never in this
    repository.

    Why is this bad
    ---------------
    The module cannot be deleted while anything imports it, and until then there are two sources of one thing.

    Example
    -------
        # the configuration says: shop.old_settings is deprecated, use shop.settings
        from shop.old_settings import Settings

    Use instead
    -----------
        from shop.settings import Settings

    Not flagged
    -----------
    - Imports in the deprecated module itself and below the deprecated package.
    - What other modules took from it: the import in those is reported itself.
    - Imports in `with pytest.raises(ImportError)`, which make sure that the module is gone.
    - Names in strings and comments, and modules whose names merely start alike.
    """

    name = "deprecated-import"
    area = "imports"
    severity = "high"

    def measures(self, config: Config) -> bool:
        return bool(config.deprecated)

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        declared = {entry.module: entry for entry in world.config.deprecated}
        if not declared or file is None or file.facts is None:
            return
        found: dict[tuple[Import, str], Deprecated] = {}
        for row, name, module in _imported(path, file.module, file.facts, world):
            entry = _entry(module, declared)
            if entry is not None and (row, "") not in found:
                found.setdefault((row, name), entry)
        for (row, name), entry in found.items():
            if not row.where & REFUSED and not f"{file.module}.".startswith(f"{entry.module}."):
                yield self._finding(path, row, name, entry)

    def _finding(self, path: str, row: Import, name: str, entry: Deprecated) -> Finding:
        module = row.written
        return Finding(
            path,
            row.line,
            row.end_line,
            entry.module,
            f"{module}:{name}" if name else module,
            f"{entry.module} is deprecated" + (f"; use {entry.use}." if entry.use else "."),
            self.severity,
            row.enclosing,
            entry.use,
        )


def _imported(path: str, module: str, facts: Facts, world: World) -> Iterator[tuple[Import, str, str]]:
    """Yield the modules that a file imports, by the statement and the name there ("" when the statement names it).

    First as they are written, then as they were reached: by another name, or from another root.
    """
    # Nearly all imports have nothing to do with what is declared: that shows by the first part.
    tops = tuple(entry.module.partition(".")[0] for entry in world.config.deprecated)
    for row in facts.imports:
        written = absolute(path, module, row.level, row.module) if row.level else row.module
        if written.startswith(tops):
            yield row, "", written
            yield from ((row, name, f"{written}.{name}") for name, _ in row.names)
    for row, name, target in world.links[path].imports:
        if target.state is State.FOUND:
            via, reached = world.files.get(target.via), world.files.get(target.path) if not target.name else None
            if via is not None and via.module.startswith(tops):
                yield row, "", via.module
            if reached is not None and reached.module.startswith(tops):
                yield row, name, reached.module


def _entry(module: str, declared: Mapping[str, Deprecated]) -> Deprecated | None:
    """Return the entry of a module, or of the nearest package around it."""
    while module and module not in declared:
        module = module.rpartition(".")[0]
    return declared.get(module)
