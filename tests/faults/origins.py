"""The repository that is scanned, and the three states that its branch takes: a backfill, a push, a force-push."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.engine.generated_history import History

REF = "refs/heads/main"
REWRITER = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"), ("DATE", "1750000000 +0000"))
}


def generated(folder: Path, seed: int, commits: int) -> Path:
    """Make a repository with a made-up history and return it."""
    path = folder / "generated"
    History(path, seed).write(commits)
    return path


def borrowed(source: Path, revision: str, target: Path) -> Path:
    """Make a bare repository whose branch may be moved at will; the commits behind it stay where they are."""
    head = git(source, "rev-parse", f"{revision}^{{commit}}")
    objects = git(source, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    git(target.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(target))
    (target / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    move(target, head)
    return target


def stages(path: Path, commits: int) -> dict[str, str]:
    """Return the tips to scan one after the other, by what they are.

    The backfill ends after four fifths of the oldest `commits`, the push after all of them. The force-push drops half
    of the line and brings the newest tree back in one commit.
    """
    line = git(path, "rev-list", "--first-parent", "--reverse", REF).split()[:commits]
    tip, fork = line[-1], line[len(line) // 2 - 1]
    rewritten = git(path, "commit-tree", f"{tip}^{{tree}}", "-p", fork, "-m", "All at once", environment=REWRITER)
    return {"backfill": line[len(line) * 4 // 5 - 1], "push": tip, "force-push": rewritten}


def move(path: Path, sha: str) -> None:
    """Let the branch point at a commit."""
    git(path, "update-ref", REF, sha)


def git(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run git and return what it printed."""
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *arguments]
    return subprocess.run(
        command, env=os.environ | (environment or {}), check=True, capture_output=True, text=True
    ).stdout.strip()
