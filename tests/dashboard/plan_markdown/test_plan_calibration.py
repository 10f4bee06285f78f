"""What reading further real plans taught: small documents of the same shapes, in other words."""

from __future__ import annotations

import pytest

from dashboard.plan_markdown.document import Command, Criterion
from tests.dashboard.plan_markdown.test_plan_shapes import phases, read, whys

WITHOUT_BOXES = "success criteria without boxes: they were kept as texts, not as criteria"


def commands(script: str) -> list[Command]:
    return read(f"# P\n## Phase 1: x\n```bash\n{script}\n```\n").phases[0].commands


def texts(criteria: list[Criterion]) -> list[str]:
    return [criterion.text for criterion in criteria]


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("git branch backup-1", "operation"),
        ("git branch -d backup-1", "operation"),
        ("git branch", "investigation"),
        ("git branch --contains abc", "investigation"),
        ("find . -name '*.py'", "investigation"),
        ("find . -name '*.py' -exec grep -l x {} \\;", "investigation"),
        ("find . -name '*.py' -exec sed -i '' 's/a/b/' {} \\;", "operation"),
        ("find . -name '*.pyc' -delete", "operation"),
        ("grep -rl old . | xargs -n 1 sed -i s/old/new/", "operation"),
        ("cat a.txt", "investigation"),
        ("cat > a.txt <<'EOF'\nx\nEOF", "operation"),
        ("cat a.txt | sed 's/>/</'", "investigation"),
        ("python scripts/move.py --fix-test-imports", "operation"),
        ("python scripts/check_layers.py", "test"),
        ("python run.py --category unit tests/unit", "test"),
        ("# 4. Verify that it starts\npython -c 'import a'", "test"),
        ("# Compare both\npython compare.py", "investigation"),
        ("# Test and commit\ngit commit -m x", "operation"),
        ("# Deploy\npython deploy.py", "operation"),
    ],
)
def test_roles(command: str, role: str) -> None:
    assert [found.role for found in commands(command)] == [role]


@pytest.mark.parametrize("heading", ["## Success Criteria", "## 📈 SUCCESS METRICS", "## Acceptance Criteria"])
def test_criteria_of_the_whole_plan(heading: str) -> None:
    plan = read(f"# P\n## Phase 1: x\n**Success Criteria**:\n- [ ] a\n{heading}\n### Speed\n- [ ] b\n")
    assert (texts(plan.phases[0].criteria), texts(plan.overall)) == (["a"], ["b"])


def test_criteria_of_the_whole_plan_without_boxes_are_asked_about() -> None:
    assert whys(read("# P\n## Phase 1: x\n- [ ] a\n## Success Criteria\n- ✅ it works\n")) == [(5, WITHOUT_BOXES)]


def test_boxes_in_a_numbered_item_carry_its_text() -> None:
    plan = read("# P\n## Phase 1: x\n#### Tasks:\n1. **Make it** (Day 1)\n   - [ ] a\n     - [ ] b\n2. [ ] c\n")
    assert [(one.text, one.section, one.parent) for one in plan.phases[0].criteria] == [
        ("a", "Make it (Day 1)", None),
        ("b", "Make it (Day 1)", 5),
        ("c", "Tasks", None),
    ]
    assert plan.phases[0].fields["Tasks"].texts == ["Make it (Day 1)"]


def test_weeks_are_a_timeline() -> None:
    plan = read(
        """
        # P
        ## Week 1: Core
        - build it
        ### By hand
        - [ ] box
        - look at it
        ## Week 2-3
        - use it
        ## Week of mourning
        - none
        """
    )
    assert [(bucket.name, [item.text for item in bucket.items]) for bucket in plan.timeline] == [
        ("Week 1: Core", ["build it", "look at it"]),
        ("Week 2-3", ["use it"]),
    ]
    assert texts(plan.other_criteria) == ["box"]


def test_a_timeline_in_a_table() -> None:
    plan = read(
        """
        # P
        ## Phase 1: One
        ## Phase 2: Two
        ## Phase 3: Three
        ## Timeline: 3 hours
        | Week | Phase | How long |
        |---|---|---|
        | Week 1 | Phase 1-2 | 30 min |
        | Week 2 | Phase 3 | |
        """
    )
    assert [
        (bucket.name, item.text, item.estimate, item.phases) for bucket in plan.timeline for item in bucket.items
    ] == [
        ("Week 1", "Phase 1-2 | 30 min", "30 min", ["1", "2"]),
        ("Week 2", "Phase 3", None, ["3"]),
    ]


def test_violations_under_headings_of_their_own() -> None:
    plan = read(
        """
        # P
        ## SSOT Violations Discovered
        ### 1. 🚨 Two loggers (P0)
        - **First**: `core/log.py:12`
        - **Second**: `scripts/log.py`
        ### 2. Two clocks
        Nobody knows which.
        ## Else
        ### 3. Not one
        - `a.py`
        """
    )
    assert [(one.n, one.title, one.text, one.paths) for one in plan.claimed_violations] == [
        (1, "Two loggers (P0)", "First: core/log.py:12\nSecond: scripts/log.py", ("core/log.py:12", "scripts/log.py")),
        (2, "Two clocks", None, ()),
    ]


def test_a_sign_inside_the_bold_part_is_the_status() -> None:
    (statement,) = read("# P\n## Business Value\n1. **✅ Login**: works\n").business_value
    assert (statement.title, statement.text, statement.status) == ("Login", "works", "done")


@pytest.mark.parametrize(
    ("heading", "title", "estimate", "schedule"),
    [
        ("Phase 1: NOW (5 minutes) - Look first", "NOW - Look first", "5 minutes", None),
        ("Phase 1: Safe ⏱️ Days 1-2 (1-2 May, 2025)", "Safe", None, "Days 1-2"),
        ("Phase 1: Safe (18 files) - Look", "Safe (18 files) - Look", None, None),
    ],
)
def test_remarks_in_the_middle(heading: str, title: str, estimate: str | None, schedule: str | None) -> None:
    (phase,) = read(f"# P\n## {heading}\n").phases
    assert (phase.title, phase.estimate, phase.schedule) == (title, estimate, schedule)


@pytest.mark.parametrize(
    ("again", "status"),
    [("Phase 1 Success Metrics ✅", None), ("Phase 1 Results ✅", "done"), ("Phase 1 Complete ✅", "done")],
)
def test_a_tick_beside_the_criteria_of_a_phase_is_not_its_status(again: str, status: str | None) -> None:
    assert read(f"# P\n## Phase 1: x\n## {again}\n- [ ] a\n").phases[0].status == status


def test_an_estimate_with_a_remark() -> None:
    plan = read("# P\n## Phase 1: x\n**Estimated Timeline**: 14 days (2 weeks)\n**Timeline**: after the release\n")
    assert plan.phases[0].estimate == "14 days (2 weeks)"
    assert plan.phases[0].fields["Timeline"].texts == ["after the release"]


def test_phases_drawn_in_code_are_asked_about() -> None:
    plan = read("# P\n\n```\nPhase 1: a (1 hour)\n├── x\nPhase 2: b\n```\n\n```yaml\nPhase 3: 1\nPhase 4: 2\n```\n")
    assert phases(plan) == []
    assert [line for line, why in whys(plan) if "code block names phases (1, 2)" in why] == [3]
    assert len([why for _, why in whys(plan) if "code block" in why]) == 1


def test_phases_drawn_in_code_and_written_as_headings_are_not_asked_about() -> None:
    plan = read("# P\n```\nPhase 1: a\nPhase 2: b\n```\n## Phase 1: a\n- [ ] x\n## Phase 2: b\n")
    assert whys(plan) == []
