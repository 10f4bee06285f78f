"""Memberships given, changed and taken away. Every act is one transaction and leaves its row in the audit."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from dashboard import audit
from dashboard.models import Membership, Role
from scanner.models import Repository


class Refused(Exception):
    """It cannot be done; `str()` is one sentence for a person."""


def add(repository: Repository, user: User, role: Role, by: User | None) -> Membership:
    """Make somebody a member, or raise their role to this one; a higher role stays. `by` None: from a shell."""
    with transaction.atomic():
        member, made = Membership.objects.select_for_update().get_or_create(
            repository=repository, user=user, defaults={"role": role, "by": by}
        )
        if made:
            _record(by, "added", member, role=role.label)
        elif member.role < role:
            _set(member, role, by)
    return member


def change(member: Membership, role: Role, by: User) -> bool:
    """Give a member another role; False when they had it. Raises Refused for the last admin."""
    with transaction.atomic():
        found = _locked(member)
        if found.role == role:
            return False
        if role < Role.ADMIN:
            _refuse_last_admin(found, by)
        _set(found, role, by)
    return True


def remove(member: Membership, by: User) -> None:
    """Take a membership away. What the person ticked and decided stays. Raises Refused for the last admin."""
    with transaction.atomic():
        found = _locked(member)
        _refuse_last_admin(found, by)
        _record(by, "removed", found, role=found.get_role_display())
        found.delete()


def _locked(member: Membership) -> Membership:
    # Of two admins who demote each other at once, the second must see what the first did.
    Repository.objects.select_for_update(no_key=True).get(pk=member.repository_id)
    found = Membership.objects.select_related("user", "repository").filter(pk=member.pk).first()
    if found is None:
        raise Refused(f"{member.user.get_username()} is no member any more.")
    return found


def _refuse_last_admin(member: Membership, by: User) -> None:
    """Somebody must be able to let people in. An operator always can, so an operator may take the last one away."""
    if member.role < Role.ADMIN or by.is_superuser:
        return
    others = Membership.objects.filter(repository=member.repository_id).exclude(pk=member.pk)
    if not others.at_least(Role.ADMIN).exists():
        name = member.user.get_username()
        raise Refused(f"{name} is the last admin of {member.repository.name}: make somebody else admin first.")


def _set(member: Membership, role: Role, by: User | None) -> None:
    before = member.get_role_display()
    member.role = role
    member.save(update_fields=["role"])
    _record(by, "changed the role of", member, role=role.label, before=before)


def _record(by: User | None, verb: str, member: Membership, **detail: object) -> None:
    audit.record(by, verb, member.user.get_username(), member.repository, user=member.user_id, **detail)
