"""Labels with a meaning of their own: "**RISK**: LOW", "Target: path", and what they set."""

from __future__ import annotations

import re

from dashboard.plan_markdown.document import Field, Phase, Step, Target
from dashboard.plan_markdown.wording import DURATION, EMOJI, PRIORITY, split_risk, status_of


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


ESTIMATE = _names(
    "estimate, estimates, estimated time, estimated effort, duration, time estimate, effort, timeframe, time"
)
# These speak of an estimate only when a duration follows: "Timeline: after the release" does not.
TIMES = _names(
    "time, timeline, time required, total time, total duration, total effort, estimated timeline, estimated duration, "
    "expected timeline, expected duration, implementation time"
)
REMARK_BEHIND = re.compile(r"\s*\([^()]*\)\W*\Z")
RISK = _names("risk, risk level, risk assessment")
SHARED = {"status": _names("status"), "estimate": ESTIMATE, "risk": RISK}
PHASE = {
    "goal": _names("goal, goals, objective, objectives, purpose, aim"),
    "business_impact": _names("business impact, business value"),
    "detected_issue": _names("detected issue, issue detected, issue, current issue"),
    "priority": _names("priority"),
    **SHARED,
}
STEP = {
    "target": _names("target, targets, target file, target files, file, files, location, target path"),
    "action": _names("action, actions"),
    "expected_result": _names("expected result, expected results, expected outcome, expected, expected output"),
    **SHARED,
}
PHASE_KEYS = {name: key for key, names in PHASE.items() for name in names}
STEP_KEYS = {name: key for key, names in STEP.items() for name in names}
# A label in plain letters is one only when it is known: any sentence may have a colon.
KNOWN = "|".join(sorted({*PHASE_KEYS, *STEP_KEYS}, key=len, reverse=True))
PLAIN = re.compile(rf"(?P<name>{KNOWN}):\s+(?P<value>\S.*)", re.IGNORECASE)
PATH_LINE = re.compile(r"(?P<path>.+?)(?::(?P<line>\d+))?(?:-\d+)?")


def plain_label(text: str) -> tuple[str, str] | None:
    """ "RISK: LOW" without any bold → ("RISK", "LOW")."""
    match = PLAIN.fullmatch(EMOJI.sub("", text).strip())
    return (match["name"], match["value"]) if match else None


def is_known(owner: Phase | Step, name: str) -> bool:
    keys = PHASE_KEYS if isinstance(owner, Phase) else STEP_KEYS
    return name.lower() in keys


def set_known(owner: Phase | Step, name: str, value: str, codes: list[str]) -> bool:
    """Sets what the label means; false when it means nothing here, or was said before."""
    keys = PHASE_KEYS if isinstance(owner, Phase) else STEP_KEYS
    key = keys.get(name.lower())
    if key is None:
        if (
            name.lower() not in TIMES
            or owner.estimate is not None
            or not DURATION.fullmatch(REMARK_BEHIND.sub("", value))
        ):
            return False
        owner.estimate = value
        return True
    match key:
        case "risk":
            return _set_risk(owner, value)
        case "priority":
            return _set_priority(owner, value)
        case "status":
            # The words of a status line say more than its sign: they stay a field, the sign alone sets the state.
            owner.status = owner.status or status_of(value)
            return False
        case "target":
            return _set_target(owner, value, codes)
    if getattr(owner, key) is not None:
        return False
    setattr(owner, key, value)
    return True


def _set_risk(owner: Phase | Step, value: str) -> bool:
    if owner.risk_note is not None:
        return False
    level, note = split_risk(value)
    if level and owner.risk and level != owner.risk:
        return False
    owner.risk, owner.risk_note = owner.risk or level, note
    return True


def _set_priority(owner: Phase | Step, value: str) -> bool:
    match = PRIORITY.fullmatch(value.strip(" ()*"))
    if not isinstance(owner, Phase) or match is None or owner.priority is not None:
        return False
    owner.priority = match[1].upper()
    owner.priority_label = match[2].upper() if match[2] else owner.priority_label
    return True


def _set_target(owner: Phase | Step, value: str, codes: list[str]) -> bool:
    if not isinstance(owner, Step) or owner.target is not None:
        return False
    owner.target = value
    owner.targets = targets(codes or ([value] if re.fullmatch(r"\S*[/.]\S+", value) else []))
    return True


def targets(codes: list[str]) -> list[Target]:
    """The files among some code spans, "path:line" taken apart."""
    result = []
    for code in codes:
        match = PATH_LINE.fullmatch(code.strip())
        if match and is_path(match["path"]):
            result.append(Target(match["path"], int(match["line"]) if match["line"] else None))
    return result


FILE = re.compile(r"[^(){}=<>\"';|*]*[\w)\]-]\.[A-Za-z]\w{0,9}|[^(){}=<>\"';|*]*/[^(){}=<>\"';|*]*")


def is_path(text: str) -> bool:
    """Whether a code span reads as a file name; file names may hold spaces."""
    return FILE.fullmatch(text) is not None


def add_text(fields: dict[str, Field], name: str, line: int, *texts: str, inline: bool = False) -> Field:
    """Appends to the field of that name, or starts it."""
    if (found := fields.get(name)) is None:
        found = fields[name] = Field(name, line, inline=inline)
    else:
        found.inline = False
    found.texts.extend(texts)
    return found
