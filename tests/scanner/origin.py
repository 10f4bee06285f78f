"""Git repositories made for tests: real ones, written by `git fast-import`, with the same ids on every run."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

START = 1_700_000_000
PEOPLE = ("Ada", "Grace", "Linus")


class Origin:
    """A bare repository that tests commit to. Contents are texts or bytes by path; None deletes the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits = 0
        path.mkdir(parents=True)
        self.git("init", "-q", "--bare", "--initial-branch=main", ".")

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        command = ["git", "-c", "safe.directory=*", "-c", "protocol.file.allow=always", *arguments]
        done = subprocess.run(command, cwd=self.path, input=stdin, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, changes: Mapping[str, str | bytes | None], subject: str = "", *, branch: str = "main") -> str:
        """Add one commit to a branch and return its id."""
        self.commit_all([changes], subject, branch=branch)
        return self.git("rev-parse", branch)

    def commit_all(
        self, steps: list[Mapping[str, str | bytes | None]], subject: str = "", *, branch: str = "main", base: str = ""
    ) -> None:
        """Add many commits at once; `base` starts the branch anew from that commit."""
        parent = base or self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        stream = []
        for changes in steps:
            self.commits += 1
            who = PEOPLE[self.commits % len(PEOPLE)]
            text = (subject or f"Commit {self.commits}").encode()
            stream.append(f"commit refs/heads/{branch}\n".encode())
            stream.append(f"committer {who} <{who.lower()}@example.org> {START + 3600 * self.commits} +0000\n".encode())
            stream.append(b"data %d\n%s\n" % (len(text), text))
            if parent:
                stream.append(f"from {parent}\n".encode())
                parent = ""
            for path, content in changes.items():
                if content is None:
                    stream.append(f"D {path}\n".encode())
                else:
                    data = content.encode() if isinstance(content, str) else content
                    stream.append(f"M 100644 inline {path}\n".encode() + b"data %d\n%s\n" % (len(data), data))
        self.git("fast-import", "--quiet", "--force", stdin=b"".join(stream))

    def loose(self) -> None:
        """Give every object a file of its own."""
        for pack in (self.path / "objects" / "pack").glob("*.pack"):
            content = pack.read_bytes()
            for file in pack.parent.iterdir():
                file.unlink()
            self.git("unpack-objects", "-q", stdin=content)

    def clone(self, path: Path) -> Origin:
        """A second repository with the same commits under the same ids."""
        other = Origin(path)
        other.commits = self.commits
        other.git("fetch", "-q", str(self.path), "+refs/*:refs/*")
        return other


CLASS = "class {name}:\n    def run(self):\n        return {value}\n"

# Two definitions of one class, an import that leads nowhere, a cycle and a global getter: a find for every rule.
SMALL: dict[str, str | None] = {
    "shop/__init__.py": "",
    "shop/cart.py": "from shop.prices import price\n\n\n" + CLASS.format(name="Basket", value=1),
    "shop/prices.py": "from shop.cart import Basket\n\n\ndef price():\n    return Basket()\n",
    "shop/orders.py": "from shop.gone import thing\n\n\n" + CLASS.format(name="Basket", value=2),
    "shop/state.py": (
        "from shop.cart import Basket\n\n_basket = None\n\n\ndef get_basket():\n    global _basket\n"
        "    if _basket is None:\n        _basket = Basket()\n    return _basket\n"
    ),
    "README.md": "# Shop\n",
}


def busy_history(length: int) -> list[Mapping[str, str | None]]:
    """Many commits in which classes, imports and files come, change, break, move and go."""
    steps: list[Mapping[str, str | None]] = [SMALL]
    there: dict[str, str | None] = {}
    for n in range(1, length):
        module, elsewhere = f"shop/part{n % 17}.py", f"shop/moved/part{n % 17}.py"
        body = CLASS.format(name=f"Thing{n % 5}", value=n)
        if n % 31 == 30:
            step = {module: "def broken(:\n"}
        elif n % 5 == 3 and there.get(module):
            step = {module: None, elsewhere: there[module]}
        elif n % 5 == 4 and there.get(elsewhere):
            step = {elsewhere: None}
        elif n % 3 == 0:
            step = {module: f"from shop.lost{n % 4} import gone\n\n\n{body}"}
        else:
            step = {module: f"# change {n}\n{there.get(module) or body}"}
        there |= step
        steps.append(step)
    return steps
