"""A repository with a made-up history in which modules come, go, move, break and are mended."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

FOLDERS = ("shop", "shop/core", "shop/web", "auth", "auth/models", "shared", "tests", "scripts", "loose/deep")
MODULES = ("a", "b", "base", "store", "utils", "models", "core")
NAMES = ("Store", "Retry", "State", "connect", "get_store", "LIMIT")
# Modules that come back again and again: what others import is mostly there, and offered in several places.
LASTING = {
    "shop/core/__init__.py": "",
    "shop/core/base.py": "class Store: x = 1\n",
    "shop/core/store.py": "class Store: ...\nclass Basket(Store): ...\n",
    "shop/a.py": "from shop.core.store import Store, Basket\nDepot = Store\n",
    "shop/web/b.py": "from shop.a import *\nfrom shop.core.store import Basket\n__all__ = ['Basket', 'Store']\n",
    "shared/base.py": "def connect(): ...\nclass Retry: ...\nState = 1\n",
    "shared/a.py": "from shared.base import Retry as Retry, State\n",
    "auth/models.py": "from auth.models import State\n",
    "auth/models/__init__.py": "class State: x = 1\n",
    "shared/utils.py": "from .base import *\n__all__ = ['Retry']\n",
}
EPOCH = 1_700_000_000  # 2023-11-14, in seconds since 1970
DAY = 86_400

# Large enough to be worth a copy.
BODY = """    result = {0}
    for line in lines:
        if line.count:
            result += line.price * line.count - {0}
    log("total", result, lines, more=result * 2)
    return result.quantize(lines[0].currency, {0})
"""


class Author:
    """Writes modules that import each other, rightly and wrongly."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def path(self) -> str:
        folder = self.random.choice(FOLDERS)
        name = "__init__" if self.random.random() < 0.3 else self.random.choice(MODULES)
        return f"{folder}/{name}{self.random.choice(['.py'] * 30 + ['.pyi', '.so'])}"

    def module(self) -> str:
        """Return a module's text; one in twelve cannot be read."""
        lines = [self.random.choice(self._statements()) for _ in range(self.random.randint(0, 9))]
        lines[:0] = [self._lasting_import() for _ in range(self.random.randint(0, 2))]
        if self.random.random() < 1 / 12:
            lines.append("def broken(:")
        return "\n".join(lines) + "\n"

    def _lasting_import(self) -> str:
        pick = self.random.choice
        if self.random.random() < 1 / 2:
            module = pick(["a", "core.store", "core.base", "web.b"])
            return f"from shop.{module} import {pick(['Store', 'Depot', 'Basket'])}"
        return f"from shared{pick(['.a', '.base', '.utils'])} import {pick(['Retry', 'State', 'connect'])}"

    def _statements(self) -> list[str]:
        pick = self.random.choice
        target = pick(FOLDERS).replace("/", ".") + pick(["", f".{pick(MODULES)}"])
        name, number = pick(NAMES), self.random.randint(1, 3)
        return [
            f"from {target} import {name}",
            f"from {target} import {pick(MODULES)} as {name}",
            f"from {'.' * number}{pick(['', pick(MODULES)])} import {name}",
            f"from {target} import *",
            f"import {target}",
            f"import {target} as {name}",
            f"def lazy():\n    from {target} import {name}",
            f"try:\n    from {target} import {name}\nexcept ImportError:\n    {name} = None",
            f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {target} import {name}",
            f"class {name}:\n    limit = {number}\n    def run(self): return {number}",
            f"class {name}:\n    def other{number}(self): self.x = []",
            f"import {target}\nclass {name}({target}.{name}): y = {number}",
            f"from {target} import {name} as Base\nclass {name}(Base): pass",
            f"_x = None\ndef get_x():\n    global _x\n    if _x is None:\n        _x = {name}()\n    return _x",
            f"{name} = {number}",
            f"{name} = {pick(NAMES)}",
            f"__all__ = ['{name}', '{pick(NAMES)}']",
            pick(["def __getattr__(name): ...", "globals().update(x=1)", "import sys\nsys.modules['shop.made'] = 1"]),
            f"from shop.made import {name}",
            f"from {target} import {name}  # truthline: allow[unresolvable-import] until=2999-01-0{number} reason=made",
            f"import {pick(MODULES)}\n{pick(MODULES)}.{name} = 1",
            f"from {target} import {name} as {name}",
            f"class {pick(['Mock', 'Old'])}Store{pick(['', '(Store)', '(Base)'])}: x = {number}",
            f"class {pick(['Store', 'State'])}Plus{pick(['', '(Store)', '(Base)'])}: x = {number}",
            f"import os\nLIMIT = os.environ.get('{name}')",
            "\n" * 30,
            "",
            *self._repeated(name, number),
            *self._shared(target, pick(NAMES[:3]), number),
        ]

    def _repeated(self, name: str, number: int) -> list[str]:
        """Return what stands in several places, or twice in one."""
        method = BODY.format(number).replace("\n    ", "\n        ").rstrip(" ")
        return [
            f"def {self.random.choice(['total', 'connect'])}(lines):\n{BODY.format(number)}",
            f"class {name}:\n    def total(lines):\n    {method}    limit = {self.random.randint(1, 2)}",
            f"class Level{number}(Enum):\n    LOW = 1\n    MIDDLE = 2\n    HIGH = 3",
        ]

    def _shared(self, target: str, name: str, number: int) -> list[str]:
        """Return what everybody in a process shares."""
        other = self.random.choice(NAMES)
        stateful = f"class {name}:\n    def set(self): self.x = {number}\n"
        made = "\n".join(f"one{each} = {name}()" for each in range(number))
        return [
            f"class {name}(type):\n    def __call__(cls):\n        cls.x = super().__call__()\n        return cls.x",
            f"class {name}(metaclass={other}): y = {number}",
            f"class {name}:\n    _instance: '{name}' = None\n    def set(self): self.x = {number}",
            f"class {name}:\n    kept = {{}}\n    def put(self, key): self.kept[key] = {number}",
            f"kept = {{}}\ndef put(key):\n    kept[key] = {number}",
            f"{stateful}{made}",
            f"from {target} import {name}\n{made}",
            f"from functools import cache\nfrom {target} import {name}\n@cache\ndef make{number}(): return {name}()",
            f"from functools import cache\n{stateful}@cache\ndef make{number}(): return {name}()",
        ]


class History:
    """Builds the repository with `git fast-import`. `heads` are the commits' marks in order."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.random = Random(seed)
        self.author = Author(self.random)
        self.files: dict[str, str] = {}
        self._stream: list[bytes] = []
        self._marks = 0

    def write(self, commits: int) -> None:
        """Write that many commits on the branch `main`; each merge brings another from a side branch."""
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.path)], check=True)
        first = {"shop/__init__.py": "", "shared/__init__.py": "", "auth/__init__.py": ""}
        first |= LASTING | {self.author.path(): self.author.module() for _ in range(25)}
        tip = self._commit(first, [], None)
        for _ in range(commits - 1):
            changed, gone = self._edit()
            if self.random.random() < 0.15:
                side = self._commit(changed, gone, tip)
                more, also_gone = self._edit()
                tip = self._commit({**changed, **more}, [*gone, *also_gone], tip, side)
            else:
                tip = self._commit(changed, gone, tip)
        stream = b"".join(self._stream) + b"done\n"
        subprocess.run(["git", "-C", str(self.path), "fast-import", "--quiet", "--done"], input=stream, check=True)

    def _edit(self) -> tuple[dict[str, str], list[str]]:
        """Change the files: write, delete, rename, move a folder, touch nothing that is Python."""
        kind = self.random.random()
        paths = sorted(self.files)
        if kind < 0.12:
            back = self.random.sample(sorted(LASTING), 4)
            texts = {path: LASTING[path] for path in back}
            if self.random.random() < 1 / 3:
                texts = {path: _otherwise(text) for path, text in texts.items()}
            return self._keep(texts, [])
        if kind < 0.55 or not paths:
            known = self.random.random() < 0.6 and paths
            written = {
                self.random.choice(paths) if known else self.author.path(): self.author.module()
                for _ in range(self.random.choice([1, 1, 2, 3, 6]))
            }
            return self._keep(written, [])
        if kind < 0.7:
            return self._keep({}, self.random.sample(paths, min(len(paths), self.random.randint(1, 3))))
        if kind < 0.88:
            old, new = self.random.choice(paths), self.author.path()
            content = self.files[old] + self.random.choice(["", "", "EDITED = 1\n"])
            return self._keep({new: content}, [old] if new != old else [])
        if kind < 0.95:
            old_folder, new_folder = self.random.sample(FOLDERS, 2)
            moved = [path for path in paths if path.startswith(f"{old_folder}/")]
            return self._keep({path.replace(old_folder, new_folder, 1): self.files[path] for path in moved}, moved)
        return self._keep({"README.md": str(self.random.random())}, [])

    def _keep(self, written: dict[str, str], gone: list[str]) -> tuple[dict[str, str], list[str]]:
        gone = [path for path in gone if path not in written]
        for path in gone:
            self.files.pop(path, None)
        self.files |= {path: content for path, content in written.items() if path.endswith(".py")}
        return written, gone

    def _commit(self, written: dict[str, str], gone: list[str], parent: int | None, merged: int | None = None) -> int:
        self._marks += 1
        self.files |= {path: content for path, content in written.items() if path.endswith(".py")}
        lines = [b"commit refs/heads/main\nmark :%d\n" % self._marks]
        lines.append(b"committer A <a@example.org> %d +0000\ndata 4\nstep\n" % (EPOCH + self._marks * DAY // 2))
        if parent:
            lines.append(b"from :%d\n" % parent)
        if merged:
            lines.append(b"merge :%d\n" % merged)
        lines += [b"D %s\n" % path.encode() for path in gone if path not in written]
        for path, content in written.items():
            data = content.encode()
            lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
        self._stream += lines
        return self._marks


def _otherwise(text: str) -> str:
    """Return a lasting module that offers the same names in another way."""
    return text.replace(" as Retry", "").replace("class Store: ...", "from shop.core.base import Store")
