"""What operators decide about accounts: who may connect repositories, and who may not sign in any more."""

from __future__ import annotations

from django.contrib.auth.models import Permission, User
from django.db import transaction

from dashboard import audit
from dashboard.access import MAY_CONNECT


class Refused(Exception):
    """It cannot be done; `str()` is one sentence for a person."""


def let_connect(person: User, by: User, *, wanted: bool) -> None:
    """Let somebody connect repositories by https, or not any more. What they connected stays."""
    permission = connecting()
    with transaction.atomic():
        if wanted:
            person.user_permissions.add(permission)
        else:
            person.user_permissions.remove(permission)
        audit.record(by, "let connect" if wanted else "does not let connect any more", person.get_username())


def set_active(person: User, by: User, *, wanted: bool) -> None:
    """Let somebody sign in, or not any more; their sessions end at once, what they did stays. Raises Refused."""
    if person.pk == by.pk:
        raise Refused("You cannot close your own account: another operator can.")
    with transaction.atomic():
        person.is_active = wanted
        person.save(update_fields=["is_active"])
        audit.record(by, "opened the account of" if wanted else "closed the account of", person.get_username())


def connecting() -> Permission:
    """Django's own permission to add a repository."""
    app, _, codename = MAY_CONNECT.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)
