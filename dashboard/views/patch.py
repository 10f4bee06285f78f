"""The patch for one violation: shown, and as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import patches
from dashboard.access import repository_for
from dashboard.fragments import is_asked_for_part, respond
from dashboard.models import Role
from dashboard.summaries import Summary, summarise
from scanner.models import Repository, Violation


@require_safe
def patch(request: HttpRequest, slug: str, fingerprint: str) -> HttpResponse:
    """Asked for by the violation's page once it stands, as working it out takes a moment; a page without a script."""
    repository, summary, violation = _asked(request, slug, fingerprint)
    context = {
        "repository": repository,
        "summary": summary,
        "tab": "violations",
        "violation": violation,
        "offer": _offer(repository, summary, violation),
    }
    template = "dashboard/_patch.html" if is_asked_for_part(request) else "dashboard/patch.html"
    return respond(request, template, context)


@require_safe
def download(request: HttpRequest, slug: str, fingerprint: str) -> HttpResponse:
    """The patch as a file; where there is none, the reason as the page of a missing file."""
    repository, summary, violation = _asked(request, slug, fingerprint)
    offer = _offer(repository, summary, violation)
    if not offer.diff:
        raise Http404(f"There is no patch for this violation: {offer.refused or offer.problem}")
    headers = {"Content-Disposition": f'attachment; filename="{fingerprint[:12]}.patch"'}
    return HttpResponse(offer.diff, content_type="text/x-patch; charset=utf-8", headers=headers)


def _asked(request: HttpRequest, slug: str, fingerprint: str) -> tuple[Repository, Summary, Violation]:
    repository = repository_for(request, slug, Role.VIEWER)
    rows = Violation.objects.filter(epoch=repository.current_epoch_id, fingerprint=fingerprint)
    violation = rows.order_by("-introduced", "-id").first()
    if violation is None:
        raise Http404(f"{repository.name} has no violation {fingerprint} in its current epoch.")
    return repository, summarise([repository], timezone.now())[0], violation


def _offer(repository: Repository, summary: Summary, violation: Violation) -> patches.Offer:
    if not violation.is_open:
        return patches.Offer(refused="it is fixed already")
    if not patches.is_offered(violation):
        return patches.Offer(refused=f"{violation.rule} is not repaired by moving an import")
    if summary.head is None:
        return patches.Offer(problem="No commit to read it from.")
    return patches.offer(repository, summary.head.sha, violation)
