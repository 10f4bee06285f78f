"""Facts by blob: what a file says, wherever and whenever it lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import models
from django.db.models.expressions import RawSQL


class BlobQuerySet(models.QuerySet["Blob"]):
    def missing(self, extractor: int, shas: Iterable[str]) -> list[str]:
        """Those of `shas` that have no facts yet, in their order."""
        missing: list[str] = []
        for some in _batches(shas):
            known = set(self.filter(extractor=extractor, sha__in=some).values_list("sha", flat=True))
            missing += (sha for sha in some if sha not in known)
        return missing

    def facts(self, extractor: int, shas: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (sha, encoded facts: scanner.engine.facts); what has none is left out."""
        for some in _batches(shas):
            for sha, facts in self.filter(extractor=extractor, sha__in=some).values_list("sha", "facts"):
                yield sha, bytes(facts)

    def at_once(self, extractor: int, shas: Iterable[str]) -> dict[str, bytes]:
        """Return encoded facts by sha, in one query however many they are: for a page that wants a whole tree's."""
        wanted = RawSQL("SELECT unnest(%s::varchar[])", (list(shas),))
        rows = self.filter(extractor=extractor, sha__in=wanted).values_list("sha", "facts")
        return {sha: bytes(facts) for sha, facts in rows}

    def outdated(self, extractor: int) -> BlobQuerySet:
        """What versions before this one found."""
        return self.filter(extractor__lt=extractor)


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


def _batches(shas: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Cut into pieces that fit one statement well."""
    rest = iter(shas)
    while some := tuple(islice(rest, 2000)):
        yield some
