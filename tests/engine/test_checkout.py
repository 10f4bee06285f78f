"""`--staged` and `--worktree`: what is not committed, as if it were, and nothing in the repository touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.checkouts import FAILED, GONE, PASS, REFUSED, Checkout
from tests.scanner.origin import CLASS, SMALL

ROOT = Path(__file__).resolve().parents[2]
ASIDE = ("commit", "epoch")


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path / "shop")


@pytest.fixture
def scan(run, checkout):
    """Scan to JSON and see to it that nothing in the repository changed."""

    def scan(*words: str) -> dict:
        before = checkout.fingerprint()
        _, out, err = run(checkout.path, "--format", "json", *words)
        assert checkout.fingerprint() == before
        assert err == ""
        return json.loads(out)

    return scan


def without_names(document: dict) -> dict:
    return {key: value for key, value in document.items() if key not in ASIDE}


CHANGES = [
    {"shop/late.py": GONE},
    {"shop/orders.py": None},
    {"shop/orders.py": None, "shop/purchases.py": "# edited\n" + str(SMALL["shop/orders.py"])},
    {"shop/state.py": "def (:\n"},
    {"truthline.toml": '[scopes]\ntests = ["shop/orders.py"]\n'},
    {"shop/größe.py": GONE, 'shop/a "b"\t.py': GONE},
    {"shop/notify.pyi": "", "shop/use.py": "from shop.notify import anything\n"},
    {"README.md": "other"},
]


@pytest.mark.parametrize("way", ["--staged", "--worktree"])
@pytest.mark.parametrize("change", CHANGES)
def test_it_is_as_if_committed(checkout, scan, change, way) -> None:
    """Score, findings, coverage, new and fixed are those of the commit that would come out of it."""
    before = checkout.commit(SMALL)
    (checkout.stage if way == "--staged" else checkout.write)(change)
    told = scan(way, "--since", "HEAD")
    assert told["commit"] == before
    assert told["epoch"] != scan("--since", "HEAD")["epoch"] or "README.md" in change
    checkout.commit(change if way == "--worktree" else {})
    assert without_names(told) == without_names(scan("--since", before))


def test_a_project_file_makes_its_folder_a_root(checkout, scan) -> None:
    """It is no file of the tree, so each kind of tree is asked for it."""
    checkout.commit({"web/stall/__init__.py": "", "web/stall/use.py": "from stall.gone import thing\n"})

    def broken(*words: str) -> int:
        return sum(v["rule"] == "unresolvable-import" for v in scan(*words)["violations"])

    checkout.write({"web/pyproject.toml": ""})
    assert [broken(way) for way in ("--staged", "--worktree")] == [0, 1]
    checkout.stage({"web/pyproject.toml": ""})
    assert [broken(), broken("--staged"), broken("--worktree")] == [0, 1, 1]
    checkout.commit()
    checkout.write({"web/pyproject.toml": None})
    assert [broken(), broken("--staged"), broken("--worktree")] == [1, 1, 0]


def test_without_a_change_it_is_the_commit(checkout, scan) -> None:
    checkout.commit(SMALL)
    assert without_names(scan("--staged")) == without_names(scan()) == without_names(scan("--worktree"))


def test_each_looks_at_its_own(checkout, scan) -> None:
    checkout.commit(SMALL)
    checkout.stage({"shop/staged.py": GONE})
    checkout.write({"shop/loose.py": GONE, "shop/staged.py": "x = 1\n"})

    def found(*words: str) -> set[str]:
        return {v["path"] for v in scan(*words)["violations"] if v["path"] not in SMALL}

    assert (found(), found("--staged"), found("--worktree")) == (set(), {"shop/staged.py"}, {"shop/loose.py"})


@pytest.mark.parametrize("way", ["--staged", "--worktree"])
def test_before_the_first_commit(checkout, run, scan, way) -> None:
    checkout.stage(SMALL)
    told = scan(way, "--since", "HEAD")
    assert told["commit"] == "0" * 40
    assert told["new"] == sorted(v["fingerprint"] for v in told["violations"])
    code, out, _ = run(checkout.path, way, "--since", "HEAD")
    assert code == FAILED
    assert "before the first commit" in out
    assert "Against nothing: 5 new, 0 fixed" in out
    checkout.git("rm", "-q", "-r", "--cached", "shop")
    assert scan("--staged")["files"]["python"] == 0
    assert run(checkout.path, "--since", "HEAD")[0] == REFUSED
    assert run(checkout.path, way, "--since", "main")[0] == REFUSED


def test_what_is_only_meant_to_be_added_is_not_committed(checkout, scan) -> None:
    checkout.commit(SMALL)
    checkout.write({"shop/later.py": GONE})
    checkout.git("add", "--intent-to-add", "shop/later.py")
    assert scan("--staged")["files"]["python"] == 5
    assert scan("--worktree")["files"]["python"] == 6


def test_a_conflict_is_refused_and_the_work_tree_still_scanned(checkout, run, scan) -> None:
    checkout.commit(SMALL)
    checkout.git("checkout", "-q", "-b", "other")
    checkout.commit({"shop/cart.py": "x = 1\n"})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"shop/cart.py": "x = 2\n"})
    subprocess.run(["git", "merge", "-q", "other"], cwd=checkout.path, capture_output=True)
    code, out, err = run(checkout.path, "--staged")
    assert (code, out, err.count("\n")) == (REFUSED, "", 1)
    assert "has unmerged paths (shop/cart.py): resolve them first." in err
    assert scan("--worktree")["files"] == {"python": 5, "analysed": 4, "unparsable": 1, "skipped": 0}


def test_a_sparse_checkout_is_whole(checkout, scan) -> None:
    checkout.commit({**SMALL, "other/__init__.py": "", "other/a.py": GONE})
    whole = scan("--worktree")
    checkout.git("sparse-checkout", "set", "--cone", "--sparse-index", "shop")
    assert not (checkout.path / "other").exists()
    assert scan("--worktree") == whole
    assert without_names(scan("--staged")) == without_names(whole)
    checkout.write({"other/a.py": "x = 1\n"})  # there again, and so looked at
    assert len(scan("--worktree")["violations"]) == len(whole["violations"]) - 1


def test_submodules_and_links_are_not_followed(checkout, tmp_path, scan) -> None:
    inner = Checkout(tmp_path / "inner")
    inner.commit({"a.py": GONE})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.py").write_text(GONE)
    checkout.commit(SMALL)
    checkout.git("submodule", "add", "-q", str(inner.path), "vendored")
    Checkout(checkout.path / "nested").commit({"b.py": GONE})
    (checkout.path / "shop/link.py").symlink_to(tmp_path / "outside/secret.py")
    (checkout.path / "folder").symlink_to(tmp_path / "outside")
    told = scan("--worktree")
    assert told["files"] == {"python": 6, "analysed": 5, "unparsable": 0, "skipped": 1}
    assert {v["path"] for v in told["violations"]} <= SMALL.keys()


def test_a_folder_that_became_a_link_is_not_followed(checkout, tmp_path, scan) -> None:
    checkout.commit({**SMALL, "lib/a.py": "x = 1\n"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.py").write_text(GONE)
    (checkout.path / "lib/a.py").unlink()
    (checkout.path / "lib").rmdir()
    (checkout.path / "lib").symlink_to(tmp_path / "outside")
    told = scan("--worktree")
    assert told["files"]["python"] == 5
    assert {v["path"] for v in told["violations"]} <= SMALL.keys()


def test_the_configuration_is_not_read_through_a_link(checkout, tmp_path, scan) -> None:
    checkout.commit(SMALL)
    (tmp_path / "else.toml").write_text("nonsense")
    (checkout.path / "truthline.toml").symlink_to(tmp_path / "else.toml")
    assert scan("--worktree")["files"]["python"] == 5


def test_ignored_files_are_left_out(checkout, scan) -> None:
    checkout.commit({**SMALL, ".gitignore": "build/\n", "build.py": ""})
    checkout.write({"build/a.py": GONE, "deep/.gitignore": "*_gen.py\n", "deep/a_gen.py": GONE, "deep/b.py": ""})
    assert scan("--worktree")["files"]["python"] == 7


def test_what_is_no_file_is_no_file(checkout, scan) -> None:
    checkout.commit({**SMALL, "shop/pipe.py": "", "shop/gone.py": "", "shop/folder.py": ""})
    for name in ("pipe", "gone", "folder"):
        (checkout.path / f"shop/{name}.py").unlink()
    os.mkfifo(checkout.path / "shop/pipe.py")
    (checkout.path / "shop/folder.py").mkdir()
    (checkout.path / "shop/folder.py/inside.py").write_text("")
    told = scan("--worktree")
    assert told["files"] == {"python": 6, "analysed": 6, "unparsable": 0, "skipped": 0}
    (checkout.path / "shop/pipe.py").unlink()  # git refuses to add a pipe
    checkout.git("add", "--all")
    assert without_names(scan("--staged")) == without_names(told)


def test_a_file_that_vanishes_meanwhile(checkout, monkeypatch, scan) -> None:
    """Listed, then gone before it is opened; or opened, then changed before it is parsed."""
    from scanner.engine import checkout as module

    checkout.commit(SMALL)
    checkout.write({"shop/late.py": GONE, "shop/orders.py": "x = 1\n"})
    opened = module.WorkTree._open

    def opening(self, raw: bytes) -> int | None:
        if raw == b"shop/cart.py":
            (checkout.path / "shop/cart.py").unlink()
        file = opened(self, raw)
        if raw == b"shop/late.py":
            (checkout.path / "shop/late.py").unlink()
        return file

    monkeypatch.setattr(module.WorkTree, "_open", opening)
    told = scan("--worktree")
    assert told["files"]["python"] == 5
    assert "shop/late.py" in {v["path"] for v in told["violations"]}


def test_a_large_new_file_is_named_too_large(checkout, scan) -> None:
    checkout.commit(SMALL)
    checkout.write({"shop/big.py": "x = 1\n" * 400_000, "shop/huge.py": "x = 1\n" * 1_500_000})
    told = scan("--worktree")
    assert told["files"] == {"python": 7, "analysed": 5, "unparsable": 2, "skipped": 0}
    checkout.commit({"shop/big.py": "x = 1\n" * 400_000, "shop/huge.py": "x = 1\n" * 1_500_000})
    assert without_names(scan()) == without_names(told)


def test_an_older_version_stands_for_a_file_that_cannot_be_read(checkout, scan) -> None:
    checkout.commit(SMALL)
    checkout.commit({"shop/orders.py": "def (:\n"})
    told = scan("--worktree")
    assert [v["rule"] for v in told["violations"] if v["path"] == "shop/orders.py"].count("unresolvable-import") == 1
    assert without_names(told) == without_names(scan())


def test_a_linked_work_tree_has_its_own_index(checkout, tmp_path, run, scan) -> None:
    checkout.commit(SMALL)
    checkout.git("worktree", "add", "-q", "-b", "second", str(tmp_path / "second"))
    (tmp_path / "second/shop/late.py").write_text(GONE)
    subprocess.run(["git", "add", "."], cwd=tmp_path / "second", check=True)
    found = {
        way: {v["path"] for v in json.loads(run(tmp_path / "second", way, "--format", "json")[1])["violations"]}
        for way in ("--staged", "--worktree")
    }
    assert all("shop/late.py" in paths for paths in found.values())
    assert "shop/late.py" not in {v["path"] for v in scan("--staged")["violations"]}


def test_the_git_folder_itself_has_no_work_tree(checkout, run) -> None:
    checkout.commit(SMALL)
    code, out, err = run(checkout.path / ".git", "--staged")
    assert (code, out) == (REFUSED, "")
    assert "it has no index and no work tree" in err


@pytest.mark.parametrize("way", ["--staged", "--worktree"])
def test_a_wrong_configuration_says_where(checkout, run, way) -> None:
    checkout.commit(SMALL)
    checkout.stage({"truthline.toml": "servces = 1"})
    code, out, err = run(checkout.path, way)
    assert (code, out, err.count("\n")) == (REFUSED, "", 1)
    assert f"truthline.toml in the {'index' if way == '--staged' else 'work tree'}: unknown key" in err


def test_the_text_says_what_was_scanned(checkout, run) -> None:
    sha = checkout.commit({"shop/__init__.py": "", "shop/cart.py": CLASS.format(name="Basket", value=1)})
    for way, words in (("--staged", "index"), ("--worktree", "work tree")):
        code, out, err = run(checkout.path, way, "--since", "HEAD")
        assert (code, err) == (PASS, "")
        assert out.startswith(f"shop {words} on {sha[:12]}\n")
        assert f"# No truthline.toml in the {words}." in out
        assert out.endswith(f"Against {sha[:12]}: 0 new, 0 fixed\n\nGate new: passed\n")


@pytest.mark.parametrize("words", [["-a"], ["--only", "shop/cart.py"], []])
def test_a_hook_sees_what_will_be_committed(checkout, tmp_path, words) -> None:
    """`git commit -a` and `git commit FILE` have an index of their own while hooks run."""
    checkout.commit(SMALL)
    hook = checkout.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m scanner . --staged --since HEAD\n")
    hook.chmod(0o755)
    checkout.write({"shop/cart.py": GONE})
    if not words:
        checkout.git("add", ".")
    done = subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "x", *words],
        cwd=checkout.path, capture_output=True, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 1
    assert b"new critical  unresolvable-import" in done.stdout + done.stderr


@pytest.mark.parametrize("by", ["its folder", "GIT_DIR"])
def test_an_index_that_lies_apart(checkout, tmp_path, scan, monkeypatch, by) -> None:
    """`GIT_INDEX_FILE=/tmp/index git commit` is what scripts do that leave the usual index alone."""
    checkout.commit(SMALL)
    checkout.write({"shop/cart.py": GONE})
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "apart"))
    checkout.git("add", "--all")
    assert scan("--staged", "--since", "HEAD")["new"] == []
    if by == "GIT_DIR":
        monkeypatch.setenv("GIT_DIR", str(checkout.path / ".git"))
    else:
        monkeypatch.chdir(checkout.path / "shop")
    new = scan("--staged", "--since", "HEAD")["new"]
    assert new
    assert new == scan("--worktree", "--since", "HEAD")["new"]


def test_the_index_of_another_repository_is_not_taken(checkout, tmp_path, scan, monkeypatch) -> None:
    other = Checkout(tmp_path / "other")
    other.commit({"a.py": GONE})
    checkout.commit(SMALL)
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    assert scan("--staged")["files"]["python"] == 5
    monkeypatch.chdir(checkout.path)
    assert scan("--staged")["files"]["python"] == 5
