"""A PlanDocument → its Markdown, the boxes set anew."""

from __future__ import annotations

import re
from collections import defaultdict

from dashboard.plan_markdown.blocks import PAIR, is_ticked
from dashboard.plan_markdown.document import Criterion, PlanDocument
from dashboard.plan_markdown.source import LINE_END


def export(document: PlanDocument) -> str:
    """The document's own text, each box ticked as its criterion says; every other character stays as it was written.

    Reading the result gives an equal document, but for `checked`, and for the question about an unusual mark ("[~]")
    that was set anew.
    """
    by_line: dict[int, list[Criterion]] = defaultdict(list)
    for criterion in document.all_criteria():
        by_line[criterion.line].append(criterion)
    pieces = re.split(f"({LINE_END.pattern})", document.source)
    for line, criteria in by_line.items():
        # Between two line ends stands one line: pieces 0, 2, 4, … are lines 1, 2, 3, …
        pieces[2 * (line - 1)] = _with_boxes(pieces[2 * (line - 1)], [criterion.checked for criterion in criteria])
    return "".join(pieces)


# A box with what may stand before it: the start of the line or of a table's cell, marks of quotations and of lists.
BOX_IN_PLACE = re.compile(rf"(?:^|(?<!\\)\|)[\s>]*(?:(?:[-*+]|\d+[.)])[\s>]+)*{PAIR}(?=[\s|]|$)")


def _with_boxes(text: str, checked: list[bool]) -> str:
    states = iter(checked)

    def replaced(match: re.Match[str]) -> str:
        state = next(states, None)
        if state is None or state == is_ticked(match["mark"]):
            return match[0]
        start, end = match.span("mark")
        return f"{match[0][: start - match.start()]}{'x' if state else ' '}{match[0][end - match.start() :]}"

    return BOX_IN_PLACE.sub(replaced, text, count=len(checked))
