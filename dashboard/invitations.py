"""Invitations: made by an admin, answered once by whoever has the link, revoked. Each act leaves its audit row."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from dashboard import audit, memberships
from dashboard.models import Invitation, Membership, Role
from scanner.models import Repository

log = logging.getLogger(__name__)

# What the audit says of them.
VERBS = INVITED, REVOKED, ACCEPTED = "invited", "revoked the invitation of", "accepted the invitation of"


class Refused(Exception):
    """It cannot be accepted; `str()` is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Made:
    """An invitation and its token, which is nowhere else and never shown again."""

    invitation: Invitation
    token: str


def invite(repository: Repository, email: str, role: Role, by: User) -> Made:
    """Make a link for one person. An earlier one for the same address stops working."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        earlier = Invitation.objects.unanswered().filter(repository=repository, email__iexact=email)
        earlier.update(revoked_at=timezone.now())
        made = Invitation.objects.create(repository=repository, email=email, role=role, token_hash=_hash(token), by=by)
        audit.record(by, INVITED, email, repository, role=role.label)
    return Made(made, token)


def send(made: Made, link: str) -> bool:
    """Mail a link to whom it is for; False where no mail server is set up, or it does not take the mail."""
    if not settings.MAIL.host:
        return False
    invitation = made.invitation
    body = render_to_string("dashboard/mail/invitation.txt", {"invitation": invitation, "link": link})
    subject = f"Truthline: {invitation.by.get_username()} invites you"
    try:
        return bool(send_mail(subject, body, None, [invitation.email]))
    except (OSError, SMTPException):
        log.exception("The invitation of %s could not be mailed.", invitation.email)
        return False


def revoke(invitation: Invitation, by: User) -> bool:
    """Make a link worthless; False when it was answered or revoked before."""
    with transaction.atomic():
        done = Invitation.objects.unanswered().filter(pk=invitation.pk).update(revoked_at=timezone.now())
        if done:
            audit.record(by, REVOKED, invitation.email, invitation.repository)
    return bool(done)


def by_token(token: str) -> Invitation | None:
    """Return the invitation of a link, whatever became of it."""
    rows = Invitation.objects.select_related("repository", "by")
    return rows.filter(token_hash=_hash(token)).first()


def problem(invitation: Invitation) -> str:
    """Say in one sentence why a link does not work; empty when it does."""
    if invitation.accepted_at:
        return "This invitation has been used: a link works once."
    if invitation.revoked_at:
        return "This invitation was revoked, or replaced by a newer one."
    if invitation.expires_at <= timezone.now():
        return "This invitation has expired."
    if not _may_invite(invitation.by, invitation.repository):
        return f"{invitation.by.get_username()}, who sent this invitation, may not invite people any more."
    return ""


def accept(invitation: Invitation, user: User) -> Membership:
    """Make a person the member that the invitation says, and use it up. Raises Refused, and then it is not used up."""
    if reason := problem(invitation):
        raise Refused(reason)
    member = Membership.objects.filter(repository=invitation.repository_id, user=user).first()
    if member is not None and member.role >= invitation.role:
        raise Refused(f"You are {member.get_role_display()} of {invitation.repository.name} already.")
    with transaction.atomic():
        taken = Invitation.objects.pending(timezone.now()).filter(pk=invitation.pk)
        if not taken.update(accepted_at=timezone.now(), accepted_by=user):
            raise Refused("This invitation has been used: a link works once.")
        member = memberships.add(invitation.repository, user, Role(invitation.role), by=invitation.by)
        audit.record(user, ACCEPTED, invitation.email, invitation.repository)
    return member


def _may_invite(user: User, repository: Repository) -> bool:
    mine = Membership.objects.filter(repository=repository, user=user)
    return user.is_active and (user.is_superuser or mine.at_least(Role.ADMIN).exists())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
