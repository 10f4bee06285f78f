"""The patch that would repair one violation, worked out from the repository when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dashboard.words import visible
from scanner import mirrors
from scanner.engine.codec import decode
from scanner.engine.config_file import parse
from scanner.engine.facts import EXTRACTOR_VERSION, Facts
from scanner.engine.fixes.codebase import Codebase
from scanner.engine.fixes.messages import Note
from scanner.engine.fixes.patching import Refusal
from scanner.engine.fixes.patching import patch as repaired
from scanner.engine.fixes.planning import RULES
from scanner.engine.git import PYTHON, GitError
from scanner.engine.parser import ParserPoolError
from scanner.engine.parser_pool import ParserPool
from scanner.engine.parser_process import Limits
from scanner.models import Blob, Repository, Violation

# What one request may cost beside reading: a file that takes longer is refused.
LIMITS = Limits(cpu_seconds=5, wall_seconds=10.0)
LONGEST_LINE = 400  # characters
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff: `kind` is "hunk", "add", "del", "cut" or "" for one that stays."""

    number: int | None
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A patch as `git apply` takes it, or the reason why there is none: `refused` by judgement, else a `problem`."""

    diff: bytes = b""
    notes: tuple[Note, ...] = ()
    refused: str = ""
    problem: str = ""

    def lines(self) -> Iterator[Line]:
        """Yield the hunks with their line numbers."""
        old = new = 0
        for text in self.diff.decode("utf-8", "replace").split("\n")[:-1]:
            shown = visible(text.rstrip("\r")[1 : LONGEST_LINE + 1].replace("\t", "    "))
            if found := _HUNK.match(text):
                old, new = map(int, found.groups())
                yield Line(None, "hunk", visible(text))
            elif not old:
                continue
            elif text.startswith("-"):
                yield Line(old, "del", shown)
                old += 1
            elif text.startswith("+"):
                yield Line(new, "add", shown)
                new += 1
            elif text.startswith("\\"):
                yield Line(None, "cut", shown.strip())
            else:
                yield Line(new, "", shown)
                old, new = old + 1, new + 1

    @property
    def text(self) -> str:
        """The patch to be copied, "" where copying could change it: letters nobody sees, ends of lines, no UTF-8."""
        text = self.diff.decode("utf-8", "replace")
        plain = all(line == visible(line) for line in text.replace("\t", " ").split("\n"))
        return text if plain and "\N{REPLACEMENT CHARACTER}" not in text else ""


def is_offered(violation: Violation) -> bool:
    """Whether a patch can be asked for."""
    return violation.is_open and violation.rule in RULES


def offer(repository: Repository, commit: str, violation: Violation) -> Offer:
    """Work out the patch for an open violation at a commit. Nothing is written anywhere."""
    epoch = repository.current_epoch
    if epoch is None:
        return Offer(problem="The repository has not been scanned yet.")
    try:
        source = mirrors.held(repository)
        tree = source.tree(commit)
        stored = Blob.objects.at_once(EXTRACTOR_VERSION, {sha for path, sha in tree.items() if path.endswith(PYTHON)})

        def facts_of(shas: Collection[str]) -> Iterator[tuple[str, Facts]]:
            return ((sha, decode(stored[sha])) for sha in shas if sha in stored)

        codebase = Codebase(parse(epoch.config_toml), tree, facts_of, source.blob)
        with ParserPool(1, LIMITS) as pool:
            made = repaired(violation, codebase, pool)
    except GitError as error:
        return Offer(problem=f"The code cannot be read here now: {error}")
    except ParserPoolError as error:
        return Offer(problem=str(error))
    if isinstance(made, Refusal):
        return Offer(refused=made.reason)
    return Offer(made.diff, made.notes)
