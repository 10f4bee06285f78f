"""Repositories, their history, and every violation's lifetime in it. Read in this order."""

from .blobs import Blob
from .epochs import Baseline, Epoch, ResolvedTree, Standing, Tally
from .repositories import Commit, Repository
from .scans import Chunk, Scan
from .violations import Violation

__all__ = [
    "Baseline",
    "Blob",
    "Chunk",
    "Commit",
    "Epoch",
    "Repository",
    "ResolvedTree",
    "Scan",
    "Standing",
    "Tally",
    "Violation",
]
