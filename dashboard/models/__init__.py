"""What people decide, and what the dashboard remembers beside the scanner's findings."""

from .heartbeat import Heartbeat

__all__ = ["Heartbeat"]
