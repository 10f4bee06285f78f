"""Whatever the document: nothing is lost, every box is there once, and export gives it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboard.plan_markdown import PlanDocument, PlanError, as_json, export, parse

CASES = Path(__file__).resolve().parent.parent.parent / "cases"
WORD = re.compile(r"[^\W\d_]{2,}")

TITLES = st.sampled_from(
    [
        "Phase 1: Find (P0 CRITICAL)",
        "Phase 2: Fix (Risk: LOW)",
        "Phase 1 Success",
        "Phase 2 Rollback",
        "Step 1A: Remove",
        "Step 2.1: Move ✅",
        "Operation 1A: Remove",
        "Overall Success",
        "Emergency Stop Conditions",
        "Validation After Each Step",
        "Timeline",
        "Week 1",
        "Notes",
        "Violations Confirmed by Tests",
        "Test Results",
        "Business Value",
        "Next Action",
        "Pre-Execution Validation",
        "1.2 Numbered",
    ]
)
WORDS = st.lists(
    st.sampled_from(
        ["alpha", "beta", "`gamma.py`", "**delta**", "[eps](http://e.x/y)", "zeta:", "#12", "✅", "3/5", "<b>"]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)
MARKS = st.sampled_from([" ", "x", "X", "✅"])
LINES = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["#", "##", "###", "####"]), TITLES),
    st.builds("**{}**".format, TITLES),
    st.builds("**{}**: {}".format, st.sampled_from(["Goal", "RISK", "Target", "Why", "Actions"]), WORDS),
    st.builds("**{}**:".format, st.sampled_from(["Test After", "Success Criteria", "Actions", "Phase 1 Rollback"])),
    st.builds(
        "{}{} [{}] {}".format, st.sampled_from(["", "  ", "    "]), st.sampled_from(["-", "*", "1."]), MARKS, WORDS
    ),
    st.builds("{}{} {}".format, st.sampled_from(["", "  ", "> "]), st.sampled_from(["-", "1.", "2)"]), WORDS),
    st.builds(
        "```{}\n{}\n```".format,
        st.sampled_from(["bash", "", "yaml"]),
        st.sampled_from(["rm a\ngit rm a", "- [ ] q", "# c"]),
    ),
    st.builds("| {} | [{}] |".format, WORDS, MARKS),
    st.sampled_from(["", "", "---", "| a | b |\n|---|---|", "> **MISSION**: all", "<details>", "</details>"]),
    WORDS,
)
DOCUMENTS = st.lists(LINES, min_size=1, max_size=40).map("\n".join).filter(str.strip)
many = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def without_ticks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_ticks(inner) for key, inner in value.items() if key != "checked"}
    return [without_ticks(inner) for inner in value] if isinstance(value, list) else value


def list_boxes(text: str) -> list[tuple[int, bool]]:
    """The boxes of list items, counted by the parser's own tokens and nothing of ours."""
    tokens = MarkdownIt("commonmark").enable("table").disable("reference").parse(text)
    return sorted(
        (token.map[0] + 1, match[1] != " ")
        for before, opening, token in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if (before.type, opening.type, token.type) == ("list_item_open", "paragraph_open", "inline")
        and token.map
        and (match := re.match(r"\[([ xX✅])\](?=\s|$)", token.content))
    )


def assert_export_gives_it_back(plan: PlanDocument) -> None:
    wanted = [not criterion.checked for criterion in plan.all_criteria()]
    for criterion, state in zip(plan.all_criteria(), wanted, strict=True):
        criterion.checked = state
    again = parse(export(plan).encode())
    assert without_ticks({**as_json(again), "repaired": plan.repaired}) == without_ticks(as_json(plan))
    assert [criterion.checked for criterion in again.all_criteria()] == wanted


@many
@given(DOCUMENTS)
def test_every_list_box_is_one_criterion(text: str) -> None:
    plan = parse(text.encode())
    in_tables = {unsure.line for unsure in plan.unsure if "in a table" in unsure.why}
    found = sorted((c.line, c.checked) for c in plan.all_criteria() if c.line not in in_tables)
    assert found == list_boxes(text)


@many
@given(DOCUMENTS)
def test_no_word_is_lost(text: str) -> None:
    said = " ".join(texts(as_json(parse(text.encode())))).lower()
    # Languages of fences, and the label of the next action, are the words that only mean something.
    lost = {word for word in WORD.findall(text) if word.lower() not in said} - {"bash", "yaml"}
    assert lost == set()


@many
@given(DOCUMENTS)
def test_export_and_import_agree(text: str) -> None:
    plan = parse(text.encode())
    assert export(plan) == text
    assert_export_gives_it_back(plan)


@pytest.mark.parametrize("name", ["seed-plan.md", "seed-plan.mojibake.txt"])
def test_the_founding_plan_round_trips(name: str) -> None:
    assert_export_gives_it_back(parse((CASES / name).read_bytes()))


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| see [x] here | [ ] |\n| use [ ] or [x] | [x] done |\n",
        "| a \\| [ ] b | `[ ]` | [x] |\n|---|---|---|\n| a | b | c |\n",
        "|a|b|c|\n|-|-|-|\n|[x]|[ ]|c|\n|- [x]|* [ ] b|c|\n",
        "-\n  [ ] a\n- - 2) [x] b [ ] c\n> * > [ ] d\n",
    ],
)
def test_export_sets_no_brackets_but_the_boxes(text: str) -> None:
    plan = parse(f"# P\n\n{text}".encode())
    assert len(list(plan.all_criteria())) > 0
    assert export(plan) == f"# P\n\n{text}"
    assert_export_gives_it_back(plan)


def test_export_changes_nothing_but_boxes() -> None:
    text = "# P\r\n\r\n- [ ]  one  \r\n* [✅] two\r\n\r\n| a |\r\n|---|\r\n| [ ] |\r\n"
    plan = parse(text.encode())
    for criterion in plan.all_criteria():
        criterion.checked = not criterion.checked
    assert export(plan) == "# P\r\n\r\n- [x]  one  \r\n* [ ] two\r\n\r\n| a |\r\n|---|\r\n| [x] |\r\n"


@many
@given(st.text(min_size=1, max_size=400))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    data = text.encode("utf-8", "replace")
    if "\0" in text or not text.strip():
        with pytest.raises(PlanError, match=r"^The file is [a-z].*\.$"):
            parse(data)
    else:
        assert_export_gives_it_back(parse(data))


@many
@given(st.text(alphabet="#*`[]()<>|-_+ x1.:\n\t\\!&~\"'", min_size=1, max_size=200).filter(str.strip))
def test_any_markup_is_read(text: str) -> None:
    plan = parse(text.encode())
    assert export(plan) == text
