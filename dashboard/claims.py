"""What a plan states about the code: which files, lines, classes, duplicates and modules it says there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from dashboard.claim_answers import Answer, Look, answer
from dashboard.models import ClaimResult, Plan, Step
from dashboard.plan_names import resolve
from dashboard.series import Past
from dashboard.trees import module_paths
from scanner.engine import git
from scanner.engine.config import Config
from scanner.models import Commit

Kind = ClaimResult.Kind

MOST_MODULES = 60
_DUPLICATE = re.compile(r"\bduplicat", re.IGNORECASE)
_CLASS = re.compile(
    r"\bclass `?(?P<after>[A-Z]\w{1,200})|\b(?P<before>[A-Z][a-z]\w{0,99}[A-Z]\w{0,99})`? (?:class|implementation)\b"
)
_PLACE = re.compile(r"(?P<path>[^\s:]+\.py)(?::(?P<line>\d{1,7}))?\Z")
_DOTTED = re.compile(r"(?<![\w./@-])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?![\w-])")
_SUFFIXES = frozenset(
    {"py", "md", "json", "toml", "yaml", "yml", "txt", "sh", "cfg", "ini", "html", "com", "org", "net"}
)


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement: `line` is where the plan makes it, `at` the line in the file that it names."""

    kind: ClaimResult.Kind
    line: int
    text: str
    path: str = ""
    symbol: str = ""
    at: int | None = None
    step: int | None = None
    paths: tuple[str, ...] = ()  # of a module: the files it may stand in


@dataclass(frozen=True, slots=True)
class Claims:
    items: list[Claim] = field(default_factory=list)

    @property
    def paths(self) -> set[str]:
        """Every path whose history answers them."""
        return {path for claim in self.items for path in (claim.path, *claim.paths) if path}


def of_plan(plan: Plan, config: Config, tops: Collection[str]) -> Claims:
    """Return what the plan states, each once, in its order. `tops` are the first parts of the tree's module names."""
    found: dict[tuple[object, ...], Claim] = {}
    for claim in [*_of_steps(plan), *_of_violations(plan), *_of_modules(plan, config, tops)]:
        found.setdefault((claim.kind, claim.path, claim.symbol, claim.at), claim)
    return Claims(sorted(found.values(), key=lambda claim: claim.line))


def check(claims: Claims, past: Past, source: git.Repository, head: Commit) -> None:
    """Answer every claim at the head and write a row where an answer changed."""
    plan = past.plan
    plan.claims.filter(from_seq__gt=head.seq).delete()  # said of commits that a force-push took away
    plan.claims.filter(until_seq__gt=head.seq).update(until_seq=None)
    modules = [claim.symbol.rpartition(".")[0] for claim in claims.items if claim.kind == Kind.MODULE]
    parents = {path for parent in modules for path in module_paths(parent, past.config)}
    look = Look(past, source, head, {claim.symbol for claim in claims.items if claim.symbol}, parents)
    stored = {_identity(row): row for row in plan.claims.current()}
    new = []
    for claim in claims.items:
        row = _row(plan, claim, answer(claim, look), head.seq)
        before = stored.pop(_identity(row), None)
        if before is not None and _content(before) == _content(row):
            continue
        if before is not None:
            _close(before, head.seq)
        new.append(row)
    for row in stored.values():
        _close(row, head.seq)
    ClaimResult.objects.bulk_create(new)


def _close(row: ClaimResult, seq: int) -> None:
    if row.from_seq == seq:
        row.delete()
    else:
        row.until_seq = seq
        row.save(update_fields=["until_seq"])


def _row(plan: Plan, claim: Claim, found: Answer, seq: int) -> ClaimResult:
    return ClaimResult(
        plan=plan, step_id=claim.step, kind=claim.kind, line=claim.line, text=claim.text, path=claim.path,
        symbol=claim.symbol, result=found.result, detail=found.detail, sha=found.sha, link_line=found.line,
        from_seq=seq,
    )  # fmt: skip


def _identity(row: ClaimResult) -> tuple[object, ...]:
    return (str(row.kind), row.line, row.path, row.symbol, row.text)


def _content(row: ClaimResult) -> tuple[object, ...]:
    return (str(row.result), row.detail, row.sha, row.link_line, row.step_id)


def _of_steps(plan: Plan) -> Iterator[Claim]:
    for step in plan.steps.all():
        words = " ".join(_texts(step))
        symbols = _classes(words)
        for target in step.facts.get("targets", []):
            path = _resolved(target["path"], plan.paths)
            if path is not None:
                duplicate = bool(_DUPLICATE.search(words))
                yield from _of_file(path, target["line"], symbols, duplicate, _target_line(step), step.pk)


def _of_violations(plan: Plan) -> Iterator[Claim]:
    for statement in plan.document.get("claimed_violations", []):
        words = f"{statement['title'] or ''} {statement['text'] or ''}"
        for place in statement["paths"]:
            named = _PLACE.match(place)
            path = _resolved(named["path"], plan.paths) if named else None
            if named and path:
                at = int(named["line"]) if named["line"] else None
                # Which class is meant, a step about the same file says.
                symbols = [
                    symbol
                    for step in plan.steps.all()
                    if any(_resolved(target["path"], plan.paths) == path for target in step.facts.get("targets", []))
                    for symbol in _classes(" ".join(_texts(step)))
                ]
                duplicate = bool(_DUPLICATE.search(words))
                yield from _of_file(path, at, list(dict.fromkeys(symbols)), duplicate, statement["line"], None)


def _of_file(
    path: str, at: int | None, symbols: list[str], duplicate: bool, line: int, step: int | None
) -> Iterator[Claim]:
    name = path.rpartition("/")[2]
    yield Claim(Kind.EXISTS, line, f"{path} exists", path, step=step)
    if at is not None:
        what = f"{symbols[0]} stands" if symbols else "Something stands"
        yield Claim(Kind.LINE, line, f"{what} at {name}:{at}", path, symbols[0] if symbols else "", at, step)
    if not path.endswith(".py"):
        return
    for symbol in symbols:
        yield Claim(Kind.DEFINED, line, f"{symbol} is defined in {name}", path, symbol, step=step)
        if duplicate:
            yield Claim(Kind.DUPLICATE, line, f"{symbol} in {name} is a duplicate", path, symbol, step=step)
    if duplicate and not symbols and at is not None:
        yield Claim(Kind.DUPLICATE, line, f"{name}:{at} is a duplicate", path, "", at, step)


def _of_modules(plan: Plan, config: Config, tops: Collection[str]) -> Iterator[Claim]:
    seen: set[str] = set()
    for number, text in enumerate(plan.markdown.splitlines(), 1):
        for found in _DOTTED.finditer(text.replace("\\.", ".")):
            parts = found[0].split(".")
            if parts[-1] in _SUFFIXES or parts[0] not in tops:
                continue
            while len(parts) > 2 and _is_class(parts[-1]):  # a class of the module
                parts.pop()
            name = ".".join(parts)
            if name in seen or len(seen) >= MOST_MODULES or _is_class(parts[-1]):
                continue
            seen.add(name)
            paths = tuple(module_paths(name, config))
            yield Claim(Kind.MODULE, number, f"There is a module {name}", symbol=name, paths=paths)


def _is_class(name: str) -> bool:
    return name.lstrip("_")[:1].isupper()


def _texts(step: Step) -> Iterator[str]:
    yield step.title
    yield step.facts.get("action") or ""
    for texts in step.facts.get("fields", {}).values():
        yield from texts


def _classes(words: str) -> list[str]:
    """The classes that a text names as such, each once."""
    return list(dict.fromkeys(found["after"] or found["before"] for found in _CLASS.finditer(words)))


def _resolved(path: str, known: Collection[str]) -> str | None:
    """A path as the tree has it; None for words and globs."""
    return None if "*" in path or " " in path or path.startswith("/") else resolve(path, known)


def _target_line(step: Step) -> int:
    labels: dict[str, Any] = step.facts.get("labels", {})
    return next((line for name, line in labels.items() if "target" in name.casefold()), step.line)
