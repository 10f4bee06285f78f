"""What people decide, and what the dashboard remembers beside the scanner's findings."""

from .audit import AuditEvent
from .evidence import ClaimResult, Evaluation, Override, Tick
from .heartbeat import Heartbeat
from .plans import Criterion, Phase, Plan, Step

__all__ = [
    "AuditEvent",
    "ClaimResult",
    "Criterion",
    "Evaluation",
    "Heartbeat",
    "Override",
    "Phase",
    "Plan",
    "Step",
    "Tick",
]
