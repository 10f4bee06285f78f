"""A plan goes where its file goes: a commit that renames the file takes the plan with it."""

from __future__ import annotations

from dashboard import audit
from dashboard.models import Plan
from scanner.engine.git import Repository
from scanner.engine.path_history import trail

FOLLOWED = "followed the plan's file"


def follow(plan: Plan, source: Repository, tip: str) -> None:
    """Find the file of a plan that is no longer where it was; the caller saves the plan.

    A history rewritten without the move leads back to the path before it. Where the file is deleted for good, the
    plan keeps its last path and `seen_blob` stays empty. Raises GitError.
    """
    for path in filter(None, (plan.source_path, plan.moved_from)):
        found = trail(source, tip, path)
        if found is None:
            continue
        plan.seen_blob = found.blob or ""
        if found.path != plan.source_path:
            before, plan.source_path = plan.source_path, found.path
            plan.moved_from = before if found.moves else ""
            plan.moved_sha = found.moves[-1].commit if found.moves else ""
            detail = {"plan": plan.pk, "old": before, "new": found.path, "commit": plan.moved_sha}
            audit.record(None, FOLLOWED, plan.title, plan.repository, **detail)
        return
