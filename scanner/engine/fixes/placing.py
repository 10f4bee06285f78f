"""Where the parts of a rewritten statement go in its file."""

from __future__ import annotations

import ast
import re

from scanner.engine.fixes.statements import NotRewritten, Rewritten
from scanner.engine.fixes.text import Edit, SourceText

# Comments that speak to a tool about their line: they stand beside every part of a statement that is taken apart.
_PRAGMA = re.compile(r"#\s*(?:noqa|type:|pylint:|pragma:|isort:|nosec|mypy:|pyright:|ruff:|fmt:|flake8)", re.IGNORECASE)


def placed(text: SourceText, node: ast.stmt, result: Rewritten) -> list[Edit]:
    """Return the edits that put a rewritten statement in the place of the one that was there. Raises NotRewritten."""
    last = node.end_lineno or node.lineno
    start, end = text.offset(node.lineno, node.col_offset), text.offset(last, node.end_col_offset or 0)
    before = text.text[text.line_start(node.lineno) : start]
    after = text.text[end : text.line_end(last)]
    alone = not before.strip(" \t\f") and (not after.strip() or after.lstrip().startswith("#"))
    comments = [comment for comment in (result.comment, *(comment for _, comment in result.added)) if comment]
    if comments and (not alone or (result.comment and after.strip())):
        raise NotRewritten("a comment inside the statement would lose its place")
    if not alone:
        return [Edit(start, end, "; ".join([result.kept, *(code for code, _ in result.added)]))]
    kept = f"{result.kept}  {result.comment}" if result.comment else result.kept
    edits = [Edit(start, end, kept)]
    if result.added:
        indent, newline = before.rpartition("\f")[2], text.newline(last)
        pragma = after.strip() if _PRAGMA.match(after.strip()) else ""
        lines = [
            newline + indent + "  ".join(filter(None, (code, comment, "" if comment else pragma)))
            for code, comment in result.added
        ]
        edits.append(Edit(text.line_end(last), text.line_end(last), "".join(lines)))
    return edits
