"""A criterion's wording → the predicate it may be bound to, with the reason. Words of English, of no plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from dashboard.predicates import All, Count, Filters, Manual, NoNew, Op, PathAbsent, Predicate, Score, is_path
from dashboard.suggestion_topics import topic_of


@dataclass(frozen=True, slots=True)
class Names:
    """What a plan names of the tree and the registry: symbols (or modules) and paths."""

    symbols: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """A file that a step of the same phase is about, and what the step says it does to it."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`sure` is False where a person should look twice. Manual stands for "nothing the tree can tell"."""

    predicate: Predicate
    reason: str
    sure: bool = True


# What is worked on or written down leaves no trace that says it is done.
_TASK = re.compile(
    r"\A\W*(?:(?:step|phase|day|hour|task)?\s*[\d.-]+\w?\s*[:.)-]?\s*)?(?:(?:re-?)?(?:plan|document|map|identify|analy[sz]e|"
    r"investigate|list|catalog(?:ue)?|inventory|research|review|discover|audit|assess|run|execute|create|design|define|"
    r"write|add|develop|discuss|report|find|search|locate|track|monitor|choose|mark))\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(identified|discovered|documented|mapped|catalog\w+|inventoried|planned|prioriti[sz]ed|listed|proven|proving|"
    r"reproduc\w+|detection)\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(r"\b(?:due to|because of|thanks to|as a result of)\b.*", re.IGNORECASE | re.DOTALL)
# A word of its own before "violations" says which ones are meant, and the tree cannot tell what it means.
# What may stand behind the symbol that a text is about.
_OF_A_SYMBOL = re.compile(
    r"base|class(es)?|implementations?|definitions?|sources?|imports?|instances?|module|path|usage|exists?|is|are|remains?|and|"
    r"in|from|as|only"
)
_FINDINGS = re.compile(
    r"(?:\b(?P<which>\w+)\W+)?\b(?:violations?|findings?|ssot issues?)\b",
    re.IGNORECASE,
)
_ANY = re.compile(
    r"\d+|all|any|no|zero|new|ssot|truth|critical|remaining|known|existing|open|the|these|those|of|identified|detected|"
    r"reported|claimed|real|without|only"
)

# Other checks find violations as well.
_OURS = re.compile(r"\b(ssot|source of truth|duplicat\w*|findings?|violation count|truthline)\b", re.IGNORECASE)

_NEW = re.compile(r"\b(introduc\w*|new|added|adding|creat\w*|caus\w*|regress\w*)\b", re.IGNORECASE)
_NONE = re.compile(
    r"\b(no|zero|none|without|never|free of)\b|(?<![\w.:-])(?<!step )(?<!phase )0(?=\s+[a-z])", re.IGNORECASE
)
_FEWER = re.compile(r"\b(reduc\w*|decreas\w*|fewer|lower\w*|less|shrink\w*|declin\w*|drop(s|ped)?)\b", re.IGNORECASE)
_GONE = re.compile(
    r"\b(remov\w*|delet\w*|eliminat\w*|gone|dropped|no longer (exists?|present)|resolv\w*|fix(ed)?|cleaned up|"
    r"consolidat(ed?|ing))\b",
    re.IGNORECASE,
)
_FILE_GONE = re.compile(r"\b(remov\w*|delet\w*|eliminat\w*|gone|no longer (exists?|present)|rm)\b", re.IGNORECASE)
_EVERY = re.compile(r"\b(all|every|each|only|exclusively|single|exactly (?:one|1)|100 ?%)\b", re.IGNORECASE)
_ANYWHERE = re.compile(r"\b(any|anywhere|everywhere|entire|whole|codebase|repository|repo|system)\b", re.IGNORECASE)
# Lines, seconds and the like are not counted here.
_UNIT = (
    r"(?!\w|[.,]\d|\s*(?:%|\+?\s*(?:lines?|loc|ms|milliseconds?|s|sec\w*|min\w*|hours?|days?|weeks?|[kmg]b|users?|"
    r"characters?|files?)\b))"
)
_LIMIT = re.compile(
    r"(?P<most>≤|<=|\bat most\b|\bno more than\b|\b(?:reduced |down )to\b|\bmaximum(?: of)?\b)"
    rf"\s*(?P<n>\d{{1,9}}){_UNIT}|"
    rf"(?P<below>(?<![<=])<(?!=)|\bbelow\b|\bunder\b|\b(?:fewer|less) than\b)\s*(?P<m>\d{{1,9}}){_UNIT}",
    re.IGNORECASE,
)
# Other things are scored as well: only one of the plan's own subject is meant.
_SCORE = re.compile(
    r"(?:\A\W*|\b(?:ssot|truth|overall|plan)\W+(?:\w+\W+)?)compliance\b"
    r"(?! (?:with|tests?|check\w*|audit|valid\w*|monitor\w*))"
    r"|\bcompliance score\b|\bssot score\b|\A\W*(?:the |plan |overall )*score\b",
    re.IGNORECASE,
)
_BETTER = re.compile(r"\b(improv\w*|increas\w*|higher|rais\w*|rises?|better|grows?)\b", re.IGNORECASE)
_KEPT = re.compile(r"\b(not (decrease|drop|fall|decline)|maintain\w*|unchanged|no (decrease|drop|decline))\b", re.I)
_AT_LEAST = re.compile(
    r"(?P<op>≥|>=|>|\bat least\b|\babove\b|\bover\b|\breach\w*|\bto\b|\bat\b(?=\s*[\d.]+\s*%))"
    r"\s*(?P<n>\d{1,3}(?:\.\d+)?)\s*(?P<p>%?)",
    re.I,
)
_TESTS = re.compile(
    r"\b(tests?|test_\w+|testing|test[- ]suites?|suites?|pytest|coverage|e2e|end[- ]to[- ]end)\b", re.IGNORECASE
)
_RUNNING = re.compile(
    r"\b(performance|latency|memory|leaks?|functionality|works?|working|flow|downtime|production|staging|deploy\w*|users?"
    r"|instances?|isolat\w*|cleanup|events?)\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"[\w*][\w./*-]*\.\w{1,5}\b|[\w.-]+(?:/[\w.*-]+)+/?")
# "Removed from a.py" leaves the file where it is.
_INSIDE = re.compile(r"\b(?:from|in|into|inside|within|by|with|to|of)\s+[`'\"]?[\w./*-]+", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    {"the", "and", "for", "from", "all", "any", "has", "have", "file", "files", "code", "this", "that", "with", "are"}
)


_ELSEWHERE, _MISSING = "non-canonical-import", "unresolvable-import"
LONGEST = 1_000  # characters of a criterion that are read; one statement is shorter


def suggest(text: str, *, aims: Sequence[Aim] = (), names: Names = Names(), rules: Collection[str]) -> Suggestion:
    """Return the best guess for a criterion. `aims` are those of its step, else of its phase; `rules` those there are.

    Whoever reads the reason must see which words led there.
    """
    text = _CAUSE.sub("", text[:LONGEST])
    if task := _TASK.match(text):
        return Suggestion(Manual(), f"“{_short(task[0].strip())}” is work, not what the tree is like afterwards")
    if (found := _FOUND.search(text)) and not _GONE.search(text):
        return Suggestion(Manual(), f"“{found[0]}” tells what was found out, not what the tree is like")
    for guess in (_path_gone(text, aims), _of_score(text), _of_rule(text, names, rules), _of_findings(text, names)):
        if guess is not None:
            return guess
    if found := _TESTS.search(text):
        return Suggestion(Manual(), f"mentions “{found[0]}”: needs test evidence, which comes later")
    if found := _RUNNING.search(text):
        return Suggestion(Manual(), f"mentions “{found[0]}”: the tree cannot tell, so a person says it, with evidence")
    return Suggestion(Manual(), "says nothing that the tree can tell, so a person says it, with evidence", sure=False)


def _path_gone(text: str, aims: Sequence[Aim]) -> Suggestion | None:
    aims = [aim for aim in aims if is_path(aim.path)]
    gone = _FILE_GONE.search(text)
    if gone is None or _TESTS.search(_PATH.sub(" ", text)):
        return None
    for path in _paths_in(_INSIDE.sub(" ", text)):
        aimed = next((aim.path for aim in aims if aim.path == path or aim.path.endswith(f"/{path}")), "")
        if aimed or "/" in path.rstrip("/"):
            glob = aimed or path.rstrip("/") + ("/**" if path.endswith("/") else "")
            return Suggestion(PathAbsent(glob), f"“{gone[0]}” and names the file → it is absent", sure=bool(aimed))
    mine = _stems(text) - _stems(gone[0])
    shared = [(len(mine & _stems(f"{aim.words} {aim.path}")), aim) for aim in aims if _FILE_GONE.search(aim.words)]
    most, aim = max(shared, key=lambda pair: pair[0], default=(0, None))
    if aim is None or not most:
        return None
    reason = f"“{gone[0]}”, and a step of the phase removes {aim.path} → that file is absent"
    return Suggestion(PathAbsent(aim.path), reason, sure=most * 2 >= len(mine))


def _of_score(text: str) -> Suggestion | None:
    said = _SCORE.search(text)
    if said is None or (_TESTS.search(text) and not re.search(r"\bscore\b", text, re.IGNORECASE)):
        return None
    limit = _AT_LEAST.search(text)
    if limit and (limit["p"] or float(limit["n"]) > 1) and float(limit["n"]) <= 100:
        op: Op = ">" if limit["op"] == ">" else ">="
        return Suggestion(
            Score(op, float(limit["n"])), f"mentions “{said[0]}” and “{limit[0].strip()}” → the plan score", sure=False
        )
    if better := _BETTER.search(text):
        reason = f"mentions “{said[0]}” and “{better[0]}” → the plan score is above that of the start"
        return Suggestion(Score(">", "start"), reason)
    if kept := _KEPT.search(text):
        return Suggestion(Score(">=", "start"), f"mentions “{said[0]}” and “{kept[0]}” → not below the start")
    return None


def _of_rule(text: str, names: Names, rules: Collection[str]) -> Suggestion | None:
    literal = next((rule for rule in rules if re.search(rf"(?<![\w-]){re.escape(rule)}(?![\w-])", text)), None)
    topic = topic_of(text, rules)
    if literal is None and topic is None:
        return None
    rule = literal or (topic.rule if topic else "")
    said = literal or (found[0] if topic and (found := topic.words.search(text)) else "")
    wide = bool(topic and topic.wide and not literal)
    symbol = "" if wide else _symbol_in(text, names)
    everywhere = wide or bool(_ANYWHERE.search(text))
    filters = Filters(
        rule=rule, symbol=symbol, plan=not symbol and not everywhere and bool(names.symbols or names.paths)
    )
    guess = _direction(text, filters, f"mentions “{_short(said)}” → {rule}")
    if guess is None or (_TESTS.search(text) and isinstance(guess.predicate, Count) and not literal):
        return None
    if rule not in rules:
        return Suggestion(Manual(), f"mentions “{_short(said)}”, for which there is no rule yet", sure=False)
    guess = guess if literal else _with_missing_modules(guess, rules)
    # A command in the text says better what was meant.
    doubt = bool(topic and topic.vague and not literal) or re.search(r"\b(grep|logs?|warnings?)\b", text) is not None
    return replace(guess, sure=not doubt)


def _with_missing_modules(guess: Suggestion, rules: Collection[str]) -> Suggestion:
    """Add what a symbol's imports from modules that do not exist are reported as: those are not canonical either."""
    wanted = guess.predicate
    if not isinstance(wanted, Count) or wanted.filters.rule != _ELSEWHERE or _MISSING not in rules:
        return guess
    if not wanted.filters.symbol or (wanted.op, wanted.bound) != ("==", 0.0):
        return guess
    missing = replace(wanted, filters=replace(wanted.filters, rule=_MISSING))
    return replace(
        guess, predicate=All((wanted, missing)), reason=f"{guess.reason}, nor imported from what is not there"
    )


def _symbol_in(text: str, names: Names) -> str:
    """Return the symbol that a text is about; one that only describes another thing ("Cart pages") is not meant."""
    for name in names.symbols:
        if found := re.search(rf"(?<!\w){re.escape(name)}(?!\w)(?:\W+(?P<next>[a-z]+))?", text):
            return name if found["next"] is None or _OF_A_SYMBOL.fullmatch(found["next"]) else ""
    return ""


def _of_findings(text: str, names: Names) -> Suggestion | None:
    found = _FINDINGS.search(text)
    if found is None or _TESTS.search(text):
        return None
    if found["which"] and not _ANY.fullmatch(found["which"].lower()):
        return Suggestion(Manual(), f"“{_short(found[0])}” names a kind that no rule finds", sure=False)
    symbol = _symbol_in(text, names)
    plan = not symbol and bool(names.symbols or names.paths) and not _ANYWHERE.search(text)
    whose = f"of {symbol}" if symbol else "of what the plan names" if plan else "of the repository"
    guess = _direction(text, Filters(symbol=symbol, plan=plan), f"mentions “{found[0]}” → the findings {whose}")
    return replace(guess, sure=guess.sure and bool(_OURS.search(text))) if guess else None


def _direction(text: str, filters: Filters, reason: str) -> Suggestion | None:
    """Tell from the wording what is to become of a count."""
    none, new = _NONE.search(text), _NEW.search(text)
    if none and new:
        return Suggestion(NoNew(filters), f"{reason}, “{none[0]}” and “{new[0]}” → nothing new since the start")
    if limit := _LIMIT.search(text):
        op: Op = "<=" if limit["most"] else "<"
        return Suggestion(Count(filters, op, float(limit["n"] or limit["m"])), f"{reason}, “{limit[0]}”")
    if fewer := _FEWER.search(text):
        return Suggestion(Count(filters, "<", "start"), f"{reason}, “{fewer[0]}” → fewer than at the start")
    for words in (_GONE, _NONE, _EVERY):
        if found := words.search(text):
            return Suggestion(Count(filters, "==", 0.0), f"{reason}, “{found[0]}” → none is left")
    return None


def _paths_in(text: str) -> Iterator[str]:
    for found in _PATH.finditer(text):
        path = found[0].removeprefix("./")
        if (
            is_path(path)
            and ".." not in path
            and (re.search(r"\w\.\w{1,5}\Z", path) or (path.endswith("/") and "/" in path[:-1]))
        ):
            yield path


def _stems(text: str) -> set[str]:
    """The words of a text, cut so that "removal" and "removed" meet."""
    return {word[:6] for word in _WORD.findall(re.sub(r"[_/.-]", " ", text.lower())) if word not in _COMMON}


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
