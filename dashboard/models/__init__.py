"""What people decide, and what the dashboard remembers beside the scanner's findings."""

from .audit import AuditEvent
from .evidence import ClaimResult, Evaluation, Override, Tick
from .heartbeat import Heartbeat
from .people import Attempt, Invitation, Membership, Role
from .plans import Criterion, Phase, Plan, Step
from .registry import RegistrySurvey, RegistryVersion

__all__ = [
    "Attempt",
    "AuditEvent",
    "ClaimResult",
    "Criterion",
    "Evaluation",
    "Heartbeat",
    "Invitation",
    "Membership",
    "Override",
    "Phase",
    "Plan",
    "RegistrySurvey",
    "RegistryVersion",
    "Role",
    "Step",
    "Tick",
]
