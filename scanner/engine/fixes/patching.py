"""One file's moves → a patch that was looked at again: it compiles, resolves, and closes no circle of imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scanner.engine.facts import Facts
from scanner.engine.fixes.codebase import Codebase
from scanner.engine.fixes.messages import Answer, Note, Request, read_answer
from scanner.engine.fixes.planning import Finding, Planned, Refused, may_have, plan
from scanner.engine.links import Links
from scanner.engine.parser_pool import ParserPool


class Refusal(NamedTuple):
    """A finding whose import is not moved; `reason` is the part of a sentence."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Patch:
    """A rewritten file. `diff` is what `git apply` takes, `moved` are the findings it repairs, `notes` what it does
    not repair or may break, by line of the file as it is now; `facts` are those of the result `source`."""

    path: str
    diff: bytes
    source: bytes
    facts: Facts
    moved: tuple[Finding, ...]
    notes: tuple[Note, ...]


def patch(finding: Finding, codebase: Codebase, pool: ParserPool) -> Patch | Refusal:
    """Repair one finding. Raises GitError and ParserPoolError."""
    made, refusals = patch_file(finding.path, [finding], codebase, pool)
    return made if made is not None else refusals[0]


def patch_file(
    path: str, findings: Sequence[Finding], codebase: Codebase, pool: ParserPool
) -> tuple[Patch | None, list[Refusal]]:
    """Repair what can be repaired of a file's findings; every other one is refused with its reason.

    Raises GitError and ParserPoolError.
    """
    refusals: list[Refusal] = []
    planned: dict[str, Planned] = {}
    by_key = {finding.fingerprint: finding for finding in findings}
    for finding in findings:
        try:
            planned[finding.fingerprint] = plan(finding, codebase)
        except Refused as refused:
            refusals.append(Refusal(finding, str(refused)))
    source = codebase.source(path)
    while planned:
        if source is None:
            objections = dict.fromkeys(planned, "the file is too large to be rewritten")
            answer = Answer()
        else:
            answer = _rewritten(path, source, list(planned.values()), codebase, pool)
            objections = _objections(path, answer, planned, codebase)
        for key, reason in objections.items():
            if planned.pop(key, None) is not None:
                refusals.append(Refusal(by_key[key], reason))
        if not objections and answer.facts is not None:
            moved = tuple(by_key[key] for key in planned)
            return Patch(path, answer.diff, answer.source, answer.facts, moved, answer.warned), refusals
    return None, refusals


def _rewritten(path: str, source: bytes, planned: Sequence[Planned], codebase: Codebase, pool: ParserPool) -> Answer:
    """Let a parser process carry out the moves."""
    paths = list(dict.fromkeys(name for one in planned for name in one.sources))
    moves = []
    for one in planned:
        checks = (
            check._replace(source=paths.index(one.sources[check.source]) if check.source >= 0 else -1)
            for check in one.move.checks
        )
        moves.append(one.move._replace(checks=tuple(checks)))
    sources = tuple(codebase.source(name) or b"" for name in paths)
    [(_, answer)] = pool.rewrite([(path, Request(path, source, tuple(moves), sources).encode())])
    return read_answer(answer)


def _objections(path: str, answer: Answer, planned: dict[str, Planned], codebase: Codebase) -> dict[str, str]:
    """Return why moves must not be made, by their keys; nothing when all is well."""
    if answer.failure:
        return dict.fromkeys(planned, answer.failure)
    if answer.refused:
        return {note.key: note.text for note in answer.refused}
    if answer.facts is None:
        return dict.fromkeys(planned, "the import is already as it should be")
    found: dict[str, str] = {}
    for note in answer.attributes:
        module = planned[note.key].module
        if not may_have(codebase, module, note.text):
            found.setdefault(note.key, f"line {note.line} takes {note.text} from the module, and {module} has none")
    if found:
        return found
    before, after = codebase.links(path), codebase.links_with(path, answer.facts)
    lost = {(row.module, name) for row, name in after.broken} - {(row.module, name) for row, name in before.broken}
    if lost:
        what = ", ".join(sorted(".".join(filter(None, pair)) for pair in lost))
        return dict.fromkeys(planned, f"the moved import would not resolve: {what}")
    circular = dict(_circles(path, before, after, codebase))
    return {key: circular[one.home] for key, one in planned.items() if one.home in circular}


def _circles(path: str, before: Links, after: Links, codebase: Codebase) -> Iterable[tuple[str, str]]:
    """Yield the files whose import would close a circle that is not there yet, each with the reason."""
    for target, edge in after.edges.items():
        old = before.edges.get(target)
        for deferred in (True, False):
            if (edge.deferred and not deferred) or (old is not None and (deferred or not old.deferred)):
                continue
            back, forth = (codebase.reached(start, deferred=deferred) for start in (target, path))
            if back is None:
                yield target, "its imports are too many to see whether they would go in a circle"
            elif path in back and (forth is None or target not in forth):
                name = codebase.modules.name_of(target)
                inside = " inside a function" if deferred else ""
                yield target, f"{name} imports this module{inside}, itself or through others: a circle"
