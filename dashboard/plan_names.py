"""What a plan names of its repository: the paths of the tree, and the symbols and modules that findings are about."""

from __future__ import annotations

import re
from collections.abc import Collection

from dashboard.criteria import Draft, drafts
from dashboard.plan_markdown.document import PlanDocument
from dashboard.suggestion import Aim, Names, Suggestion, suggest
from scanner import mirrors
from scanner.engine import config_file, git
from scanner.engine import rule as engine_rules
from scanner.engine.path_history import all_paths
from scanner.models import Epoch, Repository, Violation

MOST = 400  # of each: a plan that names more is an inventory
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
# Looked for inside runs of a bounded length: over a long one the pattern takes the square of it.
_RUN = re.compile(r"[\w./-]+")
LONGEST_PATH = 1_000
_PATH = re.compile(r"[\w./-]*\w\.\w{1,6}\b|(?:[\w.-]+/)+[\w.-]+")
# Two humps or an underscore: a word of prose is no name, however it is spelled in some tree.
_NAME = re.compile(r"_*[A-Z]+[a-z0-9]+\w*[A-Z]\w*|\w*[a-z0-9]_[a-z0-9]\w*")
# Unless it is written as code.
_CODE = re.compile(r"`[^`\n]+`|\b(?:class|import|def) +[A-Za-z_]\w*")
_CAPITAL = re.compile(r"\b[A-Z]\w+")


def names(repository: Repository, document: PlanDocument, *, commits: Collection[str] = ()) -> Names:
    """Return the names that the document's text shares with the tree or the registry.

    Paths are looked up at the newest recorded commit and at `commits`. What cannot be read now is left out.
    """
    text = document.source.replace("\\.", ".")
    epoch = repository.current_epoch
    return Names(_symbols(text, epoch), _paths(text, _trees(repository, commits)))


def suggestions(document: PlanDocument, known: Names) -> dict[str, Suggestion]:
    """Return a suggested predicate for every criterion that the document would have, by its key.

    Stop conditions have none: they do not say what is wanted, but what must not be.
    """
    rules = engine_rules.areas().keys()
    return {
        draft.key: suggest(draft.text, aims=_aims(document, draft, known), names=known, rules=rules)
        for draft in drafts(document)
        if draft.kind != draft.kind.STOP
    }


def resolve(path: str, known: Collection[str]) -> str:
    """Return the path as the tree has it when the plan wrote only its end, else as it was written."""
    path = path.removeprefix("./")
    longer = [one for one in known if one.endswith(f"/{path}")]
    return longer[0] if len(longer) == 1 and path not in known else path


def _symbols(text: str, epoch: Epoch | None) -> tuple[str, ...]:
    words = set(_IDENTIFIER.findall(text))
    parts = {part for word in words for part in (*word.split("."), word)}
    asked = {part for part in parts if "." in part or _NAME.fullmatch(part)}
    asked |= {word for code in _CODE.findall(text) for word in _CAPITAL.findall(code)}
    if epoch is None:
        return ()
    registered = {canonical.symbol for canonical in config_file.parse(epoch.config_toml).canonical} & parts
    rows = Violation.objects.filter(epoch=epoch, symbol__in=asked)
    found = set(rows.order_by().values_list("symbol", flat=True).distinct()) | registered
    return tuple(sorted(found, key=lambda name: (text.index(name), name)))[:MOST]


def _paths(text: str, tree: set[str]) -> tuple[str, ...]:
    by_name: dict[str, list[str]] = {}
    for path in tree:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    found: dict[str, None] = {}
    runs = (run[0] for run in _RUN.finditer(text) if len(run[0]) <= LONGEST_PATH)
    for match in (match for run in runs for match in _PATH.finditer(run)):
        written = match[0].removeprefix("./")
        if written in tree:
            found[written] = None
            continue
        like = [path for path in by_name.get(written.rpartition("/")[2], ()) if path.endswith(f"/{written}")]
        if len(like) == 1:
            found[like[0]] = None
    return tuple(found)[:MOST]


def _trees(repository: Repository, commits: Collection[str]) -> set[str]:
    head = repository.commits.newest().values_list("sha", flat=True).first()
    paths: set[str] = set()
    for sha in dict.fromkeys([*([head] if head else []), *commits]):
        try:
            paths |= all_paths(mirrors.open_at(repository, sha), sha).keys()
        except git.GitError:
            continue
    return paths


def _aims(document: PlanDocument, draft: Draft, known: Names) -> list[Aim]:
    """The files that the criterion's step is about, else those of its phase, else all."""
    return [
        Aim(resolve(target.path, known.paths), f"{step.title or ''} {step.action or ''}")
        for step in document.all_steps()
        if (step.id == draft.step if draft.step else draft.phase is None or step.phase == draft.phase)
        for target in step.targets
        if "*" not in target.path and " " not in target.path
    ]
