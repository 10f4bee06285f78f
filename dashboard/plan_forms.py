"""What people type about plans: checked here, kept as typed when it is wrong."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone

from dashboard import plan_sources
from dashboard.checklists import MAX_NOTE
from dashboard.plan_markdown import PlanDocument, PlanError, check_size, parse
from dashboard.predicate_text import from_text
from dashboard.predicates import PredicateError, to_json
from scanner.models import Repository

SALT = "plan to be confirmed"
LONGEST_OVERRIDE = timedelta(days=366)
PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class PlanSourceForm(forms.Form):
    """A plan as a file, as pasted text, or by its path in the repository: exactly one of them."""

    file = forms.FileField(
        label="A file", required=False, allow_empty_file=True, help_text="Markdown in UTF-8, at most 1 MB."
    )
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"spellcheck": "false", "rows": 8, "placeholder": "# Plan\n\n## Phase 1: …"}),
    )
    path = forms.CharField(required=False, max_length=4096, widget=forms.HiddenInput)

    def __init__(self, *args: Any, repository: Repository, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.repository = repository

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            data["document"] = parse(self._bytes(data))
        except PlanError as error:
            self.add_error("file" if data.get("file") else "text" if data.get("text") else None, str(error))
        return data

    def _bytes(self, data: dict[str, Any]) -> bytes:
        if data["path"]:
            return plan_sources.read(self.repository, data["path"])
        if data["file"]:
            check_size(data["file"].size)
            content: bytes = data["file"].read()
            return content
        if not str(data["text"]).strip():
            raise PlanError("Choose a file or paste the text of a plan.")
        # A form sends every line end as CR LF, however the text was written.
        return str(data["text"]).replace("\r\n", "\n").encode("utf-8", "surrogatepass")


def sealed(document: PlanDocument, path: str) -> str:
    """A document on its way from the preview to the confirmation: compressed, and only as it was sent."""
    return signing.dumps([document.source, document.repaired or "", path], salt=SALT, compress=True)


def unsealed(value: str) -> tuple[PlanDocument, str]:
    """Return the document and its path. Raises PlanError."""
    try:
        text, repaired, path = signing.loads(value, salt=SALT)
    except signing.BadSignature:
        raise PlanError("The preview is not the one that was shown: read the plan in again.") from None
    document = parse(text.encode("utf-8", "surrogatepass"))
    document.repaired = "mac_roman" if repaired else document.repaired
    return document, path


class TickForm(forms.Form):
    note = forms.CharField(
        label="What shows it", required=False, max_length=MAX_NOTE, help_text="A run, a link, a sentence.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    sha = forms.CharField(
        label="At commit", required=False, max_length=64, help_text="Empty means the newest one.",
        widget=forms.TextInput(attrs=PLAIN | {"placeholder": "newest"}),
    )  # fmt: skip


class OverrideForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=MAX_NOTE, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give a reason."},
    )  # fmt: skip
    until = forms.DateField(
        label="Until the end of", widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Say until when.", "invalid": "Give a day as 2026-01-31."},
    )  # fmt: skip

    def clean_until(self) -> datetime:
        """The end of the day, which must be ahead and at most a year away."""
        end = datetime.combine(self.cleaned_data["until"], time.max, tzinfo=timezone.get_current_timezone())
        if end > timezone.now() + LONGEST_OVERRIDE:
            raise ValidationError("An override ends within a year.")
        return end


class PredicateForm(forms.Form):
    predicate = forms.CharField(
        label="Predicate", required=False, max_length=2_000, widget=forms.TextInput(attrs=PLAIN),
        help_text="path_absent(…), count(rule=…) < start, no_new(rule), score > start, all(…), or manual.",
    )  # fmt: skip

    def clean_predicate(self) -> dict[str, Any] | None:
        value = self.cleaned_data["predicate"].strip()
        try:
            return to_json(from_text(value)) if value and value != "manual" else None
        except PredicateError as error:
            raise ValidationError(str(error)) from None
