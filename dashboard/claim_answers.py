"""The nearest truth to what a plan states, from the tree, its history and the facts of its files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from django.db.models import Q

from dashboard.models import ClaimResult
from dashboard.series import Past
from dashboard.trees import Site, Tree, bound_names, module_paths
from scanner.engine import git
from scanner.engine.codec import decode
from scanner.engine.facts import EXTRACTOR_VERSION
from scanner.engine.path_history import Touch, files_holding
from scanner.models import Blob, Commit, Violation

Result = ClaimResult.Result
Kind = ClaimResult.Kind

_COUNTED = frozenset({"production", "scripts"})  # a fake in a test, or an archived copy, makes no duplicate


class Statement(Protocol):
    """What is asked of a claim."""

    @property
    def kind(self) -> ClaimResult.Kind: ...
    @property
    def path(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def at(self) -> int | None: ...
    @property
    def paths(self) -> tuple[str, ...]: ...


class Answer(NamedTuple):
    """`detail` says it in words; `line` is where in the file to look, at commit `sha`, or where that is empty at the
    evaluated one."""

    result: ClaimResult.Result
    detail: str
    sha: str = ""
    line: int | None = None


class Look:
    """What answers are read from: the head's tree, the start's, and the history of the named paths.

    Facts are at hand of files that hold one of the `symbols`, of the named paths and of `others`.
    """

    def __init__(
        self, past: Past, source: git.Repository, head: Commit, symbols: Iterable[str], others: Iterable[str] = ()
    ) -> None:
        self.past, self.source, self.head = past, source, head
        self.others = set(others)
        self.symbols = sorted({symbol for symbol in symbols if symbol.isidentifier()})
        self.touched: dict[str, list[Touch]] = {}
        for touch in past.touches:
            self.touched.setdefault(touch.path, []).append(touch)
        self.commits = {
            row.sha: row
            for row in past.plan.repository.commits.filter(
                sha__in={touches[-1].commit for touches in self.touched.values()}
            )
        }
        self.now = self._tree(head.sha)
        self._then: Tree | None = None

    @property
    def then(self) -> Tree:
        """The tree at the plan's start."""
        if self._then is None:
            start = self.past.plan.start_sha
            known = self.past.plan.start_seq is not None and start != self.head.sha
            self._then = self._tree(start) if known else self.now
        return self._then

    def _tree(self, sha: str) -> Tree:
        files = self.source.tree(sha)
        named = self.touched.keys() | self.others
        wanted = {path for path in files_holding(self.source, sha, self.symbols) | named if path in files}
        blobs = {files[path] for path in wanted if files[path] != git.LINK}
        known = {blob: decode(data) for blob, data in Blob.objects.facts(EXTRACTOR_VERSION, sorted(blobs))}
        return Tree(sha, files, {path: known[files[path]] for path in wanted if files[path] in known})

    def named(self, sha: str) -> str:
        """A commit as it is named in a sentence."""
        row = self.commits.get(sha)
        return f"{sha[:9]} by {row.author}" if row else sha[:9]


def answer(claim: Statement, look: Look) -> Answer:
    """Return what the tree says."""
    match claim.kind:
        case Kind.EXISTS:
            return _exists(claim.path, look)
        case Kind.LINE:
            return _line(claim, look)
        case Kind.DEFINED:
            return _defined(claim, look)
        case Kind.DUPLICATE:
            return _duplicate(claim, look)
        case _:
            return _module(claim, look)


def _exists(path: str, look: Look) -> Answer:
    touches = look.touched.get(path, [])
    if not touches:
        return Answer(Result.NEVER, f"This history never had {path}.{_nearest(path, look)}")
    last = touches[-1]
    if last.new is not None:
        return Answer(Result.HOLDS, f"{path} is in the tree.")
    moved = _renamed(path, last.commit, look)
    if moved:
        return Answer(Result.MOVED, f"Moved to {moved} in {look.named(last.commit)}.", last.commit)
    return Answer(Result.GONE, f"Gone since {look.named(last.commit)}.", last.commit)


def _renamed(path: str, commit: str, look: Look) -> str | None:
    changes = next(iter(look.source.changes([commit])), [])
    return next((change.path for change in changes if change.renamed_from == path), None)


def _nearest(path: str, look: Look) -> str:
    name = path.rpartition("/")[2]
    near = sorted(one for one in look.now.files if one.rpartition("/")[2] == name)[:3]
    return f" The tree has {', '.join(near)}." if near else ""


def _line(claim: Statement, look: Look) -> Answer:
    symbol = claim.symbol or _symbol_at(claim.path, claim.at or 0, look.then)
    if claim.path not in look.now.files:
        return _exists(claim.path, look)
    facts = look.now.facts.get(claim.path)
    if facts is None or not facts.parsed:
        return Answer(Result.UNKNOWN, f"{claim.path} could not be read at {look.head.short_sha}.")
    if not symbol:
        return Answer(Result.UNKNOWN, f"No class or function of the file begins or stands at line {claim.at}.")
    lines = [row.line for row in facts.definitions if row.name == symbol]
    if claim.at in lines:
        return Answer(Result.HOLDS, f"{symbol} is at line {claim.at}.", line=claim.at)
    if lines:
        before = [site.line for site in look.then.definitions(symbol) if site.path == claim.path]
        start = f" At the plan's start it was at line {before[0]}." if before else ""
        return Answer(Result.MOVED, f"{symbol} is now at line {lines[0]}.{start}", line=lines[0])
    return _defined(claim, look, symbol)


def _symbol_at(path: str, line: int, tree: Tree) -> str:
    facts = tree.facts.get(path)
    rows = facts.definitions if facts else ()
    return next((row.name for row in rows if row.line <= line <= row.end_line), "")


def _defined(claim: Statement, look: Look, symbol: str = "") -> Answer:
    symbol = symbol or claim.symbol
    sites = look.now.definitions(symbol)
    mine = next((site for site in sites if site.path == claim.path), None)
    if mine:
        return Answer(Result.HOLDS, f"{symbol} is defined at line {mine.line}.", line=mine.line)
    where = f" The tree defines it in {_places(sites)}." if sites else " The tree defines it nowhere."
    before = next((site for site in look.then.definitions(symbol) if site.path == claim.path), None)
    if before is None:
        file = look.touched.get(claim.path)
        return Answer(Result.FALSE if file else Result.NEVER, f"{claim.path} does not define {symbol}.{where}")
    if claim.path not in look.now.files:
        gone = _exists(claim.path, look)
        return gone._replace(detail=f"{gone.detail} At the plan's start {symbol} was at line {before.line}.{where}")
    return Answer(Result.GONE, f"At the plan's start {symbol} was at line {before.line}.{where}", look.then.sha)


def _duplicate(claim: Statement, look: Look) -> Answer:
    tree, when = look.now, ""
    symbol = claim.symbol or _symbol_at(claim.path, claim.at or 0, look.then)
    mine = [site for site in tree.definitions(symbol) if site.path == claim.path]
    if not mine:
        tree, when = look.then, "At the plan's start: "
        mine = [site for site in tree.definitions(symbol) if site.path == claim.path]
    if not symbol or not mine:
        return Answer(
            Result.UNKNOWN, f"{claim.path} defines no {symbol or 'class there'}, so there is nothing to compare."
        )
    others = [
        site
        for site in tree.definitions(symbol)
        if site.path != claim.path and look.past.config.scope_of(site.path) in _COUNTED
    ]
    if others:
        return Answer(
            Result.HOLDS,
            f"{when}{symbol} is also defined in {_places(others)}.",
            tree.sha if when else "",
            mine[0].line,
        )
    here, elsewhere = tree.importers(symbol, claim.path, look.past.config)
    truth = f"{when}the only definition in the tree, imported from there in {_files(here)}"
    if not here and not elsewhere:
        truth = f"{when}the only definition in the tree, and no file imports it"
    elif elsewhere:
        truth += f" and from elsewhere in {_files(elsewhere)}"
    return Answer(Result.FALSE, f"{truth[0].upper()}{truth[1:]}.", tree.sha if when else "", mine[0].line)


def _module(claim: Statement, look: Look) -> Answer:
    for path in claim.paths:
        if path in look.now.files:
            return Answer(Result.HOLDS, f"{path} is in the tree.")
    deleted = [touches[-1] for path in claim.paths if (touches := look.touched.get(path))]
    if deleted:
        last = max(deleted, key=lambda touch: look.past.seqs.get(touch.commit, 0))
        return _exists(last.path, look)
    if any(path.startswith(f"{claim.paths[0].removesuffix('.py')}/") for path in look.now.files):
        return Answer(Result.HOLDS, "It is a folder of modules without __init__.py.")
    parent, _, name = claim.symbol.rpartition(".")
    for path in module_paths(parent, look.past.config):
        if path in look.now.files:
            facts = look.now.facts.get(path)
            if facts and name in bound_names(facts):
                return Answer(Result.HOLDS, f"{name} is a name of {path}.")
    imports = _broken_imports(claim.symbol, look)
    near = _nearest(claim.paths[0], look)
    return Answer(Result.NEVER, f"This history never had a module {claim.symbol}.{imports}{near}")


def _broken_imports(module: str, look: Look) -> str:
    """Say how many imports name a module that does not exist: at the head, else at the plan's start."""
    rows = Violation.objects.filter(epoch=look.past.epoch, rule__in=("unresolvable-import", "dead-import-guard"))
    rows = rows.filter(Q(symbol=module) | Q(message__startswith=f"There is no module {module}."))
    now, start = rows.open_at(look.head.seq).count(), look.past.plan.start_seq
    if now:
        return f" {now} {'import names' if now == 1 else 'imports name'} it, and cannot work."
    then = rows.open_at(start).count() if start else 0
    if then:
        return f" At the plan's start {then} {'import' if then == 1 else 'imports'} named it, and could not work."
    ever = rows.values("path").distinct().count()
    return f" Imports of it came and went in {_files(ever)}." if ever else ""


def _places(sites: list[Site]) -> str:
    named = ", ".join(f"{site.path}:{site.line}" for site in sites[:3])
    return f"{named} and {len(sites) - 3} more" if len(sites) > 3 else named


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
