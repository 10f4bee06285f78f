"""Who is a member of a repository, in which role, and who is invited."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard import invitations, memberships
from dashboard.access import actor_of, repository_for, role_in
from dashboard.models import Invitation, Membership, Role
from dashboard.people_forms import InviteForm, RoleForm
from dashboard.summaries import summarise
from scanner.models import Repository


@require_safe
def members(request: HttpRequest, slug: str) -> HttpResponse:
    repository = repository_for(request, slug, Role.VIEWER)
    return _page(request, repository, InviteForm(initial={"role": Role.ENGINEER}))


@never_cache
@require_POST
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a link and show it. It is on this one answer and nowhere else, so there is no redirect."""
    repository = repository_for(request, slug, Role.ADMIN)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, repository, form, status=422)
    made = invitations.invite(repository, form.cleaned_data["email"], form.cleaned_data["role"], by=actor_of(request))
    link = request.build_absolute_uri(reverse("invitation", args=[made.token]))
    sent = invitations.send(made, link)
    form = InviteForm(initial={"role": Role.ENGINEER})
    return _page(request, repository, form, made=made.invitation, link=link, sent=sent)


@require_POST
def revoke(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    repository = repository_for(request, slug, Role.ADMIN)
    found = Invitation.objects.filter(repository=repository, pk=number).first()
    if found is None:
        raise Http404(f"There is no invitation {number}.")
    if invitations.revoke(found, by=actor_of(request)):
        messages.success(request, f"The invitation of {found.email} is revoked; its link does not work any more.")
    else:
        messages.info(request, f"The invitation of {found.email} had been answered or revoked before.")
    return redirect("members", slug)


@require_POST
def change_role(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = _member(repository_for(request, slug, Role.ADMIN), number)
    name = member.user.get_username()
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such role.")
        return redirect("members", slug)
    role: Role = form.cleaned_data["role"]
    try:
        changed = memberships.change(member, role, by=actor_of(request))
    except memberships.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{name} is {role.label} now." if changed else f"{name} was {role.label} before.")
    return _onwards(request, slug)


@require_POST
def remove(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = _member(repository_for(request, slug, Role.ADMIN), number)
    try:
        memberships.remove(member, by=actor_of(request))
    except memberships.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{member.user.get_username()} is no member any more. What they ticked stays.")
    return _onwards(request, slug)


def _member(repository: Repository, number: int) -> Membership:
    found = Membership.objects.select_related("user").filter(repository=repository, pk=number).first()
    if found is None:
        raise Http404(f"There is no member {number}.")
    return found


def _onwards(request: HttpRequest, slug: str) -> HttpResponse:
    """Whoever took themselves out sees the overview: the repository is not theirs to see any more."""
    user = actor_of(request)
    mine = user.is_superuser or Membership.objects.filter(repository__slug=slug, user=user).exists()
    return redirect("members", slug) if mine else redirect("overview")


def _page(
    request: HttpRequest,
    repository: Repository,
    form: InviteForm,
    status: int = 200,
    **shown: object,
) -> HttpResponse:
    rows = Membership.objects.filter(repository=repository).select_related("user", "by")
    context: dict[str, object] = {
        "repository": repository,
        "summary": summarise([repository], timezone.now())[0],
        "tab": "settings",
        "members": rows,
        "roles": Role.choices,
        "form": form,
    } | shown
    if role_in(repository) >= Role.ADMIN:
        context["waiting"] = Invitation.objects.unanswered().filter(repository=repository).select_related("by")
        context["now"] = timezone.now()
    return render(request, "dashboard/members.html", context, status=status)
