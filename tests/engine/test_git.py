"""Reading git: real repositories, written by git itself, byte by byte where git would refuse."""

from __future__ import annotations

import os
import random
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.engine import git_objects
from scanner.engine.git import (
    LINK,
    Change,
    EmptyRepository,
    FileTooLarge,
    GitError,
    MissingObject,
    NotARepository,
    Repository,
    TreeTooLarge,
    UnknownRevision,
    check_ref_name,
    decode_path,
    encode_path,
)
from tests.scanner.origin import Origin, busy_history

AUTHOR = b"author A <a@b.c> 1700000000 +0000\n"
COMMITTER = b"committer A <a@b.c> 1700000001 +0000\n"


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")


def read(origin: Origin) -> Repository:
    return Repository(origin.path)


def put(origin: Origin, kind: str, content: bytes) -> str:
    """Write an object as it stands, however wrong, and return its id."""
    return origin.git("hash-object", "-t", kind, "-w", "--stdin", "--literally", stdin=content)


def put_tree(origin: Origin, *entries: tuple[str, bytes, str]) -> str:
    return put(origin, "tree", b"".join(f"{m} ".encode() + name + b"\0" + bytes.fromhex(s) for m, name, s in entries))


def put_commit(origin: Origin, head: bytes, message: bytes = b"\nWords\n", tree: str = "") -> str:
    sha = put(origin, "commit", f"tree {tree or put_tree(origin)}\n".encode() + head + message)
    origin.git("update-ref", "refs/heads/main", sha)
    return sha


def drop(origin: Origin, sha: str) -> None:
    """Take an object away, as a partial clone does."""
    origin.loose()
    (origin.path / "objects" / sha[:2] / sha[2:]).unlink()


# History ------------------------------------------------------------------------------------------------------------


def test_history_is_first_parents_oldest_first(origin: Origin) -> None:
    first = origin.commit({"a.py": "1"})
    second = origin.commit({"a.py": "2"})
    origin.commit_all([{"b.py": "1"}, {"b.py": "2"}], branch="side", base=first)
    merge = origin.git("commit-tree", "main^{tree}", "-p", "main", "-p", "side", "-m", "Merge")
    told = read(origin).history(merge)
    assert [(commit.sha, commit.parent, commit.merge) for commit in told] == [
        (first, None, False),
        (second, first, False),
        (merge, second, True),
    ]
    assert (told[0].author, told[0].email, told[0].committed_at, told[0].subject) == (
        *("Grace", "grace@example.org"),
        *(1_700_003_600, "Commit 1"),
    )


def test_history_in_parts(origin: Origin) -> None:
    shas = [origin.commit({"a.py": str(number)}) for number in range(6)]
    origin.commit_all([{"b.py": "1"}], branch="side", base=shas[0])
    source = read(origin)
    assert [commit.sha for commit in source.history(shas[5], after=shas[2])] == shas[3:]
    assert [commit.sha for commit in source.history(shas[5], limit=2)] == shas[4:]
    assert [commit.sha for commit in source.history(shas[5], after=shas[4], limit=3)] == shas[5:]
    assert [commit.sha for commit in source.history(shas[5], after=shas[1], limit=3)] == shas[3:]
    assert source.history(shas[5], after=shas[5]) == []
    assert source.history(shas[5], limit=0) == []
    with pytest.raises(UnknownRevision, match="first parents"):
        source.history(shas[5], after=origin.git("rev-parse", "side"))
    with pytest.raises(GitError):
        source.history("0" * 40)


def test_dates_do_not_order_the_history(origin: Origin) -> None:
    parent, shas = b"", []
    for date in (1_700_000_000, 0, 1_800_000_000, 5):
        committer = f"committer A <a@b.c> {date} +0000\n".encode()
        shas.append(put_commit(origin, parent + AUTHOR + committer))
        parent = f"parent {shas[-1]}\n".encode()
    assert [commit.sha for commit in read(origin).history(shas[-1])] == shas


A = ("A", "a@b.c", 1_700_000_000)
LATEST = 253_370_764_800
METADATA = [
    ("plain", AUTHOR + COMMITTER, b"\nWords\n", ("A", "a@b.c", 1_700_000_001, "Words")),
    ("no committer", AUTHOR, b"\nW\n", (*A, "W")),
    ("no author", COMMITTER, b"\nW\n", ("", "", 1_700_000_001, "W")),
    ("nobody", b"", b"\nW\n", ("", "", 0, "W")),
    ("no date", b"author A <a@b.c>\ncommitter A <a@b.c>\n", b"\nW\n", ("A", "a@b.c", 0, "W")),
    ("26 digits", AUTHOR + b"committer A <a> " + b"1" * 26 + b" +0000\n", b"\nW\n", ("A", "a@b.c", LATEST, "W")),
    ("5,000 digits", AUTHOR + b"committer A <a> " + b"9" * 5_000 + b" +0000\n", b"\nW\n", ("A", "a@b.c", LATEST, "W")),
    ("before 1970", b"author A <a> -5 +0000\ncommitter A <a> -9 +0000\n", b"\nW\n", ("A", "a", 0, "W")),
    ("odd zone", AUTHOR + b"committer A <a> 7 +999999\n", b"\nW\n", ("A", "a@b.c", 7, "W")),
    ("no zone", AUTHOR + b"committer A <a> 7\n", b"\nW\n", ("A", "a@b.c", 7, "W")),
    ("a word for a date", AUTHOR + b"committer A <a> yesterday\n", b"\nW\n", (*A, "W")),
    ("no e-mail", b"author A 1700000000 +0000\n", b"\nW\n", ("A", "", 1_700_000_000, "W")),
    ("brackets", b"author A <<b> c> 7 +0000\n", b"\nW\n", ("A", "<b", 7, "W")),
    ("open bracket", b"author A <b 7 +0000\n", b"\nW\n", ("A", "", 7, "W")),
    ("two authors", AUTHOR + b"author B <b> 7 +0000\n", b"\nW\n", (*A, "W")),
    ("not UTF-8", b"author \xff\xfe <\xe9@b> 7 +0000\n", b"\n\xc3(\n", ("\ufffd\ufffd", "\ufffd@b", 7, "\ufffd(")),
    ("latin-1, declared", b"author \xe9 <a> 7 +0000\nencoding ISO-8859-1\n", b"\n\xe9t\xe9\n", ("é", "a", 7, "été")),
    ("an encoding that is none", b"author A <a> 7 +0000\nencoding klingon\n", b"\nW\n", ("A", "a", 7, "W")),
    ("NUL in the message", AUTHOR, b"\nbefore\x00after\n", (*A, "before")),
    ("controls", b"author \x1b[31mA <a\x08> 7 +0000\n", b"\n\x1b[2Jx\n", ("\\x1b[31mA", "a\\x08", 7, "\\x1b[2Jx")),
    ("bidi", "author A\u202e <a> 7 +0000\n".encode(), "\n\u2066x\n".encode(), ("A\\u202e", "a", 7, "\\u2066x")),
    ("an emoji of several parts", AUTHOR, "\n👩\u200d🚀 up\n".encode(), (*A, "👩\u200d🚀 up")),
    ("no message", AUTHOR, b"", (*A, "")),
    ("an empty message", AUTHOR, b"\n\n\n", (*A, "")),
    ("blank lines first", AUTHOR, b"\n\n \nWords\nmore\n\nbody\n", (*A, "Words more")),
    ("a signature", AUTHOR + b"gpgsig -----\n author B <b> 9 +0000\n -----\n", b"\nW\n", (*A, "W")),
    ("long", b"author " + b"n" * 70_000 + b" <a> 7 +0000\n", b"\nW\n", ("n" * 200, "", 0, "")),
    ("a long subject", AUTHOR, b"\n" + b"w" * 100_000, (*A, "w" * 500)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "message", "expected"), [row[1:] for row in METADATA], ids=[row[0] for row in METADATA]
)
def test_metadata_of_strangers(origin: Origin, head: bytes, message: bytes, expected: tuple[object, ...]) -> None:
    sha = put_commit(origin, head, message)
    [told] = read(origin).history(sha)
    assert (told.author, told.email, told.committed_at, told.subject) == expected
    assert told.sha == sha


# Trees and paths ----------------------------------------------------------------------------------------------------


def test_tree_holds_python_and_what_can_stand_for_a_module(origin: Origin) -> None:
    blob = put(origin, "blob", b"x = 1\n")
    names = [b"a.py", b"b.pyi", b"c.pyx", b"d.so", b"e.pyd", b"f.txt", b"g.PY", b"py", b".py", b"h.py.txt"]
    inner = put_tree(origin, ("100755", b"run.py", blob), ("100664", b"old.py", blob))
    entries = [("100644", name, blob) for name in names]
    links = [("120000", b"la.py", blob), ("120000", b"lb", blob), ("120000", b"lc.txt", blob)]
    modules = [("160000", b"ma", "1" * 40), ("160000", b"mb.d", "1" * 40), ("160000", b"mc.py", "1" * 40)]
    tree = put_tree(origin, *entries, *links, *modules, ("40000", b"z", inner))
    told = read(origin).tree(put_commit(origin, AUTHOR + COMMITTER, tree=tree))
    assert told == dict.fromkeys(["a.py", "b.pyi", "c.pyx", "d.so", "e.pyd", ".py", "z/run.py", "z/old.py"], blob) | (
        dict.fromkeys(["la.py", "lb", "ma", "mc.py"], LINK)
    )


PATHS = [
    (b"caf\xc3\xa9.py", "café.py"),
    (b"caf\xe9.py", "caf\\xe9.py"),
    (b"\xed\xa0\x80.py", "\\xed\\xa0\\x80.py"),
    (b"a\\x41.py", "a\\x5cx41.py"),
    (b'new\nline\t".py', 'new\nline\t".py'),
    (b" .py", " .py"),
    (b"-x.py", "-x.py"),
    (b":(top)*.py", ":(top)*.py"),
    (b"\x1b\x01.py", "\x1b\x01.py"),
]


@pytest.mark.parametrize(("raw", "path"), PATHS)
def test_paths_of_any_bytes(origin: Origin, raw: bytes, path: str) -> None:
    blob = put(origin, "blob", b"x = 1\n")
    commit = put_commit(origin, AUTHOR + COMMITTER, tree=put_tree(origin, ("100644", raw, blob)))
    source = read(origin)
    assert source.tree(commit) == {path: blob}
    assert list(source.changes([commit])) == [[Change(path, None, blob)]]
    assert source.read(commit, path) == b"x = 1\n"
    assert source.path_versions(commit, [path]) == {path: [blob]}
    assert encode_path(path) == raw


@settings(deadline=None)
@given(st.binary(min_size=1))
def test_a_path_comes_back(raw: bytes) -> None:
    path = decode_path(raw)
    assert encode_path(path) == raw
    path.encode()  # no surrogates
    assert "\0" not in path or b"\0" in raw


def _nested(origin: Origin, levels: int, name: bytes = b"d") -> str:
    tree = put_tree(origin, ("100644", b"a.py", put(origin, "blob", b"")))
    for _ in range(levels):
        tree = put_tree(origin, ("40000", name, tree))
    return put_commit(origin, AUTHOR + COMMITTER, tree=tree)


@pytest.mark.parametrize(
    ("levels", "name", "words"),
    [
        (100, b"d", "nested more than 100"),
        (90, b"d" * 50, "longer than 4,096"),
        (99, b"d" * 3_000, "longer than 4,096"),
    ],
)
def test_paths_that_are_too_deep_or_long(origin: Origin, levels: int, name: bytes, words: str) -> None:
    commit = _nested(origin, levels, name)
    with pytest.raises(TreeTooLarge, match=words):
        read(origin).tree(commit)
    with pytest.raises(TreeTooLarge, match=words):
        list(read(origin).changes([commit]))


def test_the_deepest_path_there_may_be(origin: Origin) -> None:
    assert list(read(origin).tree(_nested(origin, 99))) == ["d/" * 99 + "a.py"]


def test_too_many_paths(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = origin.commit({f"{number}.txt": "" for number in range(11)})
    monkeypatch.setattr(git_objects, "MAX_ENTRIES", 11)
    assert read(origin).tree(commit) == {}
    monkeypatch.setattr(git_objects, "MAX_ENTRIES", 10)
    with pytest.raises(TreeTooLarge, match="more than 10 paths"):
        read(origin).tree(commit)
    monkeypatch.setattr(git_objects, "MAX_ENTRIES", 11)
    monkeypatch.setattr(git_objects, "MAX_TREE_BYTES", 500)
    with pytest.raises(TreeTooLarge, match="64 MB"):
        read(origin).tree(commit)


def test_a_tree_bomb(origin: Origin) -> None:
    """Ten folders of ten folders … ten levels deep: 10^10 paths out of twelve objects."""
    tree = put_tree(origin, *[("100644", b"f%d.py" % n, put(origin, "blob", b"")) for n in range(10)])
    for _ in range(9):
        tree = put_tree(origin, *[("40000", b"d%d" % n, tree) for n in range(10)])
    commit = put_commit(origin, AUTHOR + COMMITTER, tree=tree)
    with pytest.raises(TreeTooLarge, match="200,000 paths"):
        read(origin).tree(commit)


# Changes ------------------------------------------------------------------------------------------------------------


def test_changes_one_list_per_commit_in_the_order_given(origin: Origin) -> None:
    shas = [
        origin.commit({"a.py": "1", "b.txt": "1"}),
        origin.commit({"b.txt": "2"}),
        origin.commit({"a.py": "2", "c.pyi": "1"}),
        origin.commit({"a.py": None}),
    ]
    blob = {path: origin.git("rev-parse", path) for path in (f"{shas[0]}:a.py", f"{shas[2]}:a.py", f"{shas[2]}:c.pyi")}
    one, two, stub = blob.values()
    expected = [
        [Change("a.py", None, one)],
        [],
        [Change("a.py", one, two), Change("c.pyi", None, stub)],
        [Change("a.py", two, None)],
    ]
    source = read(origin)
    assert list(source.changes(shas)) == expected
    assert list(source.changes(shas[::-1])) == expected[::-1]
    assert list(source.changes([])) == []


def test_a_merge_is_compared_with_its_first_parent(origin: Origin) -> None:
    first = origin.commit({"a.py": "1"})
    main = origin.commit({"a.py": "2"})
    origin.commit_all([{"b.py": "1"}, {"b.py": "2"}], branch="side", base=first)
    tree = put_tree(
        origin,
        ("100644", b"a.py", origin.git("rev-parse", "main:a.py")),
        ("100644", b"b.py", origin.git("rev-parse", "side:b.py")),
    )
    merge = origin.git("commit-tree", tree, "-p", main, "-p", "side", "-m", "Merge")
    assert list(read(origin).changes([merge, main])) == [
        [Change("b.py", None, origin.git("rev-parse", "side:b.py"))],
        [Change("a.py", origin.git("rev-parse", f"{first}:a.py"), origin.git("rev-parse", f"{main}:a.py"))],
    ]


LONG = "".join(f"line_{number} = {number}\n" for number in range(40))


def test_renames(origin: Origin) -> None:
    shas = [
        origin.commit({"a.py": LONG, "b.py": "b = 1\n", "c.txt": LONG + "c"}),
        origin.commit({"a.py": None, "moved/a.py": LONG, "b.py": None, "d.py": "b = 1\n"}),
        origin.commit({"moved/a.py": None, "again.py": LONG + "more = 1\n"}),
        origin.commit({"c.txt": None, "c.py": LONG + "c"}),
        origin.commit({"again.py": None, "new.py": "nothing = 'alike'\n"}),
    ]
    told = [{change.path: change for change in changes} for changes in read(origin).changes(shas)]
    a, b = (origin.git("rev-parse", f"{shas[0]}:{path}") for path in ("a.py", "b.py"))
    assert told[1] == {
        "a.py": Change("a.py", a, None),
        "moved/a.py": Change("moved/a.py", None, a, "a.py"),
        "b.py": Change("b.py", b, None),
        "d.py": Change("d.py", None, b, "b.py"),
    }
    again = origin.git("rev-parse", f"{shas[2]}:again.py")
    assert told[2] == {
        "moved/a.py": Change("moved/a.py", a, None),
        "again.py": Change("again.py", None, again, "moved/a.py"),
    }
    assert [change.renamed_from for changes in told[3:] for change in changes.values()] == [None, None, None]


def test_links_and_modes(origin: Origin) -> None:
    blob = put(origin, "blob", b"b.py")
    trees = [
        [("100644", b"a.py", blob)],
        [("100755", b"a.py", blob)],
        [("120000", b"a.py", blob)],
        [("120000", b"a.py", put(origin, "blob", b"c.py"))],
        [("160000", b"a", "1" * 40)],
        [("160000", b"a", "2" * 40), ("120000", b"b.txt", blob)],
        [("100644", b"a", blob)],
        [("40000", b"a", put_tree(origin, ("100644", b"b.py", blob)))],
    ]
    parent, shas = b"", []
    for entries in trees:
        shas.append(put_commit(origin, parent + AUTHOR + COMMITTER, tree=put_tree(origin, *entries)))
        parent = f"parent {shas[-1]}\n".encode()
    assert list(read(origin).changes(shas)) == [
        [Change("a.py", None, blob)],
        [],
        [Change("a.py", blob, LINK)],
        [],
        [Change("a", None, LINK), Change("a.py", LINK, None)],
        [],
        [Change("a", LINK, None)],
        [Change("a/b.py", None, blob)],
    ]


def test_changes_add_up_to_the_tree(origin: Origin) -> None:
    origin.commit_all(busy_history(120))
    source = read(origin)
    tree: dict[str, str] = {}
    shas = [commit.sha for commit in source.history(source.resolve("main"))]
    for number, changes in enumerate(source.changes(shas)):
        for change in changes:
            assert tree.get(change.path) == change.old
            if change.new is None:
                del tree[change.path]
            else:
                tree[change.path] = change.new
        if number % 20 == 19:
            assert tree == source.tree(shas[number])


def test_commits_that_are_not_there(origin: Origin) -> None:
    sha = origin.commit({"a.py": "1"})
    told = read(origin).changes([sha, "1" * 40, sha])
    next(told)
    with pytest.raises(MissingObject, match="1111"):
        next(told)
    for wrong in ("main", "-p", "--stdin", "", sha[:12], sha.upper(), f"{sha}\n", f"{sha} {sha}"):
        with pytest.raises(UnknownRevision):
            list(read(origin).changes([wrong]))
        with pytest.raises(UnknownRevision):
            read(origin).tree(wrong)
        with pytest.raises(UnknownRevision):
            list(read(origin).blobs([wrong]))


def test_missing_files_that_are_no_python_do_not_matter(origin: Origin) -> None:
    first = origin.commit({"a.md": LONG + "m", "a.py": LONG})
    second = origin.commit({"a.md": None, "b.md": LONG + "n", "a.py": None, "b.py": LONG + "b"})
    drop(origin, origin.git("rev-parse", f"{first}:a.md"))
    [changes] = read(origin).changes([second])
    assert [(change.path, change.renamed_from) for change in changes] == [("a.py", None), ("b.py", "a.py")]


def test_a_missing_python_file_costs_only_the_guess_at_renames(origin: Origin) -> None:
    first = origin.commit({"a.py": LONG, "c.py": "c = 1\n"})
    second = origin.commit({"a.py": None, "b.py": LONG + "b", "c.py": None, "d.py": "c = 1\n"})
    third = origin.commit({"b.py": None, "e.py": LONG + "b"})
    missing = origin.git("rev-parse", f"{first}:a.py")
    drop(origin, missing)
    source = read(origin)
    told = [
        {change.path: change.renamed_from for change in changes} for changes in source.changes([first, second, third])
    ]
    assert told[1:] == [{"a.py": None, "b.py": None, "c.py": None, "d.py": "c.py"}, {"b.py": None, "e.py": "b.py"}]
    with pytest.raises(MissingObject, match="partial or damaged"):
        list(source.blobs([missing]))


# Contents -----------------------------------------------------------------------------------------------------------


def test_blobs_in_order_and_large_ones_left_out(origin: Origin) -> None:
    contents = [b"", b"x", b"a\nb\0c", b"y" * 1_000, b"z" * 1_001, bytes(range(256)) * 3]
    shas = [put(origin, "blob", content) for content in contents]
    told = list(read(origin).blobs(iter([*shas, shas[1]]), max_bytes=1_000))
    assert [sha for sha, _ in told] == [*shas, shas[1]]
    assert [content for _, content in told] == [*contents[:4], None, contents[5], b"x"]


def test_many_blobs_through_small_pipes(origin: Origin) -> None:
    contents = [random.Random(number).randbytes(number * 37 % 70_000) for number in range(60)]
    shas = [put(origin, "blob", content) for content in contents]
    assert [content for _, content in read(origin).blobs(shas)] == contents


def test_blobs_may_be_left_early(origin: Origin) -> None:
    shas = [put(origin, "blob", bytes([number]) * 100_000) for number in range(20)]
    told = read(origin).blobs(shas)
    assert next(told)[0] == shas[0]
    told.close()


def test_only_blobs_are_files(origin: Origin) -> None:
    commit = origin.commit({"a.py": "1"})
    for sha in (commit, origin.git("rev-parse", f"{commit}^{{tree}}"), "1" * 40):
        with pytest.raises(MissingObject):
            list(read(origin).blobs([sha]))


def test_read_one_file(origin: Origin) -> None:
    commit = origin.commit({"a/b.py": "x = 1\n", "a/[c].py": "y = 2\n", "big.py": "#" * ((2 << 20) + 1)})
    source = read(origin)
    assert source.read(commit, "a/b.py") == b"x = 1\n"
    assert source.read(commit, "a/[c].py") == b"y = 2\n"
    for path in (
        "a",
        "a/",
        "b.py",
        "",
        ".",
        "/a/b.py",
        "../a/b.py",
        "a/../a/b.py",
        "*.py",
        ":/a/b.py",
        "-r",
        "a/b.py/c",
    ):
        assert source.read(commit, path) is None, path
    with pytest.raises(FileTooLarge, match=r"big\.py is larger than 2 MiB"):
        source.read(commit, "big.py")


def test_versions_of_a_path(origin: Origin) -> None:
    steps: list[dict[str, str | None]] = [{"a.py": "1"}, {"b.py": "1"}, {"a.py": "2"}, {"a.py": None}, {"a.py": "3"}]
    shas = [origin.commit(step) for step in steps]
    blobs = [origin.git("rev-parse", f"{shas[number]}:a.py") for number in (4, 2, 0)]
    assert read(origin).path_versions(shas[-1], ["a.py"]) == {"a.py": blobs}
    assert read(origin).path_versions(shas[2], ["a.py"]) == {"a.py": blobs[1:]}
    b = origin.git("rev-parse", f"{shas[1]}:b.py")
    assert read(origin).path_versions(shas[-1], {"b.py", "a.py", "no.py"}) == {"a.py": blobs, "b.py": [b]}
    assert read(origin).path_versions(shas[-1], ["*.py"]) == {}


# Names --------------------------------------------------------------------------------------------------------------


def test_resolve(origin: Origin) -> None:
    first, second = origin.commit({"a.py": "1"}), origin.commit({"a.py": "2"})
    origin.git("-c", "user.name=A", "-c", "user.email=a", "tag", "-a", "-m", "t", "v1", first)
    source = read(origin)
    for name in ("main", "HEAD", "refs/heads/main", second, second[:10], "v1^{commit}~0^0~0", "main~0"):
        assert source.resolve(name) == (first if name.startswith("v1") else second)
    assert source.resolve("v1") == first
    assert source.find_ref("main") == ("refs/heads/main", second)
    assert source.find_ref("tags/v1") == ("refs/tags/v1", first)
    assert list(source.refs()) == [("refs/heads/main", second), ("refs/tags/v1", first)]
    assert source.is_ancestor(first, second)
    assert not source.is_ancestor(second, first)
    assert not source.is_ancestor("1" * 40, second)


def test_a_commit_is_found_by_its_message(origin: Origin) -> None:
    first, second = origin.commit({"a.py": "1"}), origin.commit({"a.py": "2"})
    subjects = [origin.git("log", "-1", "--format=%s", sha) for sha in (first, second)]
    assert subjects[0] != subjects[1]
    assert [read(origin).resolve(f":/{subject}") for subject in subjects] == [first, second]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-",
        "--all",
        "--output=x",
        "no-such",
        "main:a.py",
        ":a.py",
        ":/never said",
        "HEAD^{tree}",
        "a\nb",
        "a\0b",
        "1" * 40,
        "x" * 2_000,
        "\udcff",
    ],
)
def test_names_that_are_no_commit(origin: Origin, name: str) -> None:
    origin.commit({"a.py": "1"})
    with pytest.raises(UnknownRevision):
        read(origin).resolve(name)
    with pytest.raises(UnknownRevision):
        read(origin).find_ref(name)


def test_a_tag_of_a_tree_is_no_ref_to_track(origin: Origin) -> None:
    origin.commit({"a.py": "1"})
    origin.git("tag", "tree", "main^{tree}")
    assert [ref.name for ref in read(origin).refs()] == ["refs/heads/main"]
    with pytest.raises(UnknownRevision):
        read(origin).find_ref("tree")


@pytest.mark.parametrize("name", ["main", "feature/x-1", "v1.0", "ünïcode", "refs/heads/a", "a@b", "1", "a" * 250])
def test_names_for_refs(name: str) -> None:
    assert check_ref_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "-x",
            "--upload-pack=x",
            "a b",
            "a..b",
            "a:b",
            "a~1",
            "a^",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "a//b",
            "/a",
            "a/",
        ),
        *(
            "a.lock",
            "a.lock/b",
            ".a",
            "a/.b",
            "a.",
            "@",
            "a@{1}",
            "a\nb",
            "a\0b",
            "a\x7f",
            "\u202ea",
            "a" * 251,
            "\ud800",
        ),
    ],
)
def test_names_refs_cannot_have(name: str) -> None:
    assert not check_ref_name(name)


# Kinds of repositories ----------------------------------------------------------------------------------------------


def test_a_path_that_is_no_repository(tmp_path: Path, origin: Origin) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / ".git").write_text("gitdir: /nowhere\n")
    for name, written in [("unnamed", b""), ("wordless", b"../tree/.git"), ("cut", b"gitdir: /\0tree\n")]:
        (tmp_path / name).mkdir()
        (tmp_path / name / ".git").write_bytes(written)
    (tmp_path / "hollow" / ".git").mkdir(parents=True)
    (tmp_path / "half" / "objects").mkdir(parents=True)
    (tmp_path / "half" / "HEAD").write_text("nonsense\n")
    for name, words in [
        ("plain", "is not a git repository"),
        ("file", "is not a folder"),
        ("nowhere", "There is no folder"),
        ("broken", "is not a git repository"),
        ("unnamed", "its file .git names no folder"),
        ("wordless", "its file .git names no folder"),
        ("cut", "its file .git names no folder"),
        ("hollow", "is not a git repository"),
        ("half", "is not a git repository"),
        ("x" * 300, "cannot be read"),
    ]:
        with pytest.raises(NotARepository, match=words):
            Repository(tmp_path / name)


def _work_tree(origin: Origin, path: Path, *options: str) -> Path:
    subprocess.run(
        ["git", "clone", "-q", *options, f"file://{origin.path}", str(path)], check=True, capture_output=True
    )
    return path


def test_a_work_tree_is_named_by_its_top(tmp_path: Path, origin: Origin) -> None:
    sha = origin.commit({"a/b.py": "1"})
    tree = _work_tree(origin, tmp_path / "tree")
    assert Repository(tree).resolve("HEAD") == sha
    with pytest.raises(NotARepository, match="It lies inside"):
        Repository(tree / "a")


@pytest.mark.parametrize("name", ["tree", "new\nline", "return\r", " blank ", os.fsdecode(b"\xff")])
def test_a_linked_work_tree(tmp_path: Path, origin: Origin, name: str) -> None:
    sha = origin.commit({"a.py": "1"})
    tree = _work_tree(origin, tmp_path / name)
    subprocess.run(
        ["git", "worktree", "add", "-q", "-b", "other", "../linked"], cwd=tree, check=True, capture_output=True
    )
    linked = Repository(tmp_path / "linked")
    assert linked.head_ref == "refs/heads/other"
    assert list(linked.tree(linked.resolve("HEAD"))) == ["a.py"]
    assert linked.resolve("HEAD") == sha


def test_a_submodule(tmp_path: Path, origin: Origin) -> None:
    sha = origin.commit({"a.py": "1"})
    outer = _work_tree(origin, tmp_path / "outer")
    subprocess.run(
        ["git", "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(origin.path), "inner"],
        cwd=outer, check=True, capture_output=True,
    )  # fmt: skip
    assert (outer / "inner" / ".git").is_file()
    assert Repository(outer / "inner").resolve("HEAD") == sha


def test_a_repository_without_config(origin: Origin) -> None:
    sha = origin.commit({"a.py": "1"})
    (origin.path / "config").unlink()
    assert read(origin).resolve("main") == sha


def test_empty_detached_and_dangling(tmp_path: Path, origin: Origin) -> None:
    with pytest.raises(EmptyRepository, match="no commits yet"):
        read(origin).resolve("HEAD")
    sha = origin.commit({"a.py": "1"})
    origin.git("symbolic-ref", "HEAD", "refs/heads/gone")
    with pytest.raises(UnknownRevision, match="points to refs/heads/gone, which does not exist"):
        read(origin).resolve("HEAD")
    (origin.path / "HEAD").write_text(f"{sha}\n")
    assert read(origin).head_ref is None
    assert read(origin).resolve("HEAD") == sha


def test_a_shallow_clone(tmp_path: Path, origin: Origin) -> None:
    shas = [origin.commit({"a.py": str(number)}) for number in range(3)]
    shallow = Repository(_work_tree(origin, tmp_path / "shallow", "--depth=2"))
    assert shallow.is_shallow
    assert not read(origin).is_shallow
    told = shallow.history(shas[2])
    assert [(commit.sha, commit.parent) for commit in told] == [(shas[1], None), (shas[2], shas[1])]
    [root, last] = shallow.changes(shas[1:])
    assert [(change.path, change.old is None) for change in root + last] == [("a.py", True), ("a.py", False)]


def test_alternates(tmp_path: Path, origin: Origin) -> None:
    sha = origin.commit({"a.py": "1"})
    other = Origin(tmp_path / "other")
    (other.path / "objects/info/alternates").write_text(f"{origin.path}/objects\n")
    assert list(read(other).tree(sha)) == ["a.py"]


def test_a_partial_clone_fetches_nothing(tmp_path: Path, origin: Origin) -> None:
    sha = origin.commit({"a.py": "1"})
    origin.git("config", "uploadpack.allowFilter", "true")
    partial = Repository(_work_tree(origin, tmp_path / "partial", "--filter=blob:none", "--no-checkout"))
    [blob] = partial.tree(sha).values()
    with pytest.raises(MissingObject, match="partial"):
        list(partial.blobs([blob]))


def test_sha256_has_a_name(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(tmp_path / "long")], check=True)
    assert Repository(tmp_path / "long").object_format == "sha256"


def test_somebody_elses_checkout(tmp_path: Path, origin: Origin) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    sha = origin.commit({"a.py": "1"})
    tree = _work_tree(origin, tmp_path / "tree")
    for path in (tree, *tree.rglob("*")):
        os.chown(path, 65534, 65534)
    assert list(Repository(tree).tree(sha)) == ["a.py"]


def test_replaced_objects_grafts_and_forged_graphs_change_nothing(origin: Origin) -> None:
    first, second = origin.commit({"a.py": "1"}), origin.commit({"a.py": "2"})
    fake = put(origin, "blob", b"forged")
    blob = origin.git("rev-parse", f"{second}:a.py")
    origin.git("replace", blob, fake)
    (origin.path / "info").mkdir(exist_ok=True)
    (origin.path / "info" / "grafts").write_text(f"{second}\n")
    source = read(origin)
    assert dict(source.blobs([blob])) == {blob: b"2"}
    assert [commit.sha for commit in source.history(second)] == [first, second]


def test_settings_of_the_repository_run_nothing(origin: Origin, tmp_path: Path) -> None:
    first = origin.commit({"a.py": LONG})
    second = origin.commit({"a.py": None, "b.py": LONG + "b"})
    canary = tmp_path / "canary"
    run = f"touch {canary}; false"
    for key in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand", "core.editor", "gpg.program"),
        *("diff.external", "diff.x.textconv", "diff.x.command", "filter.x.smudge", "pager.log", "pager.ls-tree"),
        *("alias.log", "alias.ls-tree", "credential.helper", "uploadpack.packObjectsHook"),
    ):
        origin.git("config", key, f"!{run}" if key.startswith(("alias", "credential")) else run)
    for key, value in (
        *(("log.showSignature", "true"), ("diff.renames", "false"), ("log.follow", "true"), ("diff.relative", "true")),
        *(
            ("core.attributesFile", str(tmp_path / "attributes")),
            ("core.hooksPath", str(tmp_path)),
            ("log.date", "iso"),
        ),
        *(("diff.orderFile", "/nowhere"), ("core.quotePath", "true"), ("log.decorate", "full"), ("color.ui", "always")),
        *(
            ("core.worktree", "/"),
            ("diff.noprefix", "true"),
            ("i18n.logOutputEncoding", "latin-1"),
            ("format.pretty", "x"),
        ),
    ):
        origin.git("config", key, value)
    (tmp_path / "attributes").write_text("*.py diff=x filter=x\n")
    (origin.path / "info").mkdir(exist_ok=True)
    (origin.path / "info" / "attributes").write_text("*.py diff=x filter=x\n")
    source = read(origin)
    assert [commit.sha for commit in source.history(second)] == [first, second]
    assert [change.renamed_from for changes in source.changes([second]) for change in changes] == [None, "a.py"]
    assert source.read(second, "b.py") == (LONG + "b").encode()
    assert len(source.path_versions(second, ["a.py"])["a.py"]) == 1
    assert list(source.tree(second)) == ["b.py"]
    assert not canary.exists()


def test_a_damaged_object_is_one_sentence(origin: Origin) -> None:
    commit = origin.commit({"a.py": "1"})
    blob = origin.git("rev-parse", f"{commit}:a.py")
    tree = origin.git("rev-parse", f"{commit}^{{tree}}")
    origin.loose()
    for sha, content in ((blob, b"nonsense"), (tree, zlib.compress(b"tree 3\0abc"))):
        path = origin.path / "objects" / sha[:2] / sha[2:]
        path.chmod(0o644)
        path.write_bytes(content)
    source = read(origin)
    for call in (
        lambda: list(source.blobs([blob])),
        lambda: source.tree(commit),
        lambda: list(source.changes([commit])),
    ):
        with pytest.raises(GitError) as caught:
            call()
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith(".") or str(caught.value).endswith("?")


def test_no_git_is_one_sentence(origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="needs git"):
        Repository(origin.path)
