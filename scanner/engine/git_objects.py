"""What git says, as values: paths, commits, trees and changes. Lenient where strangers wrote the bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from scanner.engine.git_command import Output
from scanner.engine.git_errors import GitError, MissingObject, TreeTooLarge

# Stands in place of a blob id for a symbolic link or a submodule: something is there, and it is never followed.
LINK = "link"

PYTHON = ".py"
PROJECT = "pyproject.toml"
STAND_INS = (".pyi", ".pyx", ".so", ".pyd")
_TRACKED = tuple(suffix.encode() for suffix in (PYTHON, *STAND_INS))

MAX_ENTRIES = 200_000
MAX_TREE_BYTES = 64 << 20
MAX_PATH_BYTES = 4_096
MAX_DEPTH = 100
_COMMIT_BYTES = 1 << 16
_ENTRY_BYTES = MAX_PATH_BYTES + 256

_LATEST = 253_370_764_800  # 9999-01-01: later dates do not fit a calendar
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PERSON = re.compile(rb"(?P<name>[^<]*)(<(?P<email>[^>]*)>)?")
_TIME = re.compile(rb"(-?\d+)(\s+[+-]\d+)?\s*$")
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. Texts are cleaned and clamped for showing; `committed_at` is seconds since 1970, 0 when unknown.

    `parent` is the first parent that is in the repository: None for a root and at the cut of a shallow clone.
    """

    sha: str
    parent: str | None
    merge: bool
    author: str
    email: str
    committed_at: int
    subject: str

    @property
    def day(self) -> date:
        """The date of `committed_at` in UTC."""
        return datetime.fromtimestamp(self.committed_at, UTC).date()


@dataclass(frozen=True, slots=True)
class Change:
    """One path that a commit changed. `old` and `new` are blob ids, LINK, or None where the path does not exist.

    A rename is two changes: the old path goes, and the new one comes with `renamed_from`.
    """

    path: str
    old: str | None
    new: str | None
    renamed_from: str | None = None


class Ref(NamedTuple):
    """A branch or tag by its full name, and the commit at its tip."""

    name: str
    sha: str


def decode_path(raw: bytes) -> str:
    r"""Return a path as text that every database takes; bytes that are not UTF-8, and `\` itself, become `\xNN`."""
    return raw.replace(b"\\", b"\\x5c").decode("utf-8", "backslashreplace")


def encode_path(path: str) -> bytes:
    """Undo decode_path."""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), path.encode("utf-8", "surrogateescape"))


def clean(raw: bytes, limit: int) -> str:
    """Return a stranger's text on one line, control and direction characters made visible, at most `limit` long."""
    text = " ".join(raw.decode("utf-8", "replace").split())[:limit]
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)[:limit]


def _visible(char: str) -> str:
    if char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Co", "Zl", "Zp"}:
        return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"
    return char


def lines(output: Output) -> Iterator[str]:
    """Read ids, one a line."""
    while (record := output.record(b"\n", _ENTRY_BYTES)) is not None:
        yield record[0].decode("ascii")


def commits(output: Output) -> Iterator[Commit]:
    """Read `rev-list --parents --header`."""
    while (record := output.record(b"\0", _COMMIT_BYTES)) is not None:
        yield _commit(record[0])


def _commit(raw: bytes) -> Commit:
    head, _, message = raw.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    sha, *parents = first.decode("ascii").split()
    fields: dict[bytes, bytes] = {}
    for line in lines:
        key, _, value = line.partition(b" ")
        fields.setdefault(key, value)
    author, email, authored = _person(fields.get(b"author", b""))
    _, _, committed = _person(fields.get(b"committer", b""))
    paragraph = message.strip().partition(b"\n\n")[0].partition(b"\n    \n")[0]
    return Commit(
        sha=sha,
        parent=parents[0] if parents else None,
        merge=len(parents) > 1,
        author=author,
        email=email,
        committed_at=committed or authored,
        subject=clean(paragraph, 500),
    )


def _person(raw: bytes) -> tuple[str, str, int]:
    """Split `Name <email> seconds zone`, of which any part may be missing, doubled or absurd."""
    time = _TIME.search(raw)
    match = _PERSON.match(raw[: time.start()] if time else raw)
    name, email = (match["name"], match["email"] or b"") if match else (raw, b"")
    seconds = int(time[1][:20]) if time else 0
    return clean(name, 200), clean(email, 254), max(0, min(seconds, _LATEST))


def tree(output: Output) -> dict[str, str]:
    """Read `ls-tree -r -z`: path → blob id (or LINK) of what the engine looks at."""
    budget = _Budget()
    entries: dict[str, str] = {}
    for record, cut in output.records(b"\0", _ENTRY_BYTES):
        meta, _, raw = record.partition(b"\t")
        budget.spend(raw, cut=cut)
        mode, _, sha = meta.decode("ascii").split()
        if _matters(raw, mode):
            entries[decode_path(raw)] = _what(mode, sha)
    return entries


def changes(output: Output) -> Iterator[tuple[str, list[Change]]]:
    """Read `diff-tree --stdin --raw -z`: a commit's id and its changes, commit by commit, in the order given."""
    commit = ""
    found: list[Change] = []
    budget = _Budget()
    while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
        if not record[0].startswith(b":"):
            if commit:
                yield commit, found
            commit, found, budget = record[0].decode("ascii"), [], _Budget()
            continue
        found += _changes(record[0][1:].decode("ascii"), output, budget)
    if commit:
        yield commit, found


def differences(output: Output) -> list[Change]:
    """Read `diff-index --raw -z --no-renames`, or `diff-tree` of two trees: the changes."""
    budget = _Budget()
    found: list[Change] = []
    while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
        found += _changes(record[0][1:].decode("ascii"), output, budget)
    return found


def listing(output: Output) -> Iterator[tuple[str, str, str]]:
    """Read `ls-files -s -z`, with `-t` or without: tag ("" without), blob id (or LINK) and path of every entry."""
    budget = _Budget()
    for record, cut in output.records(b"\0", _ENTRY_BYTES):
        meta, _, raw = record.partition(b"\t")
        budget.spend(raw, cut=cut)
        *tag, mode, sha, _ = meta.decode("ascii").split()
        yield "".join(tag), _what(mode, sha), decode_path(raw)


def paths(output: Output) -> Iterator[str]:
    """Read `ls-files -z`, or `ls-tree` of names alone."""
    budget = _Budget()
    while (record := output.record(b"\0", _ENTRY_BYTES)) is not None:
        budget.spend(record[0], cut=record[1])
        yield decode_path(record[0])


def projects(output: Output) -> list[str]:
    """Read `ls-files -z` or `ls-tree -r -z --name-only`: the paths of project files."""
    return [path for path in paths(output) if path.rpartition("/")[2] == PROJECT]


def _changes(entry: str, output: Output, budget: _Budget) -> Iterator[Change]:
    old_mode, new_mode, old_sha, new_sha, status = entry.split()
    raw = _path(output, budget)
    if status.startswith("R"):
        target = _path(output, budget)
        yield Change(decode_path(raw), _what(old_mode, old_sha), None)
        yield Change(decode_path(target), None, _what(new_mode, new_sha), decode_path(raw))
        return
    old = _what(old_mode, old_sha) if _matters(raw, old_mode) else None
    new = _what(new_mode, new_sha) if _matters(raw, new_mode) else None
    if old != new:
        yield Change(decode_path(raw), old, new)


def _path(output: Output, budget: _Budget) -> bytes:
    record = output.record(b"\0", _ENTRY_BYTES)
    if record is None:
        raise GitError("git broke off in the middle of a change.")
    budget.spend(record[0], cut=record[1])
    return record[0]


def _what(mode: str, sha: str) -> str:
    return LINK if mode in {"120000", "160000"} else sha


def _matters(raw: bytes, mode: str) -> bool:
    return mode != "000000" and matters(raw, _what(mode, ""))


def matters(raw: bytes, blob: str) -> bool:
    """Python files and what can stand for a module; a link or submodule without a suffix may be a package."""
    return raw.endswith(_TRACKED) or (blob == LINK and b"." not in raw.rpartition(b"/")[2])


class _Budget:
    """What one tree or one change may cost before it is called a bomb."""

    def __init__(self) -> None:
        self._entries = 0
        self._bytes = 0

    def spend(self, path: bytes, *, cut: bool) -> None:
        self._entries += 1
        self._bytes += len(path) + 64
        if self._entries > MAX_ENTRIES:
            raise TreeTooLarge(f"The repository has a commit with more than {MAX_ENTRIES:,} paths.")
        if self._bytes > MAX_TREE_BYTES:
            raise TreeTooLarge("The repository has a commit whose paths take more than 64 MB.")
        if cut or len(path) > MAX_PATH_BYTES:
            raise TreeTooLarge(f"The repository has a path longer than {MAX_PATH_BYTES:,} bytes.")
        if path.count(b"/") >= MAX_DEPTH:
            raise TreeTooLarge(f"The repository has folders nested more than {MAX_DEPTH} deep.")


def blobs(output: Output, wanted: list[str], max_bytes: int) -> Iterator[tuple[str, bytes | None]]:
    """Read `cat-file --batch`: the content, or None for a blob over `max_bytes`, whose bytes are dropped."""
    for sha in wanted:
        record = output.record(b"\n", _ENTRY_BYTES)
        fields = record[0].split() if record else [b""]
        if len(fields) != 3 or fields[1] != b"blob":
            raise MissingObject(
                f"A Python file ({sha[:12]}) is not in the repository: it is a partial or damaged clone. "
                "Fetch it in full, then try again."
            )
        size = int(fields[2])
        if size > max_bytes:
            output.skip(size + 1)
            yield sha, None
        else:
            yield sha, output.exactly(size + 1)[:size]
