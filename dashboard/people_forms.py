"""What people type about themselves and each other: checked here, kept as typed when it is wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from dashboard import throttle
from dashboard.models import Role
from dashboard.words import span

LIMITED = "limited"


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(label="Role", choices=Role.choices, coerce=lambda value: Role(int(value)))


class InviteForm(RoleForm):
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ["email", "role"]


class JoinForm(UserCreationForm):
    """A new account for whoever has an invitation; its e-mail is the invitation's."""

    class Meta:
        model = User
        fields = ["username"]

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.email = email
        self.fields["username"].help_text = "What others see beside your ticks: letters, digits and @.+-_"


class AccountForm(forms.ModelForm):
    """The address that a forgotten password is mended through: so it takes the password to change it."""

    password = forms.CharField(
        label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    class Meta:
        model = User
        fields = ["email"]
        labels = {"email": "E-mail"}
        help_texts = {"email": "Only for mails that you ask for, such as a new password."}

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self.instance.check_password(password):
            raise ValidationError("That is not your password.")
        return password


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Look at the password only while its name has not failed too often."""
        name = self.cleaned_data.get("username")
        if not name or self.request is None:
            return super().clean()
        _limited("login", name, self.request, "Too many attempts to sign in as this name.")
        data = super().clean()
        throttle.forgive("login", name, self.request)
        return data


class ForgottenForm(PasswordResetForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["email"].label = "E-mail of your account"

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        _limited("reset", email, self.request, "Too many mails were asked for with this address.")
        return email


def _limited(kind: str, name: str, request: HttpRequest, words: str) -> None:
    try:
        throttle.begin(kind, name, request)
    except throttle.Limited as limited:
        raise ValidationError(f"{words} Try again in {span(limited.wait)}.", code=LIMITED) from None
