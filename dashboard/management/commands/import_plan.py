"""`manage.py import_plan FILE`: what Truthline understands of a written plan, saved beside a repository."""

from __future__ import annotations

import json
import stat
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard import evaluation, plans
from dashboard.plan_markdown import MAX_BYTES, PlanDocument, PlanError, as_json, check_size, parse
from dashboard.plan_markdown.preview import preview
from scanner.models import Repository
from scanner.terminal import silence


class Command(BaseCommand):
    help = "Read a plan written in Markdown, show what was understood and what is unsure, and save it."
    # The checks import every page and model; reading a file needs none of them.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a Markdown document in UTF-8")
        parser.add_argument("--repository", metavar="SLUG", default="", help="the repository that the plan is about")
        parser.add_argument("--dry-run", action="store_true", help="show the plan and save nothing; needs no database")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            document = parse(read(path))
        except PlanError as error:
            raise CommandError(f"{path}: {error}", returncode=2) from error
        saved = "" if options["dry_run"] else self._save(document, options["repository"])
        if options["format"] == "json":
            self._print(json.dumps(as_json(document), indent=1), saved)
        else:
            self._print(preview(document) + (f"\n\n{saved}" if saved else ""), saved)

    def _print(self, text: str, saved: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            silence(sys.stdout)
            raise CommandError(
                f"The plan cannot be printed: {error.strerror}. {saved}".strip(), returncode=2
            ) from error

    def _save(self, document: PlanDocument, slug: str) -> str:
        if not slug:
            raise CommandError("Name the repository with --repository, or look only with --dry-run.", returncode=2)
        repository = Repository.objects.select_related("current_epoch").filter(slug=slug).first()
        if repository is None:
            known = ", ".join(Repository.objects.order_by("slug").values_list("slug", flat=True)[:10])
            hint = f"There are {known}." if known else "None is connected yet."
            raise CommandError(f"There is no repository {slug!r}. {hint}", returncode=2)
        plan = plans.save(repository, document, user=None)
        evaluation.evaluate(plan)
        start = f"It counts from commit {plan.start_sha[:9]}." if plan.start_sha else "It has no start yet."
        return f"Saved as {slug}/{plan.slug} with {plan.criteria.boxes().count()} criteria. {start}"


def read(path: Path) -> bytes:
    """The bytes of a file, at most one more than a plan may have. Raises PlanError."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PlanError("This is not a file.")
        check_size(found.st_size)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PlanError(f"The file cannot be read: {getattr(error, 'strerror', None) or error}.") from error
