"""`manage.py connect PATH|URL`: track a repository from a terminal."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from scanner.connections import ConnectError, Seen, look, save


class Command(BaseCommand):
    help = "Track a branch or tag of a git repository, and scan it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="PATH|URL", help="a repository on this machine, or an https URL")
        parser.add_argument("--ref", default="", help="a branch or tag; the default branch when absent")
        parser.add_argument("--name", default="", help="what to call it; the last part of the path when absent")
        parser.add_argument("--no-scan", action="store_true", help="save it, and let the schedule start its first scan")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seen = look(options["source"], options["ref"])
            repository = save(seen, name=options["name"], scan=not options["no_scan"])
        except ConnectError as error:
            raise CommandError(str(error), returncode=2) from error
        for line in (*_lines(seen), f"page    {reverse('repository', args=[repository.slug])}"):
            self.stdout.write(line)


def _lines(seen: Seen) -> list[str]:
    lines = [f"source  {seen.url or seen.path}", f"ref     {seen.ref}", f"head    {seen.head}"]
    if seen.commits is not None:
        lines.append(f"seen    {seen.commits:,} commits, {seen.files:,} Python files at the head")
    return lines + [f"note    {note}" for note in seen.notes]
