"""For operators: every account of this instance, who may connect repositories, and who may sign in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard import accounts
from dashboard.access import operator_of
from dashboard.models import Membership

PAGE = 100


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    operator_of(request)
    allowed = User.user_permissions.through.objects.filter(user=OuterRef("pk"), permission=accounts.connecting())
    memberships = Membership.objects.select_related("repository").order_by("repository__name")
    rows = User.objects.annotate(may_connect=Exists(allowed)).prefetch_related(Prefetch("memberships", memberships))
    page = Paginator(rows.order_by("-is_active", "username"), PAGE).get_page(request.GET.get("page"))
    return render(request, "dashboard/people.html", {"area": "people", "page": page})


@require_POST
def connecting(request: HttpRequest, number: int) -> HttpResponse:
    """Let a person connect repositories, or not any more."""
    operator = operator_of(request)
    person = _person(number)
    wanted = request.POST.get("allowed") == "yes"
    accounts.let_connect(person, operator, wanted=wanted)
    may = "may connect repositories now" if wanted else "may not connect repositories any more"
    messages.success(request, f"{person.get_username()} {may}.")
    return redirect("people")


@require_POST
def active(request: HttpRequest, number: int) -> HttpResponse:
    """Close an account, or open it again."""
    operator = operator_of(request)
    person = _person(number)
    wanted = request.POST.get("active") == "yes"
    try:
        accounts.set_active(person, operator, wanted=wanted)
    except accounts.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        may = "may sign in again" if wanted else "may not sign in any more; what they did stays"
        messages.success(request, f"{person.get_username()} {may}.")
    return redirect("people")


def _person(number: int) -> User:
    found = User.objects.filter(pk=number).first()
    if found is None:
        raise Http404(f"There is no account {number}.")
    return found
