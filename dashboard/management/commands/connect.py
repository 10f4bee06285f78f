"""`manage.py connect PATH|URL`: track a repository from a terminal. Without --admin only operators see it at first."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from dashboard import memberships
from dashboard.models import Role
from scanner.connections import ConnectError, Seen, look, save


class Command(BaseCommand):
    help = "Track a branch or tag of a git repository, and scan it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="PATH|URL", help="a repository on this machine, or an https URL")
        parser.add_argument("--ref", default="", help="a branch or tag; the default branch when absent")
        parser.add_argument("--name", default="", help="what to call it; the last part of the path when absent")
        parser.add_argument("--admin", metavar="USERNAME", default="", help="who is to be admin of the repository")
        parser.add_argument("--no-scan", action="store_true", help="save it, and let the schedule start its first scan")

    def handle(self, *args: Any, **options: Any) -> None:
        admin = person(options["admin"]) if options["admin"] else None
        try:
            seen = look(options["source"], options["ref"])
            with transaction.atomic():
                repository = save(seen, name=options["name"], scan=not options["no_scan"])
                if admin is not None:
                    memberships.add(repository, admin, Role.ADMIN, by=None)
        except ConnectError as error:
            raise CommandError(str(error), returncode=2) from error
        for line in (*_lines(seen), f"page    {reverse('repository', args=[repository.slug])}"):
            self.stdout.write(line)


def person(name: str) -> User:
    """Return the account of that name. Raises CommandError."""
    found = User.objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no account {name!r}. Nothing was connected.", returncode=2)
    return found


def _lines(seen: Seen) -> list[str]:
    lines = [f"source  {seen.url or seen.path}", f"ref     {seen.ref}", f"head    {seen.head}"]
    if seen.commits is not None:
        lines.append(f"seen    {seen.commits:,} commits, {seen.files:,} Python files at the head")
    return lines + [f"note    {note}" for note in seen.notes]
