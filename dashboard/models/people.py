"""Who may do what in which repository, who has been invited, and who tried to get in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from scanner.models import Repository

VALID_FOR = timedelta(days=7)


class Role(models.IntegerChoices):
    """What a member may do; each may do what those before it may. Compare with < and >=."""

    VIEWER = 1, "viewer"
    ENGINEER = 2, "engineer"
    LEAD = 3, "lead"
    ADMIN = 4, "admin"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def at_least(self, role: Role) -> MembershipQuerySet:
        """Of people who can sign in and have that role or a higher one."""
        return self.filter(role__gte=role, user__is_active=True)


class Membership(models.Model):
    """A person's role in one repository. `by` let them in; null when that was done from a shell."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    since = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["-role", "user__username"]
        constraints = [
            # access.visible and memberships.add: one role per person
            models.UniqueConstraint(fields=["repository", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.repository}"


def in_a_week() -> datetime:
    return timezone.now() + VALID_FOR


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unanswered(self) -> InvitationQuerySet:
        """Neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def pending(self, now: datetime) -> InvitationQuerySet:
        """Those whose link works."""
        return self.unanswered().filter(expires_at__gt=now)


class Invitation(models.Model):
    """A link that makes whoever opens it a member, once, until it expires.

    The link's token is kept as a SHA-256 alone: it has 256 random bits, so there is nothing to guess.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="invitations", db_index=False)
    email = models.EmailField()
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=in_a_week)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role"),
        ]
        indexes = [
            # members page: what still waits
            models.Index(
                fields=["repository"], condition=Q(accepted_at=None, revoked_at=None), name="invitation_unanswered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} is invited to {self.repository} as {self.get_role_display()}"


class Attempt(models.Model):
    """Somebody tried something that is limited (throttle.py). What they typed is kept as a keyed hash alone."""

    kind = models.CharField(max_length=10)
    name_hash = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # throttle.begin: how many of late
            models.Index(fields=["kind", "name_hash", "at"], name="attempt_by_name"),
            # throttle.begin: forget the old ones
            models.Index(fields=["at"], name="attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"
