"""Who did what, when: rows that nobody changes any more."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from scanner.models import Repository


class AuditEvent(models.Model):
    """One act of a person, or of the machine where `actor` is null.

    The database refuses to change or delete a row (migration 0002), also when the person or the repository is
    deleted: so neither is a real foreign key, and `name` and `subject` say in words what was meant.
    """

    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    name = models.TextField(blank=True)
    repository = models.ForeignKey(Repository, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    verb = models.CharField(max_length=60)
    subject = models.TextField()
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # activity page of a repository
            models.Index(fields=["repository", "-id"], name="audit_repository"),
        ]

    @property
    def words(self) -> str:
        """What of the detail a person reads: the reason or note given, the predicate, the role."""
        told = [str(self.detail[name]) for name in ("note", "reason", "predicate", "path") if self.detail.get(name)]
        if self.detail.get("until"):
            told.append(f"until {str(self.detail['until'])[:10]}")
        if self.detail.get("role"):
            before = self.detail.get("before")
            told.append(f"{before} → {self.detail['role']}" if before else f"as {self.detail['role']}")
        return " · ".join(told)

    def __str__(self) -> str:
        return f"{self.name or 'Truthline'} {self.verb} {self.subject}"
