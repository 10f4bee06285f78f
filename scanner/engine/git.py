"""Read a git repository: history, trees, changes and blobs. Never a checkout, never a write, never the network."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path

from scanner.engine import git_objects
from scanner.engine.git_command import CHANGE_BYTES, run, stream
from scanner.engine.git_errors import (
    EmptyRepository,
    FileTooLarge,
    GitError,
    MissingObject,
    NotARepository,
    ShallowClone,
    Stalled,
    TreeTooLarge,
    UnknownRevision,
    UnsupportedFormat,
    explain,
)
from scanner.engine.git_folder import git_folder
from scanner.engine.git_objects import LINK, PROJECT, PYTHON, STAND_INS, Change, Commit, Ref, decode_path, encode_path

__all__ = [
    "LINK",
    "MAX_FILE_BYTES",
    "PROJECT",
    "PYTHON",
    "STAND_INS",
    "Change",
    "Commit",
    "EmptyRepository",
    "FileTooLarge",
    "GitError",
    "MissingObject",
    "NotARepository",
    "Ref",
    "Repository",
    "ShallowClone",
    "Stalled",
    "TreeTooLarge",
    "UnknownRevision",
    "UnsupportedFormat",
    "check_ref_name",
    "decode_path",
    "encode_path",
]

MAX_FILE_BYTES = 2 << 20
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[./-]|^refs/[a-z]+/-|[./]$|^@$")
RENAMES = 1_000  # pairs of paths a commit may compare before only exact renames are seen: git's own default

_LIST = ("rev-list", "--first-parent", "--parents", "--header", "--encoding=UTF-8")
# Their names together must fit into one command line.
_PATHS_AT_ONCE = 400
_DIFF = ("diff-tree", "--stdin", "--raw", "-r", "-z", "--root", "--always", "--no-abbrev", "--diff-merges=first-parent")


class Repository:
    """A git repository on this machine: the top folder of a work tree, or a bare repository.

    Raises NotARepository. Nothing outside the git folder is ever read, so the work tree may hold anything.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git_dir = git_folder(path)
        facts = run(self.git_dir, "rev-parse", "--is-shallow-repository", "--show-object-format")
        if facts.returncode:
            raise NotARepository(f"{path} is not a git repository.")
        shallow, self.object_format = facts.stdout.decode().split()
        self.is_shallow = shallow == "true"
        head = run(self.git_dir, "symbolic-ref", "--quiet", "HEAD").stdout.strip()
        self.head_ref: str | None = decode_path(head) or None

    def resolve(self, rev: str) -> str:
        """Return the commit id that `rev` names. Raises UnknownRevision, or EmptyRepository for one without commits."""
        if _SHA.fullmatch(rev) and self._commit(rev):
            return rev
        plain = rev.isprintable() and 0 < len(rev) <= 1_000 and not rev.startswith("-")
        sha = self._commit(rev) if plain else ""
        if sha:
            return sha
        if rev == "HEAD" and self.head_ref and not self._has_file(self.head_ref) and not any(self.refs()):
            raise EmptyRepository(f"{self.path} has no commits yet.")
        if rev == "HEAD":
            raise UnknownRevision(
                f"HEAD of {self.path} points to {self.head_ref or 'a commit'}, "
                "which does not exist or is damaged: name a branch or tag."
            )
        raise UnknownRevision(f"{self.path} has no branch, tag or commit {rev!r}.")

    def head(self) -> str | None:
        """Return the id of the commit that the work tree stands on; None before the first one of its branch."""
        return self._commit("HEAD") or None

    def _has_file(self, ref: str) -> bool:
        """Whether there is a file for a ref, whatever is in it."""
        return os.path.lexists(self.git_dir / os.fsdecode(encode_path(ref)))

    def _commit(self, rev: str) -> str:
        # All that follows ":/" is looked for in the messages of commits.
        name = rev if rev.startswith(":/") else f"{rev}^{{commit}}"
        found = run(self.git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
        sha = found.stdout.decode().strip() if found.returncode == 0 else ""
        return sha if _SHA.fullmatch(sha) else ""  # "^HEAD" is answered with "^" and an id

    def refs(self) -> Iterator[Ref]:
        """Branches, then tags that name a commit."""
        fields = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
        listed = run(self.git_dir, "for-each-ref", f"--format={fields}", "refs/heads", "refs/tags")
        if listed.returncode and not listed.stdout:  # one damaged branch among others is not asked for
            raise explain(listed.stderr, str(self.path))
        for line in listed.stdout.splitlines():
            name, kind, sha, peeled_kind, peeled = line.split(b"\0")
            if b"commit" in {kind, peeled_kind}:
                yield Ref(decode_path(name), (sha if kind == b"commit" else peeled).decode())

    def find_ref(self, name: str) -> Ref:
        """Return the branch or tag meant by `main`, `tags/v1` or `refs/heads/main`. Raises UnknownRevision."""
        if check_ref_name(name):
            for candidate in (name, f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}"):
                if candidate.startswith(("refs/heads/", "refs/tags/")) and (sha := self._commit(candidate)):
                    return Ref(candidate, sha)
        raise UnknownRevision(f"{self.path} has no branch or tag {name!r}.")

    def history(self, tip: str, *, after: str | None = None, limit: int | None = None) -> list[Commit]:
        """First parents of `tip`, oldest first, `tip` included and `after` left out; at most the newest `limit`.

        Raises UnknownRevision when `after` is not one of them. The order is by topology, whatever the dates say.
        """
        options = [f"--max-count={limit}"] if limit is not None else []
        found: list[Commit] = []
        arguments = (*_LIST, *options, _sha(tip), "--")
        with stream(self.git_dir, *arguments, what=str(self.path)) as output:
            for commit in git_objects.commits(output):
                if commit.sha == after:
                    break
                found.append(commit)
            else:
                if after is not None and (limit is None or len(found) < limit):
                    raise UnknownRevision(f"{after[:12]} is not among the first parents of {tip[:12]}.")
        return found[::-1]

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether `ancestor` is in the history of `descendant`; a commit that is gone is in no history."""
        return run(self.git_dir, "merge-base", "--is-ancestor", _sha(ancestor), _sha(descendant)).returncode == 0

    def tree(self, commit: str) -> dict[str, str]:
        """Path → blob id of the Python files and of what can stand for a module (STAND_INS).

        A symbolic link or submodule has LINK for its id: nothing to read, but an import may lead there.
        Raises TreeTooLarge.
        """
        with stream(self.git_dir, "ls-tree", "-r", "-z", "--full-tree", _sha(commit), what=str(self.path)) as output:
            return git_objects.tree(output)

    def projects(self, commit: str) -> list[str]:
        """Return the paths of the files named PROJECT: tree() does not tell of them. Raises TreeTooLarge."""
        options = ("-r", "-z", "--full-tree", "--name-only")
        with stream(self.git_dir, "ls-tree", *options, _sha(commit), what=str(self.path)) as output:
            return git_objects.projects(output)

    def changes(self, commits: Sequence[str]) -> Iterator[list[Change]]:
        """What each commit changed against its first parent, among the paths tree() tells of, in the order given.

        A root commit adds its whole tree. Raises TreeTooLarge, MissingObject.
        """
        options = (*_DIFF, "--no-renames")
        with (
            contextlib.closing(self._renames(commits)) as renames,
            stream(
                self.git_dir, *options, lines=map(_sha, commits), what=str(self.path), own_bytes=CHANGE_BYTES
            ) as output,
        ):
            told = git_objects.changes(output)
            for sha in commits:
                commit, found = next(told, ("", []))
                if commit != sha:
                    raise MissingObject(f"{self.path} lacks the commit {sha[:12]}.")
                yield _with_renames(found, next(renames, {}))

    def _renames(self, commits: Sequence[str], similarity: str = "50%") -> Generator[dict[str, str]]:
        """New path → old path of the Python files each commit renamed.

        Apart from changes(): git dies when it compares a file that a partial clone lacks, so only Python files are
        compared, and where one of those is missing only exact renames, which need no content, are seen from there on.
        """
        options = (*_DIFF, f"--find-renames={similarity}", f"-l{RENAMES}", "--diff-filter=R", "--", f"*{PYTHON}")
        done = 0
        try:
            with stream(self.git_dir, *options, lines=commits, what=str(self.path), own_bytes=CHANGE_BYTES) as output:
                for _, found in git_objects.changes(output):
                    yield {change.path: change.renamed_from for change in found if change.renamed_from}
                    done += 1
        except MissingObject:
            if similarity == "100%":
                raise
            yield from self._renames(commits[done:], "100%")

    def renames(self, before: str, after: str) -> dict[str, str]:
        """New path → old path of the Python files renamed between two commits; none when contents are missing."""
        options = ("-r", "--raw", "-z", "--no-abbrev", "--find-renames=50%", f"-l{RENAMES}", "--diff-filter=R")
        arguments = ("diff-tree", *options, _sha(before), _sha(after), "--", f"*{PYTHON}")
        try:
            with stream(self.git_dir, *arguments, what=str(self.path), own_bytes=CHANGE_BYTES) as output:
                found = git_objects.differences(output)
        except MissingObject:
            return {}
        return {change.path: change.renamed_from for change in found if change.renamed_from}

    def blobs(self, shas: Iterable[str], *, max_bytes: int = MAX_FILE_BYTES) -> Iterator[tuple[str, bytes | None]]:
        """Blob id and content, in the order given; None for one over `max_bytes`. Raises MissingObject."""
        wanted = [_sha(sha) for sha in shas]
        with stream(self.git_dir, "cat-file", "--batch", "--buffer", lines=wanted, what=str(self.path)) as output:
            yield from git_objects.blobs(output, wanted, max_bytes)

    def blob(self, sha: str) -> bytes | None:
        """Return one blob's content, None for one over MAX_FILE_BYTES. Raises MissingObject."""
        [(_, content)] = self.blobs([sha])
        return content

    def read(self, commit: str, path: str) -> bytes | None:
        """Return one file at a commit; None when the path is no file there. Raises FileTooLarge, MissingObject."""
        raw = encode_path(path)
        if not raw or b".." in raw.split(b"/") or raw.startswith(b"/"):
            return None
        arguments = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", _sha(commit), "--", os.fsdecode(raw))
        with stream(self.git_dir, *arguments, what=str(self.path)) as output:
            entry = output.record(b"\0", 1 << 16)
        mode, kind, sha = entry[0].partition(b"\t")[0].decode().split() if entry else ("", "", "")
        if kind != "blob" or mode == "120000" or entry is None or entry[0].partition(b"\t")[2] != raw:
            return None
        content = self.blob(sha)
        if content is None:
            raise FileTooLarge(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB.")
        return content

    def path_versions(self, commit: str, paths: Collection[str]) -> dict[str, list[str]]:
        """Blob ids that each path had, newest first, along the first parents of `commit`; deletions are left out.

        All paths are looked for in one walk, some hundred at a time: a walk for each took a second of 3,000 commits.
        """
        found: dict[str, list[str]] = {}
        for start in range(0, len(paths), _PATHS_AT_ONCE):
            names = [os.fsdecode(encode_path(path)) for path in sorted(paths)[start : start + _PATHS_AT_ONCE]]
            touched = ("--literal-pathspecs", "rev-list", "--first-parent", _sha(commit), "--", *names)
            with stream(self.git_dir, *touched, what=str(self.path)) as output:
                commits = list(git_objects.lines(output))
            differences = ("--literal-pathspecs", *_DIFF, "--no-renames", "--", *names)
            with stream(self.git_dir, *differences, lines=commits, what=str(self.path)) as output:
                for _, changes in git_objects.changes(output):
                    for change in changes:
                        if change.new and change.new != LINK:
                            found.setdefault(change.path, []).append(change.new)
        return found


def _with_renames(found: list[Change], renamed: dict[str, str]) -> list[Change]:
    return [
        Change(change.path, change.old, change.new, renamed[change.path]) if change.path in renamed else change
        for change in found
    ]


def _sha(sha: str) -> str:
    """Only full object ids go to git: a name could be an option, a path or a forged ref."""
    if not _SHA.fullmatch(sha):
        raise UnknownRevision(f"{sha[:60]!r} is no commit id.")
    return sha


def check_ref_name(name: str) -> bool:
    """Whether a branch or tag may be called `name`: git's own rules, and never like an option."""
    return 0 < len(name) <= 250 and name.isprintable() and not _REF_FORBIDDEN.search(name)
