"""Repositories, their history, and every violation's lifetime in it. Read in this order."""

from .blobs import Blob
from .epochs import Baseline, Epoch, Standing, Tally
from .repositories import Commit, Repository
from .scans import Chunk, Scan
from .violations import Violation

__all__ = ["Baseline", "Blob", "Chunk", "Commit", "Epoch", "Repository", "Scan", "Standing", "Tally", "Violation"]
