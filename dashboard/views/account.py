"""A person's own account: address, password, and where they are a member."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView, PasswordResetView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from dashboard.access import actor_of
from dashboard.models import Membership
from dashboard.people_forms import AccountForm, ForgottenForm

UNPROCESSABLE = 422
page_with_form = require_http_methods(["GET", "HEAD", "POST"])


@page_with_form
def account(request: HttpRequest) -> HttpResponse:
    person = actor_of(request)
    posted = request.POST if request.method == "POST" else None
    # A ModelForm writes into its instance, valid or not; the header shows request.user.
    form = AccountForm(posted, instance=User.objects.get(pk=person.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    context = {
        "area": "account",
        "form": form,
        "memberships": Membership.objects.filter(user=person).select_related("repository").order_by("repository__name"),
    }
    return render(request, "dashboard/account.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@method_decorator(page_with_form, name="dispatch")
class ChangePassword(PasswordChangeView):
    """Sessions in other browsers end with it: they are signed with the old password."""

    template_name = "dashboard/password_change.html"
    success_url = reverse_lazy("account")
    extra_context = {"area": "account"}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other browsers have to sign in again.")
        return super().form_valid(form)


@method_decorator([login_not_required, page_with_form], name="dispatch")
class ForgottenPassword(PasswordResetView):
    """The answer is the same whether the address belongs to an account or not."""

    form_class = ForgottenForm
    template_name = "dashboard/password_forgotten.html"
    email_template_name = "dashboard/mail/password_forgotten.txt"
    subject_template_name = "dashboard/mail/password_forgotten_subject.txt"
    success_url = reverse_lazy("login")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.info(self.request, "If an account has this address, a mail with a link is on its way to it.")
        return super().form_valid(form)


@method_decorator([login_not_required, page_with_form], name="dispatch")
class SetPassword(PasswordResetConfirmView):
    """The page behind the link of that mail."""

    template_name = "dashboard/password_set.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is set. Sign in with it.")
        return super().form_valid(form)
