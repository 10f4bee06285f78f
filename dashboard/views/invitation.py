"""The page behind an invitation link: it lets a person in, with the account they have or with a new one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashboard import invitations
from dashboard.models import Invitation
from dashboard.people_forms import JoinForm

GONE = 410


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Looking uses nothing up: programs open links before people do."""
    found = invitations.by_token(token)
    if found is None:
        raise Http404("There is no such invitation. Is the whole link there?")
    if problem := invitations.problem(found):
        return _page(request, found, status=GONE, problem=problem)
    if request.user.is_authenticated:
        return _join(request, found, request.user) if request.method == "POST" else _page(request, found)
    form = JoinForm(request.POST if request.method == "POST" else None, email=found.email)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                person = form.save()
                invitations.accept(found, person)
        except invitations.Refused as refusal:  # somebody was faster
            return _page(request, found, status=GONE, problem=str(refusal))
        login(request, person)
        return _welcome(request, found)
    known = User.objects.filter(email__iexact=found.email, is_active=True).exists()
    return _page(request, found, status=422 if form.is_bound else 200, form=form, known=known)


def _join(request: HttpRequest, found: Invitation, person: User) -> HttpResponse:
    try:
        invitations.accept(found, person)
    except invitations.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("overview")
    return _welcome(request, found)


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    messages.success(request, f"You are {found.get_role_display()} of {found.repository.name} now.")
    return redirect("repository", found.repository.slug)


def _page(request: HttpRequest, found: Invitation, status: int = 200, **context: object) -> HttpResponse:
    return render(request, "dashboard/invitation.html", {"invitation": found} | context, status=status)
