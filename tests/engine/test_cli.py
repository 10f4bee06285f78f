"""The command line as a person or a program meets it, over real git repositories."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from scanner.__main__ import main
from scanner.command.arguments import parsers
from scanner.engine.config import DEFAULT_SCOPES
from scanner.engine.config_file import parse
from tests.scanner.origin import CLASS, SMALL, Origin

PASS, FAILED, REFUSED, INCONCLUSIVE = range(4)
ROOT = Path(__file__).resolve().parents[2]
CLEAN: dict[str, str | None] = {"shop/__init__.py": "", "shop/cart.py": CLASS.format(name="Basket", value=1)}
VIOLATION_KEYS = {
    "rule", "severity", "scope", "service", "symbol", "path", "line", "end_line", "message", "canonical", "waived",
    "fingerprint", "points", "related",
}  # fmt: skip


@pytest.fixture(autouse=True)
def cache_home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def origin(tmp_path) -> Origin:
    return Origin(tmp_path / "shop.git")


@pytest.fixture
def run(capfd):
    """Run the command in this process; give back exit code, standard output and standard error."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def scan(run):
    """Scan to JSON, which must be all that is printed."""

    def scan(*words: str | Path) -> dict:
        code, out, err = run("--jobs", "1", *words, "--format", "json")
        assert (code, err) == (PASS, "")
        return json.loads(out)

    return scan


def command(*words: str | Path, **options) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "scanner", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options,
    )  # fmt: skip


# What it says


def test_the_document_has_the_promised_shape(origin, scan) -> None:
    sha = origin.commit(SMALL)
    document = scan(origin.path)
    assert list(document) == ["tool", "commit", "epoch", "files", "score", "counts", "violations", "new", "fixed"]
    assert document["tool"]["name"] == "truthline"
    assert document["commit"] == sha
    assert document["files"] == {"python": 5, "analysed": 5, "unparsable": 0, "skipped": 0}
    assert set(document["score"]) == {"value", "inconclusive", "areas", "services", "symbols"}
    assert set(document["score"]["areas"]) == {"definitions", "imports", "isolation", "structure"}
    assert all(set(area) == {"value", "d", "v", "inconclusive"} for area in document["score"]["areas"].values())
    assert all(set(violation) == VIOLATION_KEYS for violation in document["violations"])
    scopes = {"production", "tests", "scripts", "archive", "generated"}
    assert all(set(row) == scopes for row in document["counts"].values())


def test_every_rule_finds_its_violation(origin, scan) -> None:
    origin.commit(SMALL)
    document = scan(origin.path)
    found = {(v["rule"], v["path"], v["line"]) for v in document["violations"]}
    assert ("unresolvable-import", "shop/orders.py", 1) in found
    assert ("global-getter", "shop/state.py", 6) in found
    assert {path for rule, path, _ in found if rule == "import-cycle"} == {"shop/cart.py", "shop/prices.py"}
    assert {path for rule, path, _ in found if rule == "duplicate-definition"} == {"shop/orders.py"}
    assert sum(sum(row.values()) for row in document["counts"].values()) == len(document["violations"])


def test_the_points_sum_to_what_the_score_lacks(origin, scan) -> None:
    origin.commit(SMALL)
    document = scan(origin.path)
    missing = 100 - document["score"]["value"]
    assert missing > 1
    assert sum(v["points"] for v in document["violations"]) == pytest.approx(missing, abs=1e-9)


def test_a_clean_repository_reads_100(origin, scan) -> None:
    origin.commit(CLEAN)
    document = scan(origin.path)
    assert (document["score"]["value"], document["violations"]) == (100.0, [])


def test_a_scan_is_the_same_every_time(origin, scan) -> None:
    origin.commit(SMALL)
    assert scan(origin.path, "--no-cache", "--jobs", "1") == scan(origin.path, "--no-cache", "--jobs", "2")


def test_a_repository_without_python_is_not_measured(origin, run, scan) -> None:
    origin.commit({"README.md": "# Nothing here\n"})
    document = scan(origin.path)
    assert document["files"] == {"python": 0, "analysed": 0, "unparsable": 0, "skipped": 0}
    assert (document["score"]["value"], document["score"]["inconclusive"]) == (None, False)
    code, out, err = run(origin.path, "--fail-on", "any")
    assert (code, err) == (PASS, "")
    assert "Not measured: there is no production Python code at this commit." in out


def test_another_revision(origin, scan) -> None:
    first = origin.commit(SMALL)
    origin.commit({"shop/orders.py": None})
    origin.git("tag", "v1", first)
    assert scan(origin.path, "--rev", "v1") == scan(origin.path, "--rev", first[:10])
    assert len(scan(origin.path)["violations"]) < len(scan(origin.path, "--rev", first)["violations"])


def test_the_baseline_pins_d(origin, scan) -> None:
    small = origin.commit(SMALL)
    origin.commit({f"shop/part{n}.py": CLASS.format(name=f"Part{n}", value=n) for n in range(60)})
    own, pinned = scan(origin.path), scan(origin.path, "--baseline", small)
    assert (own["score"]["areas"]["structure"]["d"], pinned["score"]["areas"]["structure"]["d"]) == (65, 20)
    assert own["score"]["value"] > pinned["score"]["value"]
    assert own["epoch"] != pinned["epoch"]
    assert own["violations"][0]["fingerprint"] == pinned["violations"][0]["fingerprint"]


@pytest.mark.parametrize(
    ("change", "direction"),
    [
        ({"shop/empty.py": "", "tests/test_x.py": "def test(): pass\n"}, 0),
        ({"shop/more.py": "from shop.cart import Basket\n\n\nclass Bag(Basket):\n    pass\n"}, 0),
        ({"README.md": "changed\n"}, 0),
        ({"shop/orders.py": CLASS.format(name="Order", value=2)}, 1),
        ({"tests/test_x.py": "from shop.gone import x\n"}, -1),
        ({"shop/late.py": "from shop.never import x\n"}, -1),
        ({"shop/state.py": "def broken(:\n"}, -1),
        ({"shop/orders.py": "def broken(:\n"}, -1),
        ({"archive/old.py": "from shop.gone import x\n"}, 0),
    ],
)
def test_the_score_moves_only_with_scored_violations(origin, scan, change, direction) -> None:
    before = origin.commit(SMALL)
    origin.commit(change)
    old, new = scan(origin.path, "--rev", before), scan(origin.path, "--baseline", before)
    assert new["epoch"] == old["epoch"]
    moved = new["score"]["value"] - old["score"]["value"]
    assert (moved > 0) - (moved < 0) == direction


def test_the_work_tree_is_not_read(origin, tmp_path, scan) -> None:
    origin.commit(SMALL)
    origin.git("clone", "-q", str(origin.path), str(tmp_path / "work"))
    before = scan(tmp_path / "work")
    (tmp_path / "work/shop/cart.py").unlink()
    (tmp_path / "work/shop/new.py").write_text("from shop.nowhere import x\n")
    assert scan(tmp_path / "work") == before == scan(origin.path)


def test_a_shallow_clone_is_scanned(origin, tmp_path, scan) -> None:
    origin.commit({"shop/a.py": "x = 1\n"})
    origin.commit(SMALL)
    origin.git("clone", "-q", "--depth", "1", origin.path.as_uri(), str(tmp_path / "shallow"))
    assert scan(tmp_path / "shallow")["violations"] == scan(origin.path)["violations"]


# Configuration


def test_the_commits_own_configuration_is_used(origin, run, scan) -> None:
    origin.commit({**SMALL, "truthline.toml": '[scopes]\narchive = ["shop/orders.py"]\n'})
    document = scan(origin.path)
    assert document["counts"]["unresolvable-import"]["archive"] == 1
    assert "suggested" not in run(origin.path)[1]


def test_a_named_configuration_wins(origin, tmp_path, scan) -> None:
    origin.commit({**SMALL, "truthline.toml": "broken ="})
    config = tmp_path / "mine.toml"
    config.write_text('[scopes]\ntests = ["shop/**"]\n')
    scopes = {v["scope"] for v in scan(origin.path, "--config", config)["violations"]}
    assert scopes == {"tests"}


def test_the_suggested_configuration_is_printed_and_ready_to_use(origin, tmp_path, run, scan) -> None:
    origin.commit(SMALL)
    _, out, _ = run(origin.path)
    printed = out[out.index("# No truthline.toml") :]
    assert parse(printed).services == ("shop",)
    (tmp_path / "kept.toml").write_text(printed)
    assert scan(origin.path, "--config", tmp_path / "kept.toml") == scan(origin.path)


# Gates


@pytest.mark.parametrize(
    ("tree", "options", "code"),
    [
        (SMALL, [], PASS),
        (SMALL, ["--fail-on", "never"], PASS),
        (SMALL, ["--fail-on", "any"], FAILED),
        (CLEAN, ["--fail-on", "any"], PASS),
        ({**CLEAN, "archive/old.py": "from shop.gone import x\n"}, ["--fail-on", "any"], PASS),
        ({**SMALL, "shop/broken.py": "def (:\n"}, ["--fail-on", "any"], FAILED),
        ({**SMALL, "shop/broken.py": "def (:\n"}, ["--fail-on", "never"], PASS),
        ({**CLEAN, "tests/test_broken.py": "def (:\n"}, ["--fail-on", "never"], PASS),
    ],
)
def test_exit_codes(origin, run, tree, options, code) -> None:
    origin.commit(tree)
    assert run(origin.path, *options)[0] == code


def test_an_unread_file_makes_it_inconclusive(origin, run) -> None:
    origin.commit({**CLEAN, "shop/broken.py": "def (:\n"})
    code, out, _ = run(origin.path, "--fail-on", "any", "--format", "json")
    document = json.loads(out)
    assert document["files"] == {"python": 3, "analysed": 2, "unparsable": 1, "skipped": 0}
    assert document["score"]["inconclusive"] is True
    assert code == (FAILED if document["violations"] else INCONCLUSIVE)
    assert "Inconclusive" in run(origin.path)[1]


# Refusals: exit 2, one line, no traceback


def assert_refused(result: tuple[int, str, str], sentence: str) -> None:
    code, out, err = result
    assert (code, out) == (REFUSED, "")
    assert sentence in err
    assert err.startswith("truthline: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "the following arguments are required: PATH"),
        (["{repo}", "--fial-on", "any"], "unrecognized arguments: --fial-on any"),
        (["{repo}", "--form", "json"], "unrecognized arguments: --form json"),
        (["{repo}", "--since", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["{repo}", "--since", ""], "has no branch, tag or commit ''"),
        (["{repo}", "--since", "HEAD:shop"], "has no branch, tag or commit 'HEAD:shop'"),
        (["{repo}", "--since", "HEAD:shop/cart.py"], "has no branch, tag or commit 'HEAD:shop/cart.py'"),
        (["{repo}", "--rev", "HEAD^{{tree}}"], "has no branch, tag or commit 'HEAD^{tree}'"),
        (["{repo}", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["{repo}", "--fail-on", "new"], "--fail-on new needs --since REV"),
        (["{repo}", "--fail-on", "old"], "argument --fail-on: invalid choice: 'old'"),
        (["{repo}", "--staged", "--worktree"], "argument --worktree: not allowed with argument --staged"),
        (["{repo}", "--rev", "HEAD", "--staged"], "argument --staged: not allowed with argument --rev"),
        (["{repo}", "--staged"], "is a bare repository: it has no index and no work tree"),
        (["{repo}", "--worktree"], "is a bare repository: it has no index and no work tree"),
        (["{repo}", "--completion", "tcsh"], "argument --completion: invalid choice: 'tcsh'"),
        (["{repo}", "--jobs", "0"], "argument --jobs: must be a whole number from 1, not '0'"),
        (["{repo}", "--jobs", "two"], "argument --jobs: must be a whole number from 1, not 'two'"),
        (["{repo}", "--cache", "x", "--no-cache"], "not allowed with argument"),
        (["{repo}", "--rev", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["{repo}", "--rev", "^HEAD"], "has no branch, tag or commit '^HEAD'"),
        (["{repo}", "--rev=--all"], "has no branch, tag or commit '--all'"),
        (["{repo}", "--rev", ""], "has no branch, tag or commit ''"),
        (["{repo}", "--baseline", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["{repo}", "--config", "{tmp}/missing.toml"], "missing.toml: No such file or directory"),
        (["{repo}", "--config", "{tmp}"], "Is a directory"),
        (["{repo}", "--config", "/dev/zero"], "/dev/zero: the file is larger than 256 KiB"),
        (["{repo}", "--output", "{tmp}/no/folder/out.json"], "cannot write"),
        (["{repo}", "--output", "{tmp}"], "Is a directory"),
        (["{repo}", "--cache", "{file}"], "cannot keep facts in"),
        (["{tmp}/missing"], "There is no folder"),
        (["{file}"], "is not a folder"),
        (["{tmp}"], "is not a git repository"),
        ([""], "a path must not be empty"),
        (["{tmp}/new\nline"], "/new\\nline."),
        (["{tmp}/\x1b[31m"], "/\\x1b[31m."),
        (["{repo}", "--config", "{tmp}/new\nline"], "/new\\nline: No such file"),
        (["{repo}", "--output", "{tmp}/no/new\nline"], "/new\\nline: No such file"),
        (["{repo}", "--new\nline"], "unrecognized arguments: --new\\nline"),
        (["history", "{tmp}/new\nline"], "/new\\nline."),
        (["fix"], "the following arguments are required: PATH"),
        (["fix", "{repo}", "--rev", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["fix", "{repo}", "--rule", "import-cycle"], "argument --rule: invalid choice: 'import-cycle'"),
        (["fix", "{repo}", "--path", "/shop/**"], "must be a glob that starts at the repository's root"),
        (["fix", "{repo}", "--path", ""], "must be a glob that starts at the repository's root"),
        (["fix", "{tmp}"], "is not a git repository"),
        (["suggest"], "the following arguments are required: PATH"),
        (["suggest", "{repo}", "--rev", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["suggest", "{repo}", "--format", "json"], "unrecognized arguments: --format json"),
        (["suggest", "{tmp}"], "is not a git repository"),
        (["history"], "the following arguments are required: PATH"),
        (["history", "{repo}", "--limit", "0"], "argument --limit: must be a whole number from 1"),
        (["history", "{repo}", "--limit", "00"], "argument --limit: must be a whole number from 1, not '00'"),
        (["history", "{repo}", "--branch", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["history", "{repo}", "--baseline", "nowhere"], "has no branch, tag or commit 'nowhere'"),
        (["history", "{repo}", "--format", "text"], "argument --format: invalid choice"),
    ],
)
def test_a_refusal_is_one_clear_line(origin, tmp_path, run, words, sentence) -> None:
    origin.commit(CLEAN)
    file = tmp_path / "file.txt"
    file.write_text("no repository\n")
    filled = [word.format(repo=origin.path, tmp=tmp_path, file=file) for word in words]
    assert_refused(run(*filled), sentence)


def test_an_empty_repository_is_refused(origin, run) -> None:
    assert_refused(run(origin.path), "has no commits yet")
    assert_refused(run("history", origin.path), "has no commits yet")


def test_a_folder_inside_a_work_tree_is_refused_with_a_hint(origin, tmp_path, run) -> None:
    origin.commit(SMALL)
    origin.git("clone", "-q", str(origin.path), str(tmp_path / "work"))
    assert_refused(run(tmp_path / "work/shop"), f"It lies inside {tmp_path / 'work'}: name that folder.")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ('servces = ["shop"]', 'truthline.toml at {sha}: unknown key "servces" at the top level'),
        ('services = "shop"', 'truthline.toml at {sha}: "services" at the top level must be a list of texts'),
        ("[limits]\nfile_lines = 'x'", '"file_lines" in [limits] must be a whole number, not text'),
        ("services = [\n", "truthline.toml at {sha}: not valid TOML: Invalid value"),
    ],
)
def test_a_wrong_configuration_is_refused(origin, run, source, sentence) -> None:
    sha = origin.commit({**CLEAN, "truthline.toml": source})
    assert_refused(run(origin.path), sentence.format(sha=sha[:12]))


# Output


def test_the_output_file_is_complete_and_the_only_output(origin, tmp_path, run) -> None:
    origin.commit(SMALL)
    printed = run(origin.path, "--format", "json")[1]
    target = tmp_path / "out.json"
    target.write_text("old")
    assert run(origin.path, "--format", "json", "--output", target) == (PASS, "", "")
    assert target.read_text() == printed
    assert not list(tmp_path.glob(".*"))


def test_the_output_file_may_have_any_name(origin, tmp_path, run) -> None:
    origin.commit(SMALL)
    target = tmp_path / f"{'long' * 63}.md"
    assert run(origin.path, "--output", target)[0] == PASS
    assert "shop.git at " in target.read_text()


def test_a_folder_above_is_called_by_its_name(origin, run, monkeypatch) -> None:
    origin.commit(SMALL)
    monkeypatch.chdir(origin.path / "objects")
    assert "shop.git at " in run("..")[1]


def test_a_refused_scan_leaves_the_output_file_alone(origin, tmp_path, run) -> None:
    origin.commit({**CLEAN, "truthline.toml": "x"})
    target = tmp_path / "out.json"
    target.write_text("old")
    assert run(origin.path, "--output", target)[0] == REFUSED
    assert target.read_text() == "old"


def test_text_is_for_a_terminal(origin, run) -> None:
    origin.commit(SMALL)
    code, out, err = run(origin.path)
    assert (code, err) == (PASS, "")
    assert "shop.git at " in out
    assert "shop/orders.py:1" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_control_characters_of_a_repository_do_not_reach_the_terminal(origin, run) -> None:
    origin.commit({**SMALL, "shop/\x1b[31mred\u202e.py": "from shop.gone import a\n"})
    out = run(origin.path)[1]
    assert "\\x1b[31mred\\u202e.py:1" in out
    assert "\x1b" not in out


# History


def test_history_tells_what_every_commit_did(origin, run, scan) -> None:
    first = origin.commit(SMALL)
    second = origin.commit({"shop/orders.py": None})
    third = origin.commit({"shop/late.py": "from shop.never import x\n"})
    code, out, err = run("history", origin.path)
    assert (code, err) == (PASS, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [(line["commit"], line["parent"]) for line in lines] == [(first, None), (second, first), (third, second)]
    assert all(list(line) == ["commit", "parent", "introduced", "fixed", "moved", "score", "open"] for line in lines)
    opened = {v["fingerprint"] for v in lines[0]["introduced"]}
    assert len(opened) == lines[0]["open"] == len(scan(origin.path, "--rev", first)["violations"])
    gone = {v["fingerprint"] for v in lines[0]["introduced"] if v["path"] == "shop/orders.py"}
    assert set(lines[1]["fixed"]) == gone
    assert [v["path"] for v in lines[2]["introduced"]] == ["shop/late.py"]
    assert lines[2]["open"] == len(opened) - len(gone) + 1
    assert lines[2]["score"] == scan(origin.path)["score"]["value"]
    assert lines[1]["score"] == scan(origin.path, "--rev", second, "--baseline", third)["score"]["value"]


def test_history_limit_and_branch(origin, run) -> None:
    shas = [origin.commit({**CLEAN, "shop/n.py": f"n = {n}\n"}) for n in range(5)]
    lines = run("history", origin.path, "--branch", shas[3], "--limit", "2")[1].splitlines()
    assert [json.loads(line)["commit"] for line in lines] == [shas[2], shas[3]]
    assert json.loads(lines[0])["parent"] == shas[1]
    for limit, length in (("9" * 30, 5), ("0000000000002", 2)):
        assert len(run("history", origin.path, "--limit", limit)[1].splitlines()) == length


def test_history_does_not_score_what_cannot_be_compared(origin, run) -> None:
    origin.commit(CLEAN)
    origin.commit({f"shop/part{n}.py": CLASS.format(name=f"Part{n}", value=n) for n in range(60)})
    scores = [json.loads(line)["score"] for line in run("history", origin.path)[1].splitlines()]
    assert scores == [None, 100.0]


# Suggestions


def test_a_suggestion_is_read_back_and_used(origin, tmp_path, run, scan) -> None:
    origin.commit(SMALL)
    code, out, err = run("suggest", origin.path)
    assert (code, err) == (PASS, "")
    config = parse(out)
    assert [(one.symbol, one.module) for one in config.canonical] == [("Basket", "shop.cart")]
    (tmp_path / "kept.toml").write_text(out)
    [duplicate] = [
        v for v in scan(origin.path, "--config", tmp_path / "kept.toml")["violations"]
        if v["rule"] == "duplicate-definition"
    ]  # fmt: skip
    assert (duplicate["severity"], duplicate["path"]) == ("high", "shop/orders.py")


def test_a_suggestion_for_another_revision(origin, run) -> None:
    first = origin.commit(SMALL)
    origin.commit({"shop/orders.py": None, "src/web/__init__.py": "", "src/web/site.py": ""})
    assert parse(run("suggest", origin.path)[1]).services == ("shop", "web")
    assert parse(run("suggest", origin.path, "--rev", first)[1]).services == ("shop",)


def test_a_suggestion_does_not_read_the_configuration_that_is_there(origin, run) -> None:
    origin.commit({**SMALL, "truthline.toml": "broken ="})
    assert run("suggest", origin.path)[0] == PASS


def test_a_suggestion_for_no_python_at_all(origin, tmp_path, run) -> None:
    origin.commit({"README.md": "# Nothing here\n"})
    assert run("suggest", origin.path, "--output", tmp_path / "truthline.toml") == (PASS, "", "")
    assert parse((tmp_path / "truthline.toml").read_bytes()).canonical == ()


def test_control_characters_of_a_repository_do_not_reach_a_suggestion(origin, run) -> None:
    origin.commit({"shop/__init__.py": "", "\x1bred\x9b\u202e/c.py": "y = 2\n"})
    code, out, _ = run("suggest", origin.path)
    assert code == PASS
    assert parse(out).services == ("shop",)
    assert "\x1bred\x9b\u202e/**" in dict(parse(out).scopes)["scripts"]
    assert all(letter.isprintable() for line in out.split("\n") for letter in line)


# The process


def test_python_m_scanner_knows_its_name() -> None:
    done = command("--version")
    out, err = done.communicate()
    assert (done.returncode, err) == (0, b"")
    assert out.startswith(b"truthline ")


def test_a_reader_who_leaves_early_sees_no_traceback(origin) -> None:
    origin.commit_all([{"shop/n.py": f"from shop.gone{n} import x\n" * 500} for n in range(3)])
    process = command("history", origin.path, "--no-cache")
    process.stdout.close()
    err = process.stderr.read()
    assert (process.wait(), err) == (128 + signal.SIGPIPE, b"")


needs_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def redirected(words: list[str], closing: str) -> subprocess.CompletedProcess:
    line = shlex.join([sys.executable, "-m", "scanner", *words])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(["/bin/sh", "-c", f"{line} {closing}"], capture_output=True, env=environment, check=False)


@pytest.mark.parametrize(
    "words",
    [["{repo}"], ["history", "{repo}"], ["suggest", "{repo}"], ["--help"], ["--version"], ["--completion", "bash"]],
)
@pytest.mark.parametrize(
    ("closing", "reason"),
    [
        (">&-", "Bad file descriptor"),
        pytest.param(">/dev/full", "No space left on device", marks=needs_full_device),
    ],
)
def test_an_output_that_cannot_be_written_is_said(origin, words, closing, reason) -> None:
    origin.commit(SMALL)
    done = redirected([word.format(repo=origin.path) for word in words], closing)
    assert done.stderr.decode() == f"truthline: cannot write standard output: {reason}\n"
    assert done.returncode == REFUSED


@pytest.mark.parametrize("closing", ["<&-", "2>&-", "<&- 2>&-", pytest.param("2>/dev/full", marks=needs_full_device)])
def test_an_input_and_a_standard_error_are_not_needed(origin, run, closing) -> None:
    origin.commit({**SMALL, "shop/note.py": "x = 1  # truthline: allow[global-getter]\n"})
    expected = run(origin.path, "--no-cache")[1].encode()
    done = redirected([str(origin.path), "--no-cache"], closing)
    assert (done.returncode, done.stdout) == (PASS, expected)
    assert redirected([f"{origin.path}/nowhere"], closing).returncode == REFUSED
    assert redirected(["fix", str(origin.path)], closing).returncode == PASS


def test_no_stream_at_all_is_needed_for_a_file(origin, tmp_path) -> None:
    origin.commit(SMALL)
    done = redirected([str(origin.path), "--output", str(tmp_path / "out.txt")], "<&- >&- 2>&-")
    assert done.returncode == PASS
    assert (tmp_path / "out.txt").read_text().startswith("shop.git at ")


def test_an_interrupt_ends_it_quietly(origin, tmp_path) -> None:
    slow = "x = [" + "f'{a}{b}', " * 20_000 + "]\n"
    origin.commit({f"shop/big{n}.py": slow + f"# {n}\n" for n in range(60)})
    # A job that a shell runs in the background starts with SIGINT ignored, and its children too.
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = command(origin.path, "--jobs", "1", "--output", tmp_path / "out.txt", preexec_fn=listening)
    cache = tmp_path / "cache/truthline/facts.sqlite3"
    while not cache.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"truthline: interrupted\n")
    assert not [*tmp_path.glob("*out.txt*"), *tmp_path.glob(".*")]


# The cache


def documents(processes: list[subprocess.Popen]) -> list[dict]:
    told = [process.communicate(timeout=120) for process in processes]
    assert [(process.returncode, err) for process, (_, err) in zip(processes, told, strict=True)] == [(0, b"")] * len(
        told
    )
    return [json.loads(out) for out, _ in told]


def test_runs_at_once_and_a_killed_one_share_a_cache(origin, tmp_path) -> None:
    shared, words = tmp_path / "shared", ("--format", "json", "--jobs", "1")
    origin.commit({**SMALL, **{f"shop/n{n}.py": f"from shop.gone{n} import x\n" for n in range(300)}})
    expected = documents([command(origin.path, *words, "--no-cache")])[0]
    killed = command(origin.path, *words, "--cache", shared)
    while not (shared / "facts.sqlite3").exists():
        assert killed.poll() is None
    time.sleep(0.3)
    killed.kill()
    killed.communicate()
    for _ in range(2):
        runs = [command(origin.path, *words, "--cache", shared) for _ in range(3)]
        assert documents(runs) == [expected] * 3
    with sqlite3.connect(shared / "facts.sqlite3") as database:
        database.execute("UPDATE facts SET data = substr(data, 1, 40)")
    assert documents([command(origin.path, *words, "--cache", shared)]) == [expected]


def test_a_disk_without_room_is_only_slower(origin, tmp_path) -> None:
    """A limit on the size of files fails writes as a full disk does."""
    origin.commit({**SMALL, **{f"shop/n{n}.py": f"from shop.gone{n} import x\n" for n in range(300)}})
    words = (origin.path, "--format", "json", "--jobs", "1")
    expected = documents([command(*words, "--no-cache")])[0]
    small = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (30_000, 30_000))
    process = command(*words, "--output", "/dev/stdout", "--cache", tmp_path / "full", preexec_fn=small)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, json.loads(out)) == (0, expected)
    assert re.fullmatch(rb"truthline: going on without the cache of facts: [\w /]+\n", err)


def test_a_cache_that_cannot_be_made_is_only_slower(origin, run, monkeypatch) -> None:
    origin.commit(SMALL)
    code, out, err = run(origin.path, "--cache", "/proc/nowhere/cache")
    assert (code, err.count("\n")) == (PASS, 1)
    assert err.startswith("truthline: going on without a cache: cannot keep facts in /proc/nowhere/cache: ")
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert run(origin.path)[1:] == (out, err.replace("nowhere/cache", "nowhere/truthline"))


# The documentation

# A name that comes through another module, a call that does not fit, and a module that is deprecated.
DEPOT: dict[str, str | None] = {
    "truthline.toml": ('[[canonical]]\nsymbol = "Store"\nmodule = "shop.store"\n[[deprecated]]\nmodule = "shop.old"\n'),
    "shop/__init__.py": "",
    "shop/store.py": "class Store:\n    def __init__(self, name):\n        self.name = name\n",
    "shop/legacy.py": "from shop.store import Store\n\n\ndef find():\n    return None\n",
    "shop/orders.py": "from shop.legacy import Store, find\n\n\ndef order():\n    return find() or Store()\n",
    "shop/old.py": "RATE = 3\n",
    "shop/prices.py": "from shop.old import RATE\n",
}


def test_the_documented_examples_are_what_is_printed(tmp_path, monkeypatch, run, scan) -> None:
    page = (ROOT / "docs/cli.md").read_text()
    Origin(tmp_path / "shop.git").commit(SMALL)
    Origin(tmp_path / "depot.git").commit(DEPOT)
    till = Origin(tmp_path / "till.git")
    till.commit(SMALL)
    till.commit({"shop/late.py": "from shop.gone import thing\n", "shop/state.py": None})
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```console\n\$ truthline (.*)\n((?:.*\n)*?)```$", page, re.M)
    assert len(examples) == 5
    for words, printed in examples:
        _, out, err = run(*words.split())
        # A line of three dots stands for lines that are left out.
        expected = "(.*\n)*?".join(map(re.escape, printed.split("…\n")))
        assert re.fullmatch(expected, out + err), words
    [violation] = re.findall(r"^```json\n((?:.*\n)*?)```$", page, re.M)
    assert json.loads(violation) in scan("shop.git")["violations"]
    [config] = re.findall(r"^```toml\n((?:.*\n)*?)```$", page, re.M)
    assert dict(parse(config).scopes) == DEFAULT_SCOPES
    documented = set(re.findall(r"(?<=`)--[a-z-]+", page))
    options = {word for parser in parsers().values() for word in re.findall(r"--[a-z-]+", parser.format_help())}
    assert documented == options - {"--help", "--version"}
