"""Facts by blob: what a file says, wherever and whenever it lies."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models


class BlobQuerySet(models.QuerySet["Blob"]):
    def known(self, extractor: int, shas: Collection[str]) -> set[str]:
        """Those of `shas` that have facts."""
        return set(self.filter(extractor=extractor, sha__in=shas).values_list("sha", flat=True))

    def facts(self, extractor: int, shas: Collection[str]) -> dict[str, bytes]:
        """Encoded facts (scanner.engine.facts) by sha; what has none is left out."""
        rows = self.filter(extractor=extractor, sha__in=shas).values_list("sha", "facts")
        return {sha: bytes(facts) for sha, facts in rows.iterator(chunk_size=2000)}


class Blob(models.Model):
    """The facts one extractor version found in one blob. No repository: content is content."""

    pk = models.CompositePrimaryKey("sha", "extractor")  # BlobQuerySet
    sha = models.CharField(max_length=40)
    extractor = models.PositiveIntegerField()
    outcome = models.CharField(max_length=20)
    facts = models.BinaryField()

    objects = BlobQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.sha}: {self.outcome}"
