from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from scanner.engine.rule import Finding, Rule
from scanner.engine.world import File, World

# A file has one such violation at most.
_WHOLE_FILE = ""


class OversizedFile(Rule):
    """A file has more lines than the configured limit.

    What it does
    ------------
    Reports every Python file with more lines than `file_lines` in `[limits]` says (2,000 when it says nothing), blank
    lines and comments included. It is a remark and never scored.

    Why is this bad
    ---------------
    Nobody keeps a file of that size in mind. Things are written anew because nobody found them, and two changes to it
    meet more often than two changes to two files.

    Example
    -------
        shop/orders.py  # 3,400 lines

    Use instead
    -----------
        shop/orders/cart.py
        shop/orders/totals.py
        shop/orders/shipping.py

    Not flagged
    -----------
    - Files with as many lines as the limit, or fewer.
    - Generated code, which nobody reads.
    """

    name = "oversized-file"
    area = None
    severity = "info"

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        limit = world.config.limits.file_lines
        return [key for key in keys if _lines(world.files.get(str(key))) > limit]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file, limit = world.files.get(path), world.config.limits.file_lines
        lines = _lines(file)
        if file is None or file.scope == "generated" or lines <= limit:
            return
        message = f"{lines:,} lines; the limit is {limit:,}."
        yield Finding(path, 1, lines, file.module, _WHOLE_FILE, message, self.severity)


def _lines(file: File | None) -> int:
    facts = file and (file.failure or file.facts)
    return facts.lines if facts else 0
