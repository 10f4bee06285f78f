"""Words that speak of what a rule finds. Words of English, of no plan; a topic is used once its rule exists."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """`wide`: it is asked of the whole tree, never of a symbol or of the plan's names. `vague`: it may be meant."""

    words: re.Pattern[str]
    rule: str
    wide: bool = False
    vague: bool = False


def _topic(words: str, rule: str, *, wide: bool = False, vague: bool = False) -> Topic:
    return Topic(re.compile(words, re.IGNORECASE), rule, wide, vague)


# Things of which there are duplicates that no rule looks at.
_OTHER = (
    r"(?:\w+[ -]){0,2}(?:events?|messages?|keys?|requests?|entries|rows|records|files?|scripts?|tests?|data|state)\b"
)

_OTHER_LANGUAGES = r"terraform|ya?ml|json|sql|bash|shell|docker\w*|helm|(java|type)script|html|css|config\w*"

# In this order: the first whose words occur, and whose rule exists, is meant.
TOPICS = (
    _topic(
        r"\b(circular|cyclic) (imports?|dependenc\w*|references?)\b|\b(import|dependency) cycles?\b",
        "import-cycle",
        wide=True,
    ),
    _topic(
        r"\bcross[- ]service\b.*\b(imports?|dependenc\w*|coupling)\b|"
        r"\bservice boundar\w* (are )?(respected|kept|intact|violat)",
        "cross-service-import",
        wide=True,
    ),
    _topic(r"\b(compatibility|transitional|migration|import) shims?\b|\bre-?export shims?\b", "legacy-shim"),
    _topic(r"\bimport (guards?|fallbacks?)\b|\bexcept ImportError\b", "dead-import-guard"),
    _topic(r"\bdeprecated (\w+ ){0,2}imports?\b|\bimports?\b (\w+ ){0,3}deprecated\b", "deprecated-import"),
    _topic(
        r"\bimport(s|ing|ed)?\b.*\b(canonical|single|one|unified|ssot)\b|\b(canonical|unified|ssot)\b.*\bimports?\b",
        "non-canonical-import",
    ),
    _topic(
        r"\bimport (source|path)s?\b.*\bconsisten|\b(inconsistent|multiple|split)\b.*\bimport", "split-import-source"
    ),
    _topic(
        r"\bimport ?(errors?|failures?)\b|\b(unresolv|unresolvable|broken|dead|failing|missing)\w*\b.*\bimports?\b|"
        r"\bimports?\b.*\b(resolve|broken)\b|\bmodule ?not ?found",
        "unresolvable-import",
    ),
    _topic(r"\b(test code|mocks?|fakes?|stubs?)\b.*\bproduction\b", "test-code-in-production", wide=True),
    _topic(r"\bglobal (getter|accessor)s?\b", "global-getter"),
    _topic(r"\bsingletons?\b", "class-singleton"),
    _topic(
        r"\b(mutable class|class[- ]level (mutable|state))\b|\bmutable (class )?(attributes?|defaults?)\b",
        "class-mutable",
    ),
    _topic(r"\bmodule[- ]level (instances?|objects?|state)\b|\bglobal instances?\b", "module-instance"),
    _topic(r"\bglobal state\b(?! leak)", "module-instance", vague=True),
    _topic(r"\bcached factor(y|ies)\b|\blru_cache\b", "cached-factory"),
    _topic(r"\bos\.(environ|getenv)\b|\bdirect (environment|env)\b", "direct-environ", wide=True),
    _topic(
        rf"\A(?!.*\b({_OTHER_LANGUAGES})\b).*\b(syntax errors?|unparsable|do(es)? not parse)\b",
        "unparsable-file",
        wide=True,
    ),
    _topic(r"\bshadow(s|ed|ing)\b.*\b(modules?|packages?)\b", "module-shadowing", wide=True),
    _topic(
        r"\b(duplicated?|identical|copied) (\w+ )?(functions?|methods?|logic|bod(y|ies)|code)\b|\bcopy[- ]?paste|"
        r"\bcode duplication\b",
        "duplicate-body",
    ),
    _topic(
        rf"\bduplicates?\b(?! {_OTHER})|\bcode duplication\b|"
        r"\b(single|only one|exactly (one|1))\b.*\b(implementation|definition|class)\b",
        "duplicate-definition",
    ),
)


def topic_of(text: str, rules: Collection[str]) -> Topic | None:
    """Return what a text speaks of: the first topic with a rule, else the first whose rule is not there yet."""
    meant = [topic for topic in TOPICS if topic.words.search(text)]
    return next((topic for topic in meant if topic.rule in rules), meant[0] if meant else None)
