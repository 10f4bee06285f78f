"""Signing in, and what a browser remembers."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, resolve_url
from django.templatetags.static import static
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard import themes
from dashboard.people_forms import LIMITED, SignInForm

REMEMBERED = timedelta(days=365)
TOO_MANY = 429


@method_decorator([login_not_required, require_http_methods(["GET", "HEAD", "POST"])], name="dispatch")
class SignIn(LoginView):
    form_class = SignInForm
    template_name = "dashboard/login.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, LIMITED):
            response.status_code = TOO_MANY
        return response


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice, and go back to where the form stood."""
    chosen = request.POST.get("theme", "")
    if chosen not in themes.THEMES:
        return HttpResponseBadRequest("theme must be one of " + ", ".join(themes.THEMES), content_type="text/plain")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = resolve_url("overview")
    response = redirect(back)
    if chosen == themes.AUTO:
        response.delete_cookie(themes.COOKIE)
    else:
        response.set_cookie(
            themes.COOKIE, chosen, max_age=REMEMBERED, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For the browsers that ask for the old name."""
    return redirect(static("dashboard/favicon.svg"))
