"""The audit: every act that changes what others see leaves one row."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from dashboard.models import AuditEvent
from scanner.models import Repository


def record(
    actor: AbstractBaseUser | None, verb: str, subject: str, repository: Repository | None = None, **detail: object
) -> AuditEvent:
    """Note that `actor` (None: the machine) did `verb` to `subject`; `detail` holds what JSON can hold."""
    return AuditEvent.objects.create(
        actor_id=actor.pk if actor else None,
        name=actor.get_username() if actor else "",
        repository=repository,
        verb=verb,
        subject=subject,
        detail=detail,
    )
