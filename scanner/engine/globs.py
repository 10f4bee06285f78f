"""Scope globs: one compiled expression that names the first class whose glob matches a path.

`*`, `?` and `[…]` stay inside one folder name, `**` as a whole folder name stands for any number of folders, none
included, and a trailing `/` for everything below that folder. A glob is matched against the whole path from the
repository's root, with the letters' case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TOKEN = re.compile(r"\*+|\?|\[!?\]?[^]/]*\]|[^*?[]+|\[")


def compile_classes(classes: Iterable[tuple[str, Sequence[str]]]) -> re.Pattern[str]:
    """Return a pattern for `match(path)` whose `lastgroup` is the first class, in the order given, that has a match."""
    groups = [f"(?P<{name}>{'|'.join(f'(?:{translate(glob)})' for glob in globs)})" for name, globs in classes if globs]
    return re.compile("|".join(groups) or r"(?!)", re.DOTALL)


def translate(glob: str) -> str:
    """Return the regular expression of one glob, anchored at its end.

    What stands between two `**` (or two `*`) is found leftmost and never tried again (atomic groups): a later
    place could not help the rest, and no glob takes more than about the square of the path's length.
    """
    if glob.endswith("/"):
        glob += "**"
    runs: list[list[str]] = [[]]
    for part in glob.split("/"):
        if part == "**":
            runs.append([])
        else:
            runs[-1].append(_name(part))
    first, *rest = runs
    prefix = "".join(f"{name}/" for name in first)
    if not rest:
        return prefix[:-1] + r"\Z"
    middle = "".join(f"(?>(?:[^/]+/)*?{''.join(f'{name}/' for name in run)})" for run in rest[:-1] if run)
    last = "(?:[^/]+/)*" + "/".join(rest[-1]) if rest[-1] else ".+"
    return prefix + middle + last + r"\Z"


def _name(part: str) -> str:
    """Return the expression of one folder or file name."""
    pieces = [""]
    for token in _TOKEN.findall(part):
        if token.startswith("*"):
            pieces.append("")
        elif token.startswith("?"):
            pieces[-1] += "[^/]"
        elif token[0] == "[" and len(token) > 1:
            pieces[-1] += _set(token)
        else:
            pieces[-1] += re.escape(token)
    first, *rest = pieces
    if not rest:
        return first
    return first + "".join(f"(?>[^/]*?{piece})" for piece in rest[:-1] if piece) + "[^/]*" + rest[-1]


def _set(token: str) -> str:
    negated = token[1] == "!"
    members = token[2 if negated else 1 : -1].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
    members = members.replace("&&", r"\&&").replace("~~", r"\~~").replace("||", r"\||").replace("^", r"\^")
    return f"(?!/)[{'^' if negated else ''}{members}]"
