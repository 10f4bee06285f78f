"""Git repositories of strangers: how each is made, and what becomes of it.

Every one holds the same two definitions of a class, if it holds anything: a right scan finds exactly that.
"""

from __future__ import annotations

import os
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.scanner.origin import CLASS, Origin

HONEST: dict[str, str | bytes | None] = {
    "shop/__init__.py": "",
    "shop/a.py": CLASS.format(name="Basket", value=1),
    "shop/b.py": CLASS.format(name="Basket", value=2),
}
PERSON = b"A <a@example.org> 1700000000 +0000"
HEAD = b"author " + PERSON + b"\ncommitter " + PERSON + b"\n"


class Hostile(NamedTuple):
    """`make` fills a bare repository and may name another path to scan. `scan` and `connect` are what the sentence of
    the refusal says, "" for a right scan. `more` are paths that a right scan reports beside the honest one."""

    make: Callable[[Origin], Path | None]
    scan: str = ""
    connect: str = ""
    more: frozenset[str] = frozenset()


def put(origin: Origin, kind: str, content: bytes) -> str:
    """Write an object as it stands, however wrong, and return its id."""
    return origin.git("hash-object", "-t", kind, "-w", "--stdin", "--literally", stdin=content)


def put_tree(origin: Origin, *entries: tuple[str, bytes, str]) -> str:
    return put(origin, "tree", b"".join(f"{m} ".encode() + name + b"\0" + bytes.fromhex(s) for m, name, s in entries))


def put_commit(origin: Origin, tree: str, head: bytes = HEAD, message: bytes = b"\nWords\n") -> str:
    sha = put(origin, "commit", f"tree {tree}\n".encode() + head + message)
    origin.git("update-ref", "refs/heads/main", sha)
    return sha


def honest(origin: Origin) -> str:
    return origin.commit(HONEST)


def shop(origin: Origin) -> tuple[str, bytes, str]:
    """The entry of a tree that holds what every repository holds."""
    return "40000", b"shop", origin.git("rev-parse", f"{honest(origin)}:shop")


def loose(origin: Origin) -> None:
    """Give every object a file of its own."""
    for pack in (origin.path / "objects" / "pack").glob("*.pack"):
        content = pack.read_bytes()
        for file in pack.parent.iterdir():
            file.unlink()
        origin.git("unpack-objects", "-q", stdin=content)


def object_file(origin: Origin, name: str) -> Path:
    loose(origin)
    sha = origin.git("rev-parse", name)
    path = origin.path / "objects" / sha[:2] / sha[2:]
    path.chmod(0o644)
    return path


def with_entries(*entries: tuple[str, bytes, bytes]) -> Callable[[Origin], None]:
    """Add (mode, name, content of a blob) to the honest tree, in whatever order."""

    def make(origin: Origin) -> None:
        kept = shop(origin)
        made = [(mode, name, put(origin, "blob", content)) for mode, name, content in entries]
        put_commit(origin, put_tree(origin, kept, *made))

    return make


def with_folder(*names: bytes) -> Callable[[Origin], None]:
    """Add folders of those names, each with a file in it."""

    def make(origin: Origin) -> None:
        kept = shop(origin)
        inner = put_tree(origin, ("100644", b"c.py", put(origin, "blob", b"x = 1\n")))
        put_commit(origin, put_tree(origin, kept, *(("40000", name, inner) for name in names)))

    return make


def with_head(head: bytes, message: bytes = b"\nWords\n") -> Callable[[Origin], None]:
    """Write the commit with that head and message."""
    return lambda origin: put_commit(origin, put_tree(origin, shop(origin)), head, message) and None


def without(name: str) -> Callable[[Origin], None]:
    """Take an object away."""

    def make(origin: Origin) -> None:
        honest(origin)
        object_file(origin, name).unlink()

    return make


def damaged(name: str, content: bytes) -> Callable[[Origin], None]:
    """Write something else into the file of an object."""

    def make(origin: Origin) -> None:
        honest(origin)
        object_file(origin, name).write_bytes(content)

    return make


def with_file(path: str, content: str | bytes, *, mode: int = 0o644) -> Callable[[Origin], None]:
    """Write a file of the repository itself."""

    def make(origin: Origin) -> None:
        honest(origin)
        file = origin.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)

    return make


def settings(*pairs: tuple[str, str]) -> Callable[[Origin], None]:
    """Configure the repository itself."""

    def make(origin: Origin) -> None:
        honest(origin)
        for key, value in pairs:
            origin.git("config", key, value.replace("CANARY", f"touch {origin.path.parent}/canary"))

    return make


def pack(edit: Callable[[bytes], bytes], ending: str = "pack") -> Callable[[Origin], None]:
    """Edit the bytes of the pack, or of its index."""

    def make(origin: Origin) -> None:
        honest(origin)
        origin.git("repack", "-adq")
        [file] = (origin.path / "objects" / "pack").glob(f"*.{ending}")
        file.chmod(0o644)
        file.write_bytes(edit(file.read_bytes()))

    return make


def nested(levels: int, name: bytes) -> Callable[[Origin], None]:
    """Nest folders that deep."""

    def make(origin: Origin) -> None:
        kept = shop(origin)
        tree = put_tree(origin, ("100644", b"a.py", put(origin, "blob", b"x = 1\n")))
        for _ in range(levels):
            tree = put_tree(origin, ("40000", name, tree))
        put_commit(origin, put_tree(origin, kept, ("40000", name, tree)))

    return make


def tree_bomb(origin: Origin) -> None:
    """10^10 paths from 12 objects."""
    tree = put_tree(origin, *(("100644", f"{n}.py".encode(), put(origin, "blob", b"")) for n in range(10)))
    for _ in range(9):
        tree = put_tree(origin, *(("40000", f"{n}".encode(), tree) for n in range(10)))
    put_commit(origin, tree)


def many_files(count: int, name: str) -> Callable[[Origin], None]:
    def make(origin: Origin) -> None:
        blob = put(origin, "blob", b"")
        put_commit(origin, put_tree(origin, *(("100644", name.format(n).encode(), blob) for n in range(count))))

    return make


def octopus(origin: Origin) -> None:
    """A merge of 60 roots, some of them twice."""
    tree = put_tree(origin, shop(origin))
    roots = [put_commit(origin, tree, HEAD, b"\nRoot %d\n" % number) for number in range(60)]
    put_commit(origin, tree, b"".join(f"parent {sha}\n".encode() for sha in [*roots, *roots[:3]]) + HEAD)


def replaced(origin: Origin) -> None:
    head = honest(origin)
    blob = origin.git("rev-parse", f"{head}:shop/b.py")
    origin.git("replace", blob, put(origin, "blob", b"def broken(:\n"))
    (origin.path / "info").mkdir(exist_ok=True)
    (origin.path / "info" / "grafts").write_text(f"{head} {'1' * 40}\n")


def many_refs(origin: Origin) -> None:
    head = honest(origin)
    lines = [f"{head} refs/heads/branch-{number:06}\n" for number in range(100_000)]
    (origin.path / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))


def odd_refs(origin: Origin) -> None:
    head = honest(origin)
    names = ["--upload-pack=touch x", "-x", "a..b", "a b", "a\\b", "a~1", "\u202egnp", "x" * 3_000, "a.lock", "@{0}"]
    lines = [f"{head} refs/heads/{name}\n" for name in sorted(names)]
    (origin.path / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))


def clone(*options: str) -> Callable[[Origin], Path]:
    def make(origin: Origin) -> Path:
        for value in ("0", "1"):
            origin.commit({**HONEST, "c.txt": value})
        path = origin.path.parent / "clone"
        command = ["git", "clone", "-q", *options, f"file://{origin.path}", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path

    return make


def long_ids(origin: Origin) -> Path:
    path = origin.path.parent / "long"
    subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", str(path)], check=True)
    for name, content in HONEST.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(str(content))
    person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(path), "add", "."], check=True)
    subprocess.run(["git", "-C", str(path), *person, "commit", "-qm", "Words"], check=True)
    return path


def detached(origin: Origin) -> None:
    (origin.path / "HEAD").write_text(f"{honest(origin)}\n")


def head_is_a_blob(origin: Origin) -> None:
    (origin.path / "HEAD").write_text(origin.git("rev-parse", f"{honest(origin)}:shop/a.py") + "\n")


def pushed_over(origin: Origin) -> None:
    """The commit before was replaced, and is gone for good."""
    honest(origin)
    put_commit(origin, put_tree(origin, shop(origin)), HEAD, b"\nAnother\n")
    origin.git("reflog", "expire", "--expire=now", "--all")
    origin.git("gc", "-q", "--prune=now")


def another(path: str, content: str = "") -> Callable[[Origin], Path]:
    """Name a path beside the repository; with content, a file."""

    def make(origin: Origin) -> Path:
        honest(origin)
        file = origin.path.parent / path
        if content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return file if file.name != ".git" else file.parent

    return make


def alternates(lines: str) -> Callable[[Origin], None]:
    return with_file("objects/info/alternates", lines)


def of_others(origin: Origin) -> Path:
    """A work tree that belongs to somebody else, with its index locked."""
    path = clone()(origin)
    (path / ".git" / "index.lock").write_text("")
    if os.geteuid() == 0:
        for file in (path, *path.rglob("*")):
            os.chown(file, 65534, 65534)
    return path


def looped(origin: Origin) -> None:
    """Links that lead to each other, to themselves, out of the repository, and to a password file."""
    targets = ((b"c.py", b"d.py"), (b"d.py", b"c.py"), (b"e", b"."), (b"f.py", b"/etc/passwd"), (b"g", b"../../.."))
    with_entries(*(("120000", name, target) for name, target in targets))(origin)


def submodules(origin: Origin) -> None:
    kept = shop(origin)
    gone = [("160000", name, "1" * 40) for name in (b"lib", b"lib.py", b"shop.d")]
    modules = put(
        origin, "blob", b'[submodule "lib"]\n\tpath = lib\n\turl = ext::sh -c touch% x\n\tupdate = !touch x\n'
    )
    put_commit(origin, put_tree(origin, ("100644", b".gitmodules", modules), *gone, kept))


def modes(origin: Origin) -> None:
    kept = shop(origin)
    blob = put(origin, "blob", b"x = 1\n")
    odd = ["100664", "100600", "100755", "100777", "0100644", "100000", "107777"]
    put_commit(origin, put_tree(origin, *((mode, f"{mode}.py".encode(), blob) for mode in odd), kept))


def swapped(mode: str, name: bytes, what: str) -> Callable[[Origin], None]:
    """An entry that says it is a folder and is none, or the other way round."""

    def make(origin: Origin) -> None:
        kept = shop(origin)
        wrong = put(origin, "blob", b"x = 1\n") if what == "blob" else kept[2]
        put_commit(origin, put_tree(origin, (mode, name, wrong), kept))

    return make


LARGE = b"x = 1\n" * 600_000
NAMES = [b"a\nb.py", b"a\tb.py", b'"a".py', b"a'b.py", b"\xff\xfe.py", "\u202egnp.py".encode(), b"a\\b.py", b"-x.py",
         b"--output=x.py", b" .py", b"*.py", b"$(touch x).py", b"<script>.py", b"\x1b[2Jx.py", b":(top)x.py", b"a;b.py",
         b".py", b"CON.py", b"%s{0}.py"]  # fmt: skip
EXECUTED = [
    *(("core.fsmonitor", "CANARY"), ("core.hooksPath", "."), ("core.sshCommand", "CANARY"), ("core.pager", "CANARY")),
    *(
        ("diff.external", "CANARY"),
        ("diff.x.textconv", "CANARY"),
        ("filter.x.smudge", "CANARY"),
        ("core.editor", "CANARY"),
    ),
    *(
        ("filter.x.process", "CANARY"),
        ("alias.ls-tree", "!CANARY"),
        ("alias.cat-file", "!CANARY"),
        ("gpg.program", "CANARY"),
    ),
    *(("credential.helper", "!CANARY"), ("uploadpack.packObjectsHook", "CANARY"), ("core.gitProxy", "CANARY")),
    *(("core.alternateRefsCommand", "CANARY"), ("core.askPass", "CANARY"), ("include.path", "/dev/zero.none")),
]

REPOSITORIES = {
    # What paths may be called.
    "odd names": Hostile(with_entries(*(("100644", name, b"x = 1\n") for name in NAMES))),
    "folders called .. and .git": Hostile(with_folder(b"..", b".", b".git", b".GIT", b"git~1", b"~")),
    "a name with slashes": Hostile(with_entries(("100644", b"x/../../y.py", b"x = 1\n"), ("100644", b"/z.py", b""))),
    "a name twice": Hostile(with_entries(("100644", b"c.py", b"x = 1\n"), ("100644", b"c.py", b"x = 2\n"))),
    "a file and a folder of one name": Hostile(
        lambda origin: (
            put_commit(
                origin,
                put_tree(
                    origin,
                    shop(origin),
                    ("100644", b"c.py", put(origin, "blob", b"x = 1\n")),
                    ("40000", b"c.py", put_tree(origin, ("100644", b"d.py", put(origin, "blob", b"x = 1\n")))),
                ),
            )
            and None
        )
    ),
    "names that differ in case and form": Hostile(
        with_entries(*(("100644", name.encode(), b"x = 1\n") for name in ("C.py", "c.py", "e\u0301.py", "\u00e9.py")))
    ),
    "a folder called c.py": Hostile(with_folder(b"c.py")),
    "links in circles": Hostile(looped),
    "submodules": Hostile(submodules),
    "odd modes": Hostile(modes),
    "a folder that is a file": Hostile(swapped("40000", b"c", "blob"), "(?i)tree", "(?i)tree"),
    "a Python file that is a folder": Hostile(
        swapped("100644", b"c.py", "tree"),
        "is not in the repository",
        "is not in the repository|could not read|damaged clone",
    ),
    # How much there may be.
    "a tree bomb": Hostile(tree_bomb, "more than 200,000 paths", "more than 200,000 paths"),
    "200,001 files": Hostile(many_files(200_001, "{}.py"), "more than 200,000 paths", "more than 200,000 paths"),
    "64 MB of paths": Hostile(many_files(20_000, "{:04000}.py"), "64 MB", "64 MB"),
    "a path of 5,000 bytes": Hostile(nested(20, b"d" * 240), "longer than 4,096 bytes", "longer than 4,096 bytes"),
    "a path of 4,000 bytes": Hostile(nested(15, b"d" * 240)),
    "a folder of 3,900 bytes": Hostile(with_folder(os.urandom(1_950).hex().encode())),
    "150 folders in each other": Hostile(nested(150, b"d"), "more than 100 deep", "more than 100 deep"),
    "90 folders in each other": Hostile(nested(90, b"d")),
    "a file of 3 MB": Hostile(with_entries(("100644", b"c.py", LARGE)), more=frozenset({"c.py"})),
    "100,000 branches": Hostile(many_refs),
    # What commits may say.
    "a date of 26 digits": Hostile(with_head(HEAD.replace(b"1700000000", b"9" * 26))),
    "a negative date": Hostile(with_head(HEAD.replace(b"1700000000", b"-62135596800"))),
    "no date": Hostile(with_head(HEAD.replace(b" 1700000000 +0000", b""))),
    "no zone": Hostile(with_head(HEAD.replace(b" +0000", b""))),
    "an absurd zone": Hostile(with_head(HEAD.replace(b"+0000", b"+99999999"))),
    "no author": Hostile(with_head(b"")),
    "a malformed author": Hostile(with_head(b"author <<>>> x\nauthor B <b@c> 1 +0\ncommitter\n")),
    "an author who is not UTF-8": Hostile(
        with_head(HEAD.replace(b"A <", b"\xff\x1b[31m\xe2\x80\xae <") + b"encoding x\n")
    ),
    "NUL in the message": Hostile(with_head(HEAD, b"\nWords\0and more\n")),
    "no message": Hostile(with_head(HEAD, b"")),
    "a message of 2 MB": Hostile(with_head(HEAD, b"\n" + b"word " * 400_000)),
    "a signature that is none": Hostile(with_head(HEAD + b"gpgsig -----BEGIN\n x\n \n y\n")),
    "a merge of 63 parents": Hostile(octopus),
    # What is forged, cut off or missing.
    "replaced objects and grafts": Hostile(replaced),
    "a shallow clone": Hostile(clone("--depth=1"), "", "shallow clone"),
    "a partial clone": Hostile(clone("--filter=blob:none", "--no-checkout", "-c", "x.y=z"), "", ""),
    "alternates that are not there": Hostile(alternates("/nowhere/objects\n")),
    "alternates that lead to themselves": Hostile(alternates("../objects\n./\n")),
    "alternates that are no folders": Hostile(alternates("/etc/passwd\n/dev/null\n\n\0\n")),
    "ids of sha256": Hostile(long_ids, "", "sha256"),
    "a missing file": Hostile(
        without("main:shop/b.py"), "partial or damaged clone", "is not in the repository|could not read|damaged clone"
    ),
    "a missing folder": Hostile(without("main:shop"), "damaged clone", "damaged clone"),
    "a missing commit": Hostile(without("main"), "lacks objects|is damaged", "lacks objects|is damaged"),
    "a missing parent": Hostile(
        lambda origin: (
            put_commit(origin, put_tree(origin, shop(origin)), b"parent " + b"1" * 40 + b"\n" + HEAD) and None
        ),
        "lacks|could not read",
        "lacks|could not read",
    ),
    "a damaged file": Hostile(
        damaged("main:shop/b.py", b"nonsense"),
        "could not read|damaged clone",
        "is not in the repository|could not read|damaged clone",
    ),
    "a damaged folder": Hostile(
        damaged("main:shop", zlib.compress(b"tree 3\0abc")), "could not read|damaged", "could|dam"
    ),
    "a file that is longer than it says": Hostile(
        damaged("main:shop/b.py", zlib.compress(b"blob 5\0" + b"x" * 9_000_000)), "could not read|damaged clone", ""
    ),
    "a pack cut off": Hostile(
        pack(lambda data: data[: len(data) // 2]), "lacks objects|is damaged", "lacks objects|is damaged"
    ),
    "a damaged pack": Hostile(
        pack(lambda data: data[:40] + b"\xff" * 60 + data[100:]), "lacks objects|is damaged", "lacks objects|is damaged"
    ),
    "a damaged index of a pack": Hostile(
        pack(lambda data: data[:8] + b"\xff" * 900 + data[908:], "idx"),
        "lacks objects|is damaged",
        "lacks objects|is damaged",
    ),
    "a commit pushed over": Hostile(pushed_over),
    # What HEAD and refs may be.
    "an empty repository": Hostile(lambda origin: None, "no commits yet", "no commits yet"),
    "HEAD of no branch": Hostile(with_file("HEAD", "ref: refs/heads/gone\n"), "does not exist", "does not exist"),
    "HEAD that is detached": Hostile(detached, "", "detached"),
    "HEAD that is a file's": Hostile(head_is_a_blob, "does not exist", "detached"),
    "HEAD of itself": Hostile(with_file("HEAD", "ref: HEAD\n"), "HEAD|not a git", "HEAD|not a git"),
    "HEAD outside of refs": Hostile(with_file("HEAD", "ref: ../../etc/passwd\n"), "not a git", "not a git"),
    "HEAD that is noise": Hostile(with_file("HEAD", b"\xff\0nonsense"), "is not a git", "is not a git"),
    "a branch that is noise": Hostile(with_file("refs/heads/main", b"\xff\0x"), "is damaged", "is damaged"),
    "hostile names of branches": Hostile(odd_refs),
    # What a repository may ask git to do.
    "settings that run commands": Hostile(settings(*EXECUTED)),
    "hooks": Hostile(with_file("hooks/post-index-change", "#!/bin/sh\ntouch ../canary\n", mode=0o755)),
    "attributes": Hostile(
        with_file("info/attributes", "* diff=x filter=x text eol=crlf ident working-tree-encoding=UTF-7\n")
    ),
    "a work tree elsewhere": Hostile(settings(("core.worktree", "/"), ("core.bare", "false"))),
    "settings that are noise": Hostile(with_file("config", "[core\nnonsense"), "is not a git", "is not a git"),
    "settings of 1 MB": Hostile(with_file("config", "[a]\n" + "b = c\n" * 150_000)),
    "settings that include themselves": Hostile(settings(("include.path", "config")), "is not a git", "is not a git"),
    "a format of the future": Hostile(settings(("core.repositoryformatversion", "99")), "is not a git", "is not a git"),
    "an unknown extension": Hostile(
        settings(("core.repositoryformatversion", "1"), ("extensions.no-such", "1")), "is not a git", "is not a git"
    ),
    "a promise of objects elsewhere": Hostile(
        settings(("extensions.partialClone", "o"), ("remote.o.url", "ext::CANARY"), ("remote.o.promisor", "true"))
    ),
    # Where it lies.
    "somebody else's, locked": Hostile(of_others),
    "a file": Hostile(another("file", "x"), "is not a folder", "is not a folder"),
    "nothing": Hostile(another("nothing"), "There is no folder", "There is no folder"),
    "a folder that is none": Hostile(another("plain/a.py", "x = 1\n"), "is not a folder", "is not a folder"),
    "a .git that leads nowhere": Hostile(another("x/.git", "gitdir: /nowhere\n"), "is not a git", "is not a git"),
    "a .git that is an option": Hostile(
        another("y/.git", "gitdir: --exec-path=/tmp\n"), "is not a git", "is not a git"
    ),
    "a .git of 3 MB": Hostile(
        another("z/.git", "gitdir: " + "x" * 3_000_000), "is not a git|cannot", "is not a git|cannot"
    ),
}

HEADS = [
    HEAD,
    HEAD.replace(b"1700000000", b"9" * 26),
    HEAD.replace(b"1700000000", b"-5"),
    HEAD.replace(b" 1700000000 +0000", b""),
    b"author <<>>> x\nauthor B <b@c> 1 +0\ncommitter\n",
    HEAD.replace(b"A <", b"\xff\x1b[31m\xe2\x80\xae\xed\xa0\x80 <") + b"encoding x\n",
    b"",
]


def everything(origin: Origin) -> None:
    """One history of all that is odd and can be read."""
    kept = shop(origin)
    blob = put(origin, "blob", b"x = 1\n")
    inner = put_tree(origin, ("100644", b"c.py", blob), ("100644", b"d.py", put(origin, "blob", b"class C:\n x = 1\n")))
    class_of_a_long_name = put(origin, "blob", b"class " + b"A" * 100_000 + b":\n    x = []\n")
    entries = [("100644", name, blob) for name in NAMES]
    entries += [
        ("40000", name, inner) for name in (b"..", b".", b".git", b"~", os.urandom(1_950).hex().encode(), b"e.py")
    ]
    entries += [("120000", b"link", blob), ("120000", b"link.py", blob), ("160000", b"lib", "1" * 40)]
    entries += [("100644", b"large.py", put(origin, "blob", LARGE)), ("100664", b"mode.py", blob)]
    entries += [("100644", name, class_of_a_long_name) for name in (b"long.py", b"longer.py")]
    tree = put_tree(origin, kept, *entries)
    parent = b""
    for number, head in enumerate(HEADS):
        shown = put_tree(origin, kept) if number % 2 else tree
        sha = put_commit(origin, shown, parent + head, b"\n\xff\0\x1b[31m\xe2\x80\xae%d\n" % number if number else b"")
        parent = f"parent {sha}\n".encode()
