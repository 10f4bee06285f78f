"""Written plans: Markdown → PlanDocument (`parse`), and back (`export`). Pure: no Django, no database, no network."""

from __future__ import annotations

from dashboard.plan_markdown.document import PlanDocument
from dashboard.plan_markdown.export import export
from dashboard.plan_markdown.importer import parse
from dashboard.plan_markdown.json_form import as_json
from dashboard.plan_markdown.source import MAX_BYTES, PlanError, check_size

__all__ = ["MAX_BYTES", "PlanDocument", "PlanError", "as_json", "check_size", "export", "parse"]
