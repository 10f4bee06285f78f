"""Small documents, one for every way in which real plans differ."""

from __future__ import annotations

from textwrap import dedent

import pytest

from dashboard.plan_markdown import PlanDocument, as_json, parse


def read(text: str) -> PlanDocument:
    return parse(dedent(text).encode())


def phases(plan: PlanDocument) -> list[tuple[str, str | None, int]]:
    return [(phase.number, phase.title, phase.line) for phase in plan.phases]


def steps(plan: PlanDocument) -> list[tuple[str | None, str, str | None]]:
    return [(step.phase, step.id, step.title) for step in plan.all_steps()]


def boxes(plan: PlanDocument) -> list[tuple[int, bool, str]]:
    return sorted((criterion.line, criterion.checked, criterion.text) for criterion in plan.all_criteria())


def whys(plan: PlanDocument) -> list[tuple[int, str]]:
    return [(unsure.line, unsure.why) for unsure in plan.unsure]


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_phases_at_every_level(level: int) -> None:
    mark = "#" * level
    plan = read(f"# Plan\n\n{mark} Phase 1: Find\n\n- [ ] found\n\n{mark} Phase 2: Fix\n\n- [x] fixed\n")
    assert phases(plan) == [("1", "Find", 3), ("2", "Fix", 7)]
    assert [[criterion.text for criterion in phase.criteria] for phase in plan.phases] == [["found"], ["fixed"]]


def test_first_level_phases_need_no_title() -> None:
    assert read("# Phase 1: Find\n# Phase 2: Fix\n").title is None
    assert phases(read("# Phase 1: Find\n# Phase 2: Fix\n")) == [("1", "Find", 1), ("2", "Fix", 2)]


def test_a_title_over_two_lines() -> None:
    assert read("One home\nfor all\n=======\n").title == "One home for all"


def test_a_title_that_names_a_phase_is_a_title() -> None:
    plan = read("# Phase 2 Completion Report\n\n## Results\n\n- [x] all green\n")
    assert (plan.title, plan.phases) == ("Phase 2 Completion Report", [])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("**Phase 1: Find them**", "Find them"),
        ("**Phase 1**: Find them", "Find them"),
        ("**Phase 1:** Find them", "Find them"),
        ("**PHASE 1 - Find them** (2 days)", "Find them"),
        ("✅ **Phase 1: Find them** - **LOW RISK**", "Find them"),
    ],
)
def test_phases_on_bold_lines_only(line: str, title: str) -> None:
    plan = read(f"# Plan\n\n## The work\n\n{line}\n\n- [ ] found\n\n**Phase 2: Fix**\n\n- [ ] fixed\n")
    assert phases(plan) == [("1", title, 5), ("2", "Fix", 9)]
    assert [len(phase.criteria) for phase in plan.phases] == [1, 1]


def test_bold_phases_on_the_lines_of_one_paragraph() -> None:
    plan = read("# Plan\n\n**Phase 1 (Week 1):** Find them\n**Phase 2 (Week 2):** Fix them\n- [x] fixed\n")
    assert phases(plan) == [("1", "Find them", 3), ("2", "Fix them", 4)]
    assert [phase.schedule for phase in plan.phases] == ["Week 1", "Week 2"]
    assert [len(phase.criteria) for phase in plan.phases] == [0, 1]


def test_bold_lines_are_no_phases_where_headings_are() -> None:
    plan = read("# Plan\n\n**Phase 9: Dream**\n\n## Phase 1: Work\n\n**Phase 1 Status:** open\n")
    assert phases(plan) == [("1", "Work", 5)]


def test_bold_phases_inside_a_tracker_of_steps_are_asked_about() -> None:
    plan = read("# T\n\n## Step 1: Look\n\n**Phase 1: Find**\n\n- a\n\n## Step 2: Do\n")
    assert plan.phases == []
    assert steps(plan) == [(None, "1", "Look"), (None, "2", "Do")]
    assert [line for line, why in whys(plan) if "bold line" in why] == [5]


def test_phases_named_in_parentheses_only() -> None:
    plan = read("# P\n\n## Week 1: Interfaces (Phase 1)\n\n- [ ] a\n\n## Week 2: Cleanup (Phase 2)\n\n- [ ] b\n")
    assert phases(plan) == [("1", "Week 1: Interfaces", 3), ("2", "Week 2: Cleanup", 7)]
    assert [line for line, why in whys(plan) if "parentheses" in why] == [3, 7]


@pytest.mark.parametrize(
    "heading",
    [
        "## 5-Phase Strategy",
        "## Phases 1-2",
        "## Phase 1-2: both",
        "## Phase 1 & 2",
        "## Next Steps for Phase 4",
        "## Phased Approach",
        "## Test Phase",
    ],
)
def test_headings_that_name_no_phase(heading: str) -> None:
    assert read(f"# P\n\n{heading}\n").phases == []


@pytest.mark.parametrize(
    ("heading", "number"),
    [
        ("## Phase 0: x", "0"),
        ("## PHASE ONE: x", "1"),
        ("## Phase #3 - x", "3"),
        ("## Phase B: x", "B"),
        ("## Phase II: x", "II"),
        ("## 4.1 Phase 1: x", "1"),
        ("## 🚀 **Phase 2** – x", "2"),
        ("## Week 1: Phase 1 - x", "1"),
        ("## Phase 1 of 3: x", "1"),
    ],
)
def test_phase_numbers(heading: str, number: str) -> None:
    assert phases(read(f"# P\n\n{heading}\n")) == [(number, "x", 3)]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Phase 1: Safe (P0 CRITICAL)", {"title": "Safe", "priority": "P0", "priority_label": "CRITICAL"}),
        ("Phase 1: Safe (Risk: LOW)", {"title": "Safe", "risk": "LOW"}),
        ("Phase 1: Safe (Risk: MEDIUM-HIGH)", {"title": "Safe", "risk": "MEDIUM-HIGH"}),
        ("Phase 1: Safe - HIGH RISK", {"title": "Safe", "risk": "HIGH"}),
        ("Phase 1: Safe (Days 2-3)", {"title": "Safe", "schedule": "Days 2-3"}),
        ("Phase 1: Safe (1-2 hours, LOW RISK)", {"title": "Safe", "estimate": "1-2 hours", "risk": "LOW"}),
        ("Phase 1: Safe ⚡ HIGH PRIORITY", {"title": "Safe", "priority_label": "HIGH"}),
        ("Phase 1: Safe ✅ COMPLETED", {"title": "Safe", "status": "done"}),
        ("Phase 1: Safe (18 files)", {"title": "Safe (18 files)", "risk": None}),
    ],
)
def test_remarks_in_a_title(heading: str, expected: dict[str, str | None]) -> None:
    phase = as_json(read(f"# P\n\n## {heading}\n"))["phases"][0]
    assert {key: phase[key] for key in expected} == expected
    assert phase["heading"] == heading


@pytest.mark.parametrize(
    ("line", "risk", "note"),
    [
        ("**RISK**: LOW - not in production", "LOW", "not in production"),
        ("RISK: MEDIUM", "MEDIUM", None),
        ("**Risk Level:** 🔴 High (touches auth)", "HIGH", "touches auth"),
        ("- **Risk**: very low", "VERY LOW", None),
        ("**Risk**: unknown so far", None, "unknown so far"),
        ("Nothing is said.", None, None),
    ],
)
def test_risk_on_a_line_of_its_own(line: str, risk: str | None, note: str | None) -> None:
    phase = read(f"# P\n\n## Phase 1: x\n\n{line}\n").phases[0]
    assert (phase.risk, phase.risk_note) == (risk, note)


def test_step_numbers_lead_to_their_phase() -> None:
    plan = read(
        """
        # P
        ## Phase 1: One
        ### Step 1A: a
        ### 1.2 b
        ### Sub-phase 1.3: c
        ## Phase 2: Two
        #### Task 2.1 - d
        #### 1. e
        ## Details
        ### Step 2B: f
        ### 7.1 not a step
        """
    )
    assert steps(plan) == [
        ("1", "1A", "a"),
        ("1", "1.2", "b"),
        ("1", "1.3", "c"),
        ("2", "2.1", "d"),
        ("2", "1", "e"),
        ("2", "2B", "f"),
    ]


def test_a_tracker_of_steps_with_their_status() -> None:
    plan = read(
        """
        # T
        ### ✅ Step 0: Audit - COMPLETED
        ### Step 1: Plan ✅ COMPLETE
        ### 🔄 Step 2: Run (CURRENT)
        ### Step 3: Fix (IN PROGRESS)
        ### ⏳ Step 4: Merge
        ### CURRENT: Step 5 - Look
        ### Step 6: Close
        """
    )
    assert [(step.id, step.title, step.status) for step in plan.steps] == [
        ("0", "Audit", "done"),
        ("1", "Plan", "done"),
        ("2", "Run", "in progress"),
        ("3", "Fix", "in progress"),
        ("4", "Merge", "pending"),
        ("5", "Look", "in progress"),
        ("6", "Close", None),
    ]


def test_steps_at_the_level_of_their_phases() -> None:
    plan = read("# P\n## Phase 1: One\n## Step 1: a\n## Phase 2: Two\n## Step 1: b\n## Appendix\n## Step 9: c\n")
    assert steps(plan) == [("1", "1", "a"), ("2", "1", "b"), (None, "9", "c")]


@pytest.mark.parametrize("again", ["Operation 1A: Remove", "Phase 1A", "Step 1A Results", "Phase 1A: Remove"])
def test_a_step_named_again_is_the_same_step(again: str) -> None:
    plan = read(f"# P\n## Phase 1: x\n### Step 1A: Remove it\n## Execution\n### {again}\n```bash\nls\n```\n")
    assert steps(plan) == [("1", "1A", "Remove it")]
    step = plan.phases[0].steps[0]
    assert [(place.line, place.title) for place in step.restated] == [(5, again)]
    assert [command.text for command in step.operation_commands] == ["ls"]


def test_phases_spoken_of_again_are_the_same_phases() -> None:
    plan = read(
        """
        # P
        ## Phase 1 Results
        - [x] early
        ## Phase 1: Find
        ### Phase 1 Execution
        **Phase 1 Success**:
        - [ ] late
        ## Timeline
        ### Week 1
        1. Phase 1: look around
        ## Rollback
        **Phase 1 Rollback**:
        ```bash
        git revert [commit]  # put it back
        ```
        """
    )
    assert phases(plan) == [("1", "Find", 5)]
    phase = as_json(plan)["phases"][0]
    assert [criterion["text"] for criterion in phase["criteria"]] == ["early", "late"]
    rollback = phase["rollback"]
    assert (rollback["command"], rollback["note"], rollback["line"]) == ("git revert [commit]", "put it back", 15)
    assert plan.timeline[0].items[0].phases == ["1"]


def test_a_phase_named_differently_is_asked_about() -> None:
    plan = read("# P\n## Phase 1: Find duplicates\n## Phase 1: Deploy servers\n")
    assert phases(plan) == [("1", "Find duplicates", 2)]
    assert [line for line, why in whys(plan) if "phase 1 again" in why] == [3]


def test_a_step_in_the_wrong_phase_is_asked_about() -> None:
    plan = read("# P\n## Phase 1: One\n### Step 2A: a\n## Phase 2: Two\n")
    assert steps(plan) == [("1", "2A", "a")]
    assert [line for line, why in whys(plan) if "number says phase 2" in why] == [3]


def test_boxes_of_every_kind() -> None:
    plan = read(
        """
        # P
        - [ ] dash
        * [x] star
        + [X] plus
        1. [ ] number
        2) [✅] emoji
        - [✓] tick
            - [ ] nested
        > - [x] quoted
        """
    )
    assert boxes(plan) == [
        (3, False, "dash"),
        (4, True, "star"),
        (5, True, "plus"),
        (6, False, "number"),
        (7, True, "emoji"),
        (8, True, "tick"),
        (9, False, "nested"),
        (10, True, "quoted"),
    ]


@pytest.mark.parametrize(
    "text", ["- [1] a source", "- [a](b) a link", "- [x](b)", "- [note] words", "[ ] no list", "- [ ]x"]
)
def test_what_looks_like_a_box_and_is_none(text: str) -> None:
    assert boxes(read(f"# P\n\n{text}\n")) == []


def test_boxes_do_not_become_links() -> None:
    assert boxes(read("# P\n\n- [x] done\n\n[x]: http://example.org\n")) == [(3, True, "done")]


def test_nested_boxes_know_their_parent_and_their_details() -> None:
    plan = read("# P\n\n- [ ] outer\n  more words\n  - a plain detail\n  - [x] inner\n")
    outer, inner = plan.other_criteria
    assert (outer.text, outer.details, outer.parent) == ("outer more words", ["- a plain detail"], None)
    assert (inner.text, inner.parent, inner.checked) == ("inner", 3, True)
    assert plan.notes == []


def test_boxes_in_a_quotation_are_boxes_wherever_it_stands() -> None:
    plan = read("# P\n\n> - [ ] one\n\n- [ ] two\n  > - [x] three\n- plain\n  > > 1. [ ] four\n")
    assert boxes(plan) == [(3, False, "one"), (5, False, "two"), (6, True, "three"), (8, False, "four")]
    assert [criterion.parent for criterion in plan.other_criteria] == [None, None, 5, None]
    assert boxes(read("# P\n\n> | a | b |\n> |---|---|\n> | five | [x] |\n")) == [(5, True, "five")]


def test_markup_inside_boxes() -> None:
    plan = read("# P\n\n- [ ] **Bold**: see [the docs](https://example.org/a) and `code_x` *now*\n")
    (criterion,) = plan.other_criteria
    assert criterion.text == "Bold: see the docs and code_x now"
    assert criterion.markdown == "**Bold**: see [the docs](https://example.org/a) and `code_x` *now*"
    assert [(link.text, link.url) for link in plan.links] == [("the docs", "https://example.org/a")]


def test_boxes_inside_code_are_asked_about_not_taken() -> None:
    plan = read("# P\n\n```yaml\ncheck:\n  - [ ] one\n  - [x] two\n```\n\n    - [ ] indented\n")
    assert boxes(plan) == []
    assert [(unsure.line, unsure.text) for unsure in plan.unsure if "code block" in unsure.why] == [
        (5, "[ ] one"),
        (6, "[x] two"),
        (9, "[ ] indented"),
    ]


def test_a_box_inside_code_of_an_item_is_asked_about_once() -> None:
    plan = read("# P\n\n- [ ] a\n  ```\n  - [ ] b\n  ```\n")
    assert [(unsure.line, unsure.text) for unsure in plan.unsure if unsure.line > 1] == [(5, "[ ] b")]


def test_boxes_in_a_table() -> None:
    plan = read("# P\n\n| Item | Owner | Done |\n|---|---|---|\n| crashes | ann | [x] |\n| [ ] speed | bob | |\n")
    assert boxes(plan) == [(5, True, "crashes | ann"), (6, False, "speed")]
    plan = read("# P\n\n| Item | Done |\n|---|---|\n| - [ ] crashes | |\n| speed | * [x] |\n| - plain | [a] |\n")
    assert boxes(plan) == [(5, False, "crashes"), (6, True, "speed")]


def test_an_unusual_mark_is_asked_about() -> None:
    plan = read("# P\n\n- [~] half\n- [ ]\n")
    assert boxes(plan) == [(3, False, "half"), (4, False, "")]
    assert [line for line, why in whys(plan) if "mark" in why or "without a text" in why] == [3, 4]


def test_emoji_claims_are_no_criteria() -> None:
    plan = read("# P\n\n## Phase 1: x\n\n**Success Criteria**:\n- ✅ works\n- ❌ fails\n")
    assert boxes(plan) == []
    assert plan.phases[0].fields["Success Criteria"].texts == ["✅ works", "❌ fails"]
    assert [line for line, why in whys(plan) if "without boxes" in why] == [6]


def test_comments_in_fences_are_no_headings() -> None:
    plan = read("# P\n\n```bash\n# Phase 1: not a phase\n## Step 1: not a step\nls\n```\n")
    assert (plan.phases, plan.steps) == ([], [])
    assert [section.title for section in plan.sections] == ["P"]


def test_neither_phases_nor_boxes() -> None:
    plan = read("Just words.\n\nAnd more.\n")
    assert [why for _, why in whys(plan)] == [
        "no heading or bold line names a phase or a step",
        "the document has no boxes, so there are no criteria to follow",
    ]
    assert [note.text for note in plan.notes] == ["Just words.", "And more."]


def test_boxes_stand_where_they_belong() -> None:
    plan = read(
        """
        # P
        - [ ] nowhere
        ## Phase 1: x
        - [ ] of the phase
        ### Step 1.1: y
        - [ ] of the step
        ### Done when
        - [ ] of the phase too
        ## Overall Success
        - [ ] overall
        ### Speed
        - [ ] overall too
        ## Checklist
        - [ ] other
        """
    )
    assert [criterion.text for criterion in plan.phases[0].criteria] == ["of the phase", "of the phase too"]
    assert [criterion.text for criterion in plan.phases[0].steps[0].criteria] == ["of the step"]
    assert [criterion.text for criterion in plan.overall] == ["overall", "overall too"]
    assert [criterion.text for criterion in plan.other_criteria] == ["nowhere", "other"]


def test_labels_of_a_step() -> None:
    plan = read(
        """
        # P
        ## Phase 1: x
        ### Step 1A: y (30 minutes)
        **File**: `src/my file.py:12`
        **Action**: Move it
        **Expected Result**: fewer
        **Why**:
        - because
          - and because
        - so

        Things to keep:
        - `a.py`
        """
    )
    step = plan.phases[0].steps[0]
    assert (step.target, step.action, step.expected_result) == ("src/my file.py:12", "Move it", "fewer")
    assert [(target.path, target.line) for target in step.targets] == [("src/my file.py", 12)]
    assert step.estimate == "30 minutes"
    assert {name: field.texts for name, field in step.fields.items()} == {
        "Why": ["because\n- and because", "so"],
        "Things to keep": ["a.py"],
    }
    assert plan.notes == []


def test_a_list_right_below_a_label_with_a_value_belongs_to_it() -> None:
    plan = read("# P\n## Phase 1: x\n**Why**: two things\n- one\n- two\n\n**Who**: me\n\n- apart\n")
    assert {name: field.texts for name, field in plan.phases[0].fields.items()} == {
        "Why": ["two things", "one", "two"],
        "Who": ["me"],
    }
    assert [(note.text, note.phase) for note in plan.notes] == [("- apart", "1")]


def test_an_estimate_for_two_steps_is_nobodys() -> None:
    plan = read("# P\n## Step 1A: a\n## Step 1B: b\n## Timeline\n- Step 1A and Step 1B (2 hours)\n")
    assert [step.estimate for step in plan.steps] == [None, None]
    assert (plan.timeline[0].items[0].estimate, plan.timeline[0].items[0].steps) == ("2 hours", ["1A", "1B"])


def test_an_operation_without_its_step_is_the_step() -> None:
    plan = read("# P\n## Phase 1: x\n### Operation 1A: y\n```sh\nls\n```\n## Later\n### Step 1A: the real name\n")
    (step,) = plan.phases[0].steps
    assert (step.id, step.title, step.line) == ("1A", "the real name", 8)
    assert [command.text for command in step.operation_commands] == ["ls"]


def test_stops_validations_timeline_and_next_action() -> None:
    plan = as_json(
        read(
            """
            # P
            > **MISSION**: one home for all
            ## Phase 1: x
            ### Step 1.1: y
            ## Immediate Rollback Triggers
            1. **Login fails** - nobody gets in
            2. Data is lost
            ## Validation After Each Step
            1. **Unit tests**: all pass
            ## Schedule
            ### Day 1
            - **Hour 1**: Step 1.1 (20 minutes)
            ### Ongoing
            - look at the board weekly

            **Next Action**: start
            """
        )
    )
    assert plan["quote_fields"] == {"MISSION": "one home for all"}
    assert plan["emergency_stop"] == ["Login fails: nobody gets in", "Data is lost"]
    assert plan["emergency_stop_lines"] == [7, 8]
    assert [(item["n"], item["title"], item["text"]) for item in plan["validation_after_each_step"]] == [
        (1, "Unit tests", "all pass")
    ]
    assert [(bucket["bucket"], bucket["steps"]) for bucket in plan["timeline"]] == [("Day 1", ["1.1"]), ("Ongoing", [])]
    assert plan["phases"][0]["steps"][0]["estimate"] == "20 minutes"
    assert [(check["text"], check["cadence"]) for check in plan["ongoing"]] == [("look at the board weekly", "weekly")]
    assert plan["next_action"] == "start"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fixes #7 and issue #123", ["#7", "#123"]),
        ("Why #4 of five, gap #1", []),
        ("see #686", ["#686"]),
        ("[it](https://example.org/a/b/issues/55)", ["#55"]),
        ("colour `#333`", ["#333"]),
        ("```\nPart of Issue #12\ncolor: #333\n```", ["#12"]),
        ("page.html#123 a#99", []),
    ],
)
def test_issue_references(text: str, expected: list[str]) -> None:
    assert read(f"# P\n\n{text}\n").issue_refs == expected
