"""`manage.py import_plan FILE --dry-run`: what Truthline understands of a written plan."""

from __future__ import annotations

import json
import stat
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.plan_markdown import MAX_BYTES, PlanError, as_json, parse
from dashboard.plan_markdown.preview import preview


class Command(BaseCommand):
    help = "Read a plan written in Markdown and show what was understood, and what is unsure."
    # The checks import every page and model; reading a file needs none of them.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a Markdown document in UTF-8")
        parser.add_argument("--repository", metavar="SLUG", default="", help="the repository that the plan is about")
        parser.add_argument("--dry-run", action="store_true", help="show the plan and save nothing; needs no database")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["dry_run"]:
            raise CommandError("Plans cannot be saved yet: call import_plan with --dry-run.", returncode=2)
        path: Path = options["file"]
        try:
            document = parse(read(path))
        except PlanError as error:
            raise CommandError(f"{path}: {error}", returncode=2) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(as_json(document), indent=1))
        else:
            self.stdout.write(preview(document))


def read(path: Path) -> bytes:
    """The bytes of a file, at most one more than a plan may have. Raises PlanError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PlanError("This is not a file.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PlanError(f"The file cannot be read: {getattr(error, 'strerror', None) or error}.") from error
