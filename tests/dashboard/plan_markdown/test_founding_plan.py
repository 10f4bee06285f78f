"""Case 0: the founding plan, against its structure written down by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.plan_markdown import as_json, export, parse

CASES = Path(__file__).resolve().parent.parent.parent / "cases"
EXPECTED: dict[str, Any] = json.loads((CASES / "seed-plan.expected.json").read_text(encoding="utf-8"))
# About the case, not of it; and where the case only counts, the label that the texts stand under.
ABOUT = {"case", "method", "counts", "traps"}
COUNTED = {
    ("1B", "bullets"): "Analysis Required",
    ("2B", "action_items"): "Action",
    ("2B", "safety_requirements"): "Safety Requirements",
    ("3A", "bullets"): "Current Factory Analysis Needed",
    ("3B", "action_items"): "Action",
    ("3B", "critical_validation"): "Critical Validation",
}


def differences(expected: Any, actual: Any, at: str = "") -> list[str]:
    """Where the actual document says something else; keys that only it has are welcome."""
    if isinstance(expected, dict):
        found = []
        for key, value in expected.items():
            if key in ABOUT or key.endswith(("_line", "_title")):
                continue
            if label := COUNTED.get((expected.get("id"), key)):
                if len(actual["fields"][label]) != value:
                    found.append(f"{at}.{label}: {actual['fields'][label]} are not {value}")
            elif key not in actual:
                found.append(f"{at}.{key} is missing")
            else:
                found += differences(value, actual[key], f"{at}.{key}")
        return found
    if isinstance(expected, list):
        if len(expected) != len(actual):
            return [f"{at}: {len(actual)} instead of {len(expected)}"]
        return [
            line
            for n, pair in enumerate(zip(expected, actual, strict=True))
            for line in differences(*pair, f"{at}[{n}]")
        ]
    if isinstance(expected, str) and (start := expected.partition(' ..."')[0]) != expected:
        return [] if actual.startswith(start) else [f"{at}: {actual!r} does not start with {start!r}"]
    return [] if expected == actual else [f"{at}: {actual!r} instead of {expected!r}"]


@pytest.fixture(scope="module", params=["seed-plan.md", "seed-plan.mojibake.txt"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def plan(name: str) -> dict[str, Any]:
    return as_json(parse((CASES / name).read_bytes()))


def test_everything_is_understood_as_written_down(plan: dict[str, Any]) -> None:
    assert differences(EXPECTED, plan) == []


def test_the_comparison_notices_a_difference(plan: dict[str, Any]) -> None:
    wrong = json.loads(json.dumps(plan))
    wrong["phases"][1]["steps"][0]["commands"].pop()
    wrong["phases"][2]["risk"] = "LOW"
    del wrong["next_action"]
    assert len(differences(EXPECTED, wrong)) == 3


def test_counts(plan: dict[str, Any]) -> None:
    counts = EXPECTED["counts"]
    phases = plan["phases"]
    assert len(phases) == counts["phases"]
    assert sum(len(phase["steps"]) for phase in phases) == counts["steps"]
    criteria = [phase["criteria"] for phase in phases] + [plan["overall"]["criteria"]]
    assert [len(group) for group in criteria] == counts["criteria"]
    assert sum(criterion["checked"] for group in criteria for criterion in group) == counts["checked"]
    assert sum(len(phase["rollback"]["commands"]) for phase in phases) == counts["rollback_commands"]
    assert (plan["other_criteria"], plan["steps"]) == ([], [])


def test_repair_is_said(plan: dict[str, Any], name: str) -> None:
    assert plan["repaired"] == ("mac_roman" if name.endswith(".txt") else None)


def test_both_copies_say_the_same() -> None:
    clean, broken = (parse((CASES / name).read_bytes()) for name in ("seed-plan.md", "seed-plan.mojibake.txt"))
    assert {**as_json(broken), "repaired": None} == as_json(clean)
    assert export(broken).encode() == (CASES / "seed-plan.md").read_bytes()


def test_the_commit_of_operation_1a_is_one_command(plan: dict[str, Any]) -> None:
    commit = plan["phases"][0]["steps"][0]["operation_commands"][2]
    assert commit.startswith('git commit -m "fix(ssot)')
    assert commit.endswith('noreply@anthropic.com>"')
    assert "\n- Part of Issue #686" in commit


def test_git_rm_after_rm_is_marked(plan: dict[str, Any]) -> None:
    marked = [detail for detail in plan["phases"][0]["steps"][0]["command_details"] if detail["problem"]]
    assert [(detail["line"], detail["text"]) for detail in marked] == [
        (164, "git rm scripts/websocket_notifier_rollback_utility.py")
    ]
    assert [(unsure["line"], unsure["text"]) for unsure in plan["unsure"]] == [(164, marked[0]["text"])]


def test_operations_belong_to_the_steps_they_restate(plan: dict[str, Any]) -> None:
    restated = {step["id"]: step["restated"] for phase in plan["phases"] for step in phase["steps"]}
    lines = {step["id"]: step["operation_line"] for phase in EXPECTED["phases"] for step in phase["steps"]}
    assert {ident: [again["line"] for again in places] for ident, places in restated.items()} == {
        ident: [line] for ident, line in lines.items()
    }


def test_ongoing_checks_have_a_cadence(plan: dict[str, Any]) -> None:
    assert [check["cadence"] for check in plan["ongoing"]] == ["after each change", "daily", "continuously"]


def test_business_value_is_kept_with_its_lines(plan: dict[str, Any]) -> None:
    assert [(item["line"], item["title"]) for item in plan["business_value"]][:2] == [
        (303, "$500K+ ARR"),
        (304, "User Experience"),
    ]
    assert len(plan["business_value"]) == 8
