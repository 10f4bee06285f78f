from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from scanner.engine.facts import Facts
from scanner.engine.rule import Finding, Rule
from scanner.engine.world import World

_WHY = {
    "unparsable": "No parser can read it",
    "too-large": "It is too large to be read",
    "unsupported-encoding": "Its encoding is not supported",
    "timeout": "Reading it took too long",
    "crash": "The parser broke on it",
}


class UnparsableFile(Rule):
    """A Python file cannot be read.

    What it does
    ------------
    Reports every Python file that no parser can read, that is too large, whose encoding is not supported, that takes
    too long or that breaks the parser. It counts in every area of the score and lowers the coverage. Until the file
    can be read again, what its last readable version said goes on counting.

    Why is this bad
    ---------------
    Nobody can import the file, and nothing in it can be checked: a duplicate or a broken import in it stays hidden.

    Example
    -------
        def connect(self, user:
            return self.pool.get(user)

    Use instead
    -----------
        def connect(self, user):
            return self.pool.get(user)

    Not flagged
    -----------
    - Syntax newer than the Python that Truthline runs on, such as the f-strings of Python 3.12.
    - Symbolic links: they are counted as skipped.
    """

    name = "unparsable-file"
    area = None
    severity = "critical"

    def promising(self, keys: Collection[Hashable], world: World) -> Iterable[Hashable]:
        files = ((key, world.files.get(str(key))) for key in keys)
        return [key for key, file in files if file and file.failure]

    def find(self, key: Hashable, world: World) -> Iterable[Finding]:
        path = str(key)
        file = world.files.get(path)
        if file is None or file.failure is None:
            return
        line = max(file.failure.line, 1)
        symbol = file.failure.detail.partition(":")[0] if file.failure.outcome == "unparsable" else file.failure.outcome
        yield Finding(path, line, line, symbol, "", _message(file.failure), self.severity)


def _message(failure: Facts) -> str:
    why = _WHY[failure.outcome]
    return f"{why}: {failure.detail}." if failure.detail else f"{why}."
