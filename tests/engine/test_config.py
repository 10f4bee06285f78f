"""truthline.toml: what it means, what it refuses and in which words; scopes, services, suggestions."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.engine.config import (
    DEFAULT_SCOPES,
    Canonical,
    Config,
    ConfigError,
    Deprecated,
    Environment,
    Limits,
    RuleOptions,
    Transitional,
    to_toml,
    with_finished,
)
from scanner.engine.config_file import parse
from scanner.engine.globs import compile_classes
from scanner.engine.rule import all_rules
from scanner.engine.suggestion import complete, suggest

EVERYTHING = """
services = ["shop", "auth.core"]
shared = ["common"]
roots = ["", "src/"]
[scopes]
generated = ["**/migrations/**"]
tests = ["**/tests/**", "**/test_*.py"]
[[canonical]]
symbol = "Notifier"
module = "shop.notify"
public = ["shop", "shop.api"]
importance = 3
[[canonical]]
symbol = "Clock"
module = "common.clock"
[[deprecated]]
module = "shop.old"
use = "shop.notify"
[[transitional]]
module = "shop.shim"
until = 2026-12-31
[environment]
accessors = ["common.env"]
[limits]
file_lines = 900
[rules.class-singleton]
allow = ["common.env.Env"]
"""


def test_every_key_is_read() -> None:
    assert parse(EVERYTHING) == Config(
        services=("shop", "auth.core"),
        shared=("common",),
        roots=("", "src"),
        scopes=(
            ("generated", ("**/migrations/**",)),
            ("tests", ("**/tests/**", "**/test_*.py")),
            ("scripts", DEFAULT_SCOPES["scripts"]),
            ("archive", DEFAULT_SCOPES["archive"]),
        ),
        canonical=(
            Canonical("Notifier", "shop.notify", ("shop", "shop.api"), 3),
            Canonical("Clock", "common.clock", (), 1),
        ),
        deprecated=(Deprecated("shop.old", "shop.notify"),),
        transitional=(Transitional("shop.shim", "2026-12-31"),),
        environment=Environment(("common.env",)),
        limits=Limits(900),
        rules={"class-singleton": RuleOptions(("common.env.Env",))},
    )


@pytest.mark.parametrize(
    ("written", "root"), [(".", ""), ("./", ""), ("./src/", "src"), (".//src", "src"), ("src//./lib", "src/lib")]
)
def test_a_folder_has_one_name(written: str, root: str) -> None:
    config = parse(f"roots = ['{written}']")
    assert config.roots == (root,)
    assert parse(to_toml(config)) == config


def test_an_empty_file_means_the_defaults() -> None:
    assert parse("") == parse(b"\xef\xbb\xbf") == Config()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('servces = ["a"]', 'unknown key "servces" at the top level; did you mean "services"?'),
        ("[scopes]\ndocs = []", 'unknown key "docs" in [scopes]; known here: tests, scripts, archive, generated'),
        ("[limits]\nfile_line = 3", 'unknown key "file_line" in [limits]; did you mean "file_lines"?'),
        ("[environment]\nacessors = []", 'unknown key "acessors" in [environment]; did you mean "accessors"?'),
        (
            '[[canonical]]\nsymbol = "A"\nmodule = "a"\n[[canonical]]\nmodul = "a"',
            'unknown key "modul" in [[canonical]] number 2; did you mean "module"?',
        ),
        ("[rules.global-getter]\nalow = []", 'unknown key "alow" in [rules.global-getter]; did you mean "allow"?'),
        ("[rules.global-geter]", 'unknown key "global-geter" in [rules]; did you mean "global-getter"?'),
        ("[rules.x]", 'unknown key "x" in [rules]; known here: cached-factory, class-mutable, '),
        ("[rules]\nglobal-getter = 1", '"global-getter" in [rules] must be a table, not a whole number'),
        ("services = 3", '"services" at the top level must be a list of texts, not a whole number'),
        ("services = [3]", 'every entry of "services" at the top level must be text in quotes, not a whole number'),
        ('services = ["a/b"]', "must be a dotted name such as package.module, not"),
        ("scopes = []", '"scopes" at the top level must be a table, not a list'),
        ('[scopes]\ntests = "tests/**"', '"tests" in [scopes] must be a list of texts, not text'),
        ('[scopes]\ntests = ["/tests/**"]', "must be a glob that starts at the repository's root"),
        ('roots = ["../other"]', "must be a folder inside the repository"),
        ('[canonical]\nsymbol = "A"', "must be a list of tables, written [[canonical]], not a table"),
        ("canonical = [1]", "[[canonical]] number 1 must be a table, not a whole number"),
        ('[[canonical]]\nsymbol = "A"', 'the key "module" is missing in [[canonical]] number 1'),
        (
            '[[canonical]]\nsymbol = "A"\nmodule = "a"\nimportance = 4',
            '"importance" in [[canonical]] number 1 must be one of 1, 2, 3, 5, not 4',
        ),
        ('[[deprecated]]\nmodule = "a"\n[[deprecated]]\nmodule = "a"', "[[deprecated]] number 2 repeats number 1"),
        ('[[transitional]]\nmodule = "a"\nuntil = ""', '"until" in [[transitional]] number 1 must not be empty'),
        ("[limits]\nfile_lines = true", '"file_lines" in [limits] must be a whole number, not true or false'),
        ("[limits]\nfile_lines = 0", '"file_lines" in [limits] must be 1 or more, not 0'),
        ("[limits]\nfile_lines = 1.5", '"file_lines" in [limits] must be a whole number, not a decimal number'),
        ('services = ["a"]\nshared = [', "not valid TOML: Invalid value (at"),
        ("a = 1\na =\n", "not valid TOML: Invalid value (at line 2, column 4)"),
        ("a = " + "[" * 20_000, "not valid TOML: brackets are nested too deeply"),
        ("a = " + "9" * 5_000, "not valid TOML: "),
        (b"services = ['\xff']", "the file is not UTF-8 (byte 13)"),
        ("#" * 300_000, "the file is larger than 256 KiB"),
        ('"\\u001b[31m" = 1', 'unknown key "?[31m" at the top level'),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(source: str | bytes, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(source)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


names = st.from_regex(r"[a-z_]\w{0,6}(\.[a-z_]\w{0,6}){0,2}", fullmatch=True)
name_lists = st.lists(names, max_size=3, unique=True).map(tuple)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
configs = st.builds(
    Config,
    services=name_lists,
    shared=name_lists,
    roots=st.none() | name_lists.map(lambda roots: tuple(root.replace(".", "/") for root in roots)),
    scopes=st.permutations(list(DEFAULT_SCOPES)).flatmap(
        lambda order: st.tuples(*(st.tuples(st.just(scope), name_lists) for scope in order))
    ),
    canonical=st.lists(
        st.builds(Canonical, names, names, name_lists, st.sampled_from([1, 2, 3, 5])), max_size=3, unique=True
    ).map(tuple),
    deprecated=st.lists(st.builds(Deprecated, names, st.none() | names), max_size=2, unique=True).map(tuple),
    transitional=st.lists(st.builds(Transitional, names, texts), max_size=2, unique=True).map(tuple),
    environment=st.builds(Environment, name_lists),
    limits=st.builds(Limits, st.integers(1, 10**6)),
    rules=st.dictionaries(st.sampled_from(list(all_rules())), st.builds(RuleOptions, name_lists), max_size=4),
)


@given(configs)
def test_what_is_written_reads_back_equal(config: Config) -> None:
    again = parse(to_toml(config))
    assert again == config
    assert again.digest == config.digest


def test_notes_are_comments_whatever_they_hold() -> None:
    config = Config(services=("shop",), canonical=(Canonical("Cart", "shop.cart"),))
    notes = {"services": "first\nservices = [1]\r[limits]", "tests": "word " * 60, "Cart": "2 definitions"}
    text = to_toml(config, notes)
    assert parse(text) == parse(to_toml(config))
    assert "# first\n# services = [1]\\r[limits]\nservices" in text
    assert "# 2 definitions\n[[canonical]]\nsymbol" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_digest_follows_the_meaning() -> None:
    config = parse(EVERYTHING)
    assert config.digest == parse("# a remark\n" + EVERYTHING).digest
    assert config.digest != replace(config, services=("shop",)).digest
    assert config.digest != replace(config, scopes=config.scopes[::-1]).digest


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("scripts/**", ["scripts/a.py", "scripts/a/b.py"], ["scripts", "a/scripts/b.py", "scripts2/a.py"]),
        ("**/tests/**", ["tests/a.py", "a/tests/b.py", "a/b/tests/c/d.py"], ["tests", "a/test/b.py", "mytests/a.py"]),
        ("**/test_*.py", ["test_a.py", "a/b/test_.py"], ["a/test_a.pyc", "a/mytest_a.py", "a/test_x/b.py"]),
        ("**/*backup*/**", ["backup/a.py", "a/old_backup_2/b/c.py"], ["backup.py", "a/backup.py"]),
        ("tests/*", ["tests/a.py"], ["tests/a/b.py", "tests"]),
        ("a/**/z.py", ["a/z.py", "a/b/z.py", "a/b/c/z.py"], ["az.py", "a/b/z.pyc", "b/a/z.py"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/b/y/c"], ["a/c", "a/b/cc", "a/xb/c"]),
        ("**", ["a", "a/b"], []),
        ("**/**/x", ["x", "a/x", "a/b/x"], ["ax"]),
        ("docs/", ["docs/a.py", "docs/b/c.py"], ["docs", "a/docs/b.py"]),
        ("a?c.py", ["abc.py"], ["a/c.py", "ac.py", "abbc.py"]),
        ("[ab]x[!cd].py", ["axe.py", "bxy.py"], ["cxe.py", "axc.py", "ax/.py"]),
        ("a[.py", ["a[.py"], ["a.py"]),
        ("a**b", ["ab", "axxb"], ["a/b"]),
        ("ab*ab", ["abab", "abxab"], ["ab"]),
        ("a+(b).py", ["a+(b).py"], ["aab.py"]),
        ("Tests/**", ["Tests/a.py"], ["tests/a.py"]),
        ("[]a]b", ["]b", "ab"], ["b"]),
        ("[a^]b", ["^b"], ["cb"]),
        ("line\nbreak/**", ["line\nbreak/a"], []),
    ],
)
def test_a_glob_matches(glob: str, matching: list[str], other: list[str]) -> None:
    pattern = compile_classes([("tests", [glob])])
    assert [path for path in matching if not pattern.match(path)] == []
    assert [path for path in other if pattern.match(path)] == []


def slow_match(glob: list[str], path: list[str]) -> bool:
    """The same semantics, written for the eye and not for speed."""
    if not glob:
        return not path
    if glob[0] == "**":
        if len(glob) == 1:
            return bool(path)
        return any(slow_match(glob[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], glob[0]) and slow_match(glob[1:], path[1:])


@given(
    st.lists(st.sampled_from(["**", "*", "a", "b", "a*", "*b*", "?", "a*b*a", "[ab]b"]), min_size=1, max_size=6),
    st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=6),
)
def test_globs_agree_with_their_plain_meaning(glob: list[str], path: list[str]) -> None:
    pattern = compile_classes([("tests", ["/".join(glob)])])
    assert bool(pattern.match("/".join(path))) == slow_match(glob, path)


def test_the_first_match_in_written_order_wins() -> None:
    first = parse('[scopes]\nscripts = ["tests/tools/**"]\ntests = ["tests/**"]')
    second = parse('[scopes]\ntests = ["tests/**"]\nscripts = ["tests/tools/**"]')
    assert (first.scope_of("tests/tools/a.py"), second.scope_of("tests/tools/a.py")) == ("scripts", "tests")


def test_absent_classes_keep_their_defaults_and_empty_ones_do_not() -> None:
    config = parse("[scopes]\ntests = []")
    paths = ("tests/test_a.py", "scripts/a.py", "a/archive/b.py", "db/migrations/0001.py", "shop/a.py")
    assert [config.scope_of(path) for path in paths] == ["production", "scripts", "archive", "generated", "production"]


@pytest.mark.parametrize(
    ("module", "service"),
    [
        ("shop", "shop"),
        ("shop.api.views", "shop"),
        ("shop.core", "shop.core"),
        ("shop.core.x", "shop.core"),
        ("shop.corex", "shop"),
        ("common.lib.x", "common.lib"),
        ("common.other", "common"),
        ("other.x.y", "other"),
        ("single", "single"),
    ],
)
def test_the_longest_prefix_names_the_service(module: str, service: str) -> None:
    assert Config(services=("shop", "shop.core"), shared=("common.lib",)).service_of(module) == service


@pytest.mark.parametrize(
    ("paths", "services", "roots"),
    [
        (["shop/__init__.py", "shop/a.py", "setup.py", "tests/test_a.py", "docs/conf.py"], ["shop"], [""]),
        (["src/shop/__init__.py", "src/shop/a.py", "tests/test_a.py"], ["shop"], ["", "src"]),
        (["lib/shop/a.py", "shop-web/a.py"], ["shop"], ["", "lib"]),
        (["shop/__init__.py", "shop/lib/__init__.py", "shop/src/a.py"], ["shop"], [""]),
        (
            ["billing/setup.py", "billing/core/a.py", "web/manage.py", "web/site/a.py"],
            ["core", "site"],
            ["", "billing", "web"],
        ),
        (["shop/__init__.py", *(f"shop/m{n}.py" for n in range(4)), "tiny/__init__.py", "loose/a.py"], ["shop"], [""]),
        (["shop/__init__.py", "tiny/__init__.py", "loose/a.py"], ["shop", "tiny"], [""]),
        (["spaces/shop/__init__.py", *(f"spaces/shop/m{n}.py" for n in range(4))], ["spaces"], [""]),
        (
            [f"services/{s}/{file}" for s in "ab" for file in ("pyproject.toml", f"src/{s}/__init__.py", "run.py")],
            ["a", "b"],
            ["", "services/a/src", "services/b/src"],
        ),
        (["server/pyproject.toml", "server/app/__init__.py", "server/scripts/seed.py"], ["app"], ["", "server"]),
        (["pyproject.toml", "a/b/pyproject.toml", "a/pyproject.toml", "a/b/lo/c.py"], ["lo"], ["", "a/b"]),
        (["shop/__init__.py", "shop/kit/pyproject.toml", "shop/kit/a.py"], ["shop"], [""]),
        (["shop/a.py", "web/pyproject.toml", ".web/pyproject.toml", ".web/api/a.py"], ["shop"], [""]),
        (
            [f"{s}/{file}" for s in "abc" for file in ("pyproject.toml", "setup.cfg", "ns/__init__.py", f"ns/{s}.py")],
            ["ns"],
            ["", "a", "b", "c"],
        ),
        (
            [
                *(f"{s}/{file}" for s in "ab" for file in ("pyproject.toml", "app/m.py")),
                "c/pyproject.toml",
                "c/app/n.py",
            ],
            ["a", "app", "b"],
            ["", "c"],
        ),
        (["run.py"], [], [""]),
        (["README.md", "shop/data.txt"], [], [""]),
        ([], [], [""]),
    ],
)
def test_services_and_roots_are_suggested(paths: list[str], services: list[str], roots: list[str]) -> None:
    config = suggest(paths)
    assert (list(config.services), list(config.roots or ())) == (services, roots)
    assert parse(to_toml(config)) == config


def test_suggested_scopes_fit_the_tree() -> None:
    config = suggest(["shop/_vendor/six.py", "shop/a_pb2.py", "t/unit/case.py", "docs/conf.py", "shop/a.py"])
    scopes = [
        config.scope_of(path) for path in ("shop/_vendor/six.py", "shop/a_pb2.py", "t/unit/case.py", "docs/conf.py")
    ]
    assert scopes == ["generated", "generated", "tests", "scripts"]
    assert dict(suggest(["shop/a.py"]).scopes) == DEFAULT_SCOPES


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("server/scripts/seed.py", "scripts"),
        ("server/dev-tools/check.py", "scripts"),
        ("server/load_tests/users.py", "tests"),
        ("server/docs/conf.py", "scripts"),
        ("server/app/docs/pages.py", "production"),
        ("server/setup.py", "production"),
        ("web-app/run.py", "production"),
        ("tools/kit/a.py", "scripts"),
        ("other/load_tests/users.py", "production"),
    ],
)
def test_a_project_s_folder_is_judged_as_the_root_is(path: str, scope: str) -> None:
    projects = ["server/pyproject.toml", "web-app/pyproject.toml", "tools/kit/pyproject.toml"]
    assert suggest(["server/app/__init__.py", *projects, path]).scope_of(path) == scope


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("backups/2025/tests/test_a.py", "archive"),
        ("shop/_vendor/six/tests/test_six.py", "generated"),
        ("test_framework/base.py", "tests"),
        ("load_tests/users.py", "tests"),
        ("test_scripts/seed.py", "scripts"),
        ("tools/release.py", "scripts"),
        (".github/check.py", "scripts"),
        ("dev-tools/check.py", "scripts"),
        ("deploy-api/api/__init__.py", "production"),
        ("web-app/manage.py", "production"),
        ("web-lib/src/web.py", "production"),
        ("shop/test_framework/base.py", "production"),
        ("shop/test/test_a.py", "tests"),
        ("shop/test/client.py", "production"),
        ("shop/backup.py", "production"),
    ],
)
def test_a_path_gets_the_scope_its_name_gives_away(path: str, scope: str) -> None:
    assert suggest(["shop/__init__.py", "shop/a.py", path]).scope_of(path) == scope


def test_folders_within_packages_get_the_scope_that_their_files_give_away() -> None:
    paths = ["shop/test/test_a.py", "shop/test/strategies.py", "shop/db/past/env.py", "shop/db/past/versions/1a2b.py"]
    config = suggest(["shop/__init__.py", "shop/env.py", "web/versions/a.py", *paths])
    assert [config.scope_of(path) for path in paths] == ["tests", "tests", "production", "generated"]
    assert config.scope_of("web/versions/a.py") == "production"


def test_a_tree_that_is_all_tests_is_a_product() -> None:
    assert suggest(["test_kit/__init__.py", "test_kit/runner.py"]).scope_of("test_kit/runner.py") == "production"


def test_roots_are_completed_only_when_nobody_named_them() -> None:
    paths = ["src/shop/a.py", "web/pyproject.toml", "web/site/a.py"]
    assert complete(Config(), lambda: paths).roots == ("", "src", "web")
    assert complete(Config(roots=("lib",)), lambda: pytest.fail("asked in vain")).roots == ("lib",)


def test_finished_phases_become_their_days() -> None:
    written = Config(
        transitional=(Transitional("a", "Phase 2"), Transitional("b", "phase  2b"), Transitional("c", "2026-01-01"))
    )
    made = with_finished(written, {"2": "2026-03-01", "3": "2026-04-01"})
    assert [shim.until for shim in made.transitional] == ["2026-03-01", "phase  2b", "2026-01-01"]
    assert with_finished(written, {"3": "2026-04-01"}) is written
