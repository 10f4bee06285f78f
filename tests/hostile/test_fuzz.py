"""Ten thousand made-up inputs: the same on every run, so that what fails here fails everywhere."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scanner import engine
from scanner.engine import codec
from scanner.engine.codec import decode, encode, pack
from scanner.engine.config import Canonical, Config, ConfigError, Deprecated, to_toml
from scanner.engine.config_file import parse
from scanner.engine.extract import extract
from scanner.engine.facts import Facts
from scanner.engine.git import Change
from scanner.engine.parser_pool import ParserPool
from scanner.engine.snapshot import Snapshot
from scanner.engine.suggestion import suggest
from tests.engine.trees import blob, facts_of
from tests.hostile.python_source import SOURCES, TREES

OUTCOMES = {"ok", "unparsable", "unsupported-encoding"}
REAL = [path.read_bytes() for path in sorted(Path(engine.__file__).parent.glob("*.py"))]


def inputs(count: int) -> Callable[..., Any]:
    """Run a test that often, and say how to run what failed again."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
    )


# The extractor ------------------------------------------------------------------------------------------------------


def _lines(facts: Facts) -> Iterator[tuple[int, int]]:
    rows = (*facts.imports, *facts.definitions, *facts.getters, *facts.nested, *facts.environment, *facts.redefinitions)
    more = (*facts.copyable, *facts.singletons, *facts.instances, *facts.containers, *facts.cached)
    yield from ((row.line, row.end_line) for row in (*rows, *more))
    yield from ((row.first, row.last) for row in facts.allowances)


def _check(source: bytes, facts: Facts) -> None:
    """What is told lies in the file, and comes back as it was told."""
    assert facts.parsed != bool(facts.detail)
    last = len(source.splitlines()) + 1
    assert 0 <= facts.line <= last + 1
    assert all(1 <= first <= end <= last for first, end in _lines(facts))
    assert pack(decode(encode(facts))) == pack(facts)


@inputs(700)
@given(SOURCES)
def test_sources(text: str) -> None:
    source = text.encode()
    facts = extract(source)
    assert facts.outcome in OUTCOMES
    assert extract(source) == facts
    _check(source, facts)


@inputs(300)
@given(SOURCES.filter(bool))
def test_layout_says_nothing(text: str) -> None:
    """With other ends of line and a byte order mark it is the same file, waivers included."""
    other = b"\xef\xbb\xbf" + text.encode().replace(b"\n", b"\r\n")
    mine, theirs = extract(text.encode()), extract(other)
    assert theirs.outcome == mine.outcome
    if mine.parsed:
        assert theirs == mine


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A real source with pieces cut out, put elsewhere, doubled, or replaced by others or by bytes."""
    source = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(source)))
        end = min(len(source), start + draw(st.integers(0, 60)))
        other = draw(st.sampled_from(REAL))
        at = draw(st.integers(0, len(other)))
        piece = draw(
            st.sampled_from(
                [b"", other[at : at + 30], source[start:end] * 2, b"(", b"'", b'"""', b"\\", b"\n\t", b"\r"]
            )
            | st.binary(max_size=4)
        )
        source = source[:start] + piece + source[end:]
    return source


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    """Broken files go through LibCST, which may end the process."""
    with ParserPool(1) as parsers:
        yield parsers


@inputs(1_000)
@given(mutants())
def test_mutants_of_real_sources(pool: ParserPool, source: bytes) -> None:
    [(_, first), (_, again)] = pool.extract([("first", source), ("again", source)])
    assert first == again
    _check(source, decode(first))


@inputs(1_000)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_bytes(pool: ParserPool, source: bytes) -> None:
    [(_, data)] = pool.extract([("a", source)])
    _check(source, decode(data))


# The codec ----------------------------------------------------------------------------------------------------------

_STORED = [encode(extract(source)) for source in REAL[:8]]
_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=3,
)


def _refuses(data: bytes) -> None:
    try:
        facts = decode(data)
    except (ValueError, zstandard.ZstdError):
        return
    assert isinstance(facts, Facts)


@inputs(1_200)
@given(st.sampled_from(_STORED), st.integers(0, 10_000), st.binary(max_size=3), st.integers(0, 5))
def test_damaged_facts(stored: bytes, at: int, piece: bytes, gone: int) -> None:
    at %= len(stored)
    _refuses(stored[:at] + piece + stored[at + gone :])


@inputs(1_300)
@given(st.lists(_PLAIN, min_size=20, max_size=26) | _PLAIN)
def test_other_things_stored_like_facts(values: Any) -> None:
    _refuses(codec._codec.compressor.compress(msgpack.packb(values)))


# The resolver -------------------------------------------------------------------------------------------------------

CONFIG = Config(
    services=("p", "r"),
    roots=("", "p"),
    canonical=(Canonical("A", "p.a", ("p",)), Canonical("B", "r.b")),
    deprecated=(Deprecated("p.q", "r"),),
)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    paths = sorted({*before, *after})
    ids = {path: [blob(tree[path]) if path in tree else None for tree in (before, after)] for path in paths}
    return [Change(path, old, new) for path, (old, new) in ids.items() if old != new]


@inputs(300)
@given(st.lists(TREES, min_size=2, max_size=3))
def test_following_trees_equals_looking_afresh(trees: list[dict[str, str]]) -> None:
    followed = Snapshot(CONFIG, facts_of)
    before: dict[str, str] = {}
    for tree in trees:
        followed.apply(_changes(before, tree))
        before = tree
        fresh = Snapshot(CONFIG, facts_of, followed.ranking)
        fresh.apply(_changes({}, tree))
        assert followed.violations == fresh.violations
        assert followed.obligations == fresh.obligations
        assert followed.coverage == fresh.coverage
        assert not [found for found in fresh.violations.values() if found.rule == "rule-failed"]


# The configuration --------------------------------------------------------------------------------------------------

_KEYS = st.sampled_from(
    [
        *("services", "shared", "roots", "scopes", "canonical", "deprecated", "transitional", "environment", "limits"),
        *("rules", "symbol", "module", "public", "importance", "use", "until", "accessors", "file_lines", "allow"),
        *("tests", "archive", "scripts", "generated", "import-cycle", "oops"),
    ]
)
_WORDS = st.sampled_from(
    ["a", "a.b", ".", "..", "src/", "./src", "tests/**", "**", "", " ", "a b", "2027-01-31", "\n", "[!"]
)
_VALUES = st.recursive(
    _WORDS | st.text(max_size=4) | st.integers(-2, 9) | st.booleans() | st.floats() | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=8,
)


def _toml(value: Any) -> str:
    """Write a value as TOML does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_toml(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(char):08x}" if char not in "ab./*" else char for char in value) + '"'
    return str(value).lower() if isinstance(value, bool | float) else str(value)


def _is_read_or_refused(text: str | bytes) -> None:
    try:
        config = parse(text)
    except ConfigError as error:
        sentence = str(error)
        assert sentence.isprintable()
        assert 5 < len(sentence) < 1_000
    else:
        assert parse(to_toml(config)) == config
        assert config.scope_of("a/b.py")
        assert config.digest


_FITTING = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("services", "shared", "roots"), st.lists(_WORDS, max_size=3)),
        "scopes": st.dictionaries(_KEYS, st.lists(_WORDS, max_size=2), max_size=3),
        "canonical": st.lists(st.dictionaries(_KEYS, _VALUES, max_size=4), max_size=2),
        "rules": st.dictionaries(_KEYS, st.dictionaries(_KEYS, _VALUES, max_size=2), max_size=2),
    },
)


@inputs(1_500)
@given(st.dictionaries(_KEYS, _VALUES, max_size=5) | _FITTING)
def test_configurations_of_any_structure(values: dict[str, Any]) -> None:
    text = "".join(f'"{key}" = {_toml(value)}\n' for key, value in values.items())
    tomllib.loads(text.replace("\\U0000d", "\\U0000e"))
    _is_read_or_refused(text)


_REAL_CONFIG = to_toml(CONFIG)


@inputs(700)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_configurations_of_any_text(text: str | bytes) -> None:
    _is_read_or_refused(text)


@inputs(1_500)
@given(st.integers(0, len(_REAL_CONFIG)), st.text(max_size=4) | _WORDS, st.integers(0, 12))
def test_mutants_of_a_configuration(at: int, piece: str, gone: int) -> None:
    _is_read_or_refused(_REAL_CONFIG[:at] + piece + _REAL_CONFIG[at + gone :])


_PARTS = st.sampled_from(
    ["a", "src", "tests", "scripts", ".", "..", "", "*", "[a]", "-", "\\x0a", '"', "\u202e", "é", "__init__"]
)


@inputs(500)
@given(st.lists(st.lists(_PARTS | st.text(max_size=3), min_size=1, max_size=4), max_size=6), st.booleans())
def test_suggestions_for_any_paths_can_be_read(paths: list[list[str]], projects: bool) -> None:
    """What is suggested when a repository is connected is what its scans read. No folder's name hides another."""
    tree = ["/".join(path) + ".py" for path in paths]
    if projects:
        tree += ["/".join([*path[:-1], "pyproject.toml"]) for path in paths]
    config = suggest(tree)
    assert parse(to_toml(config)) == config
    assert config.scope_of("shop/cart.py") == "production"
