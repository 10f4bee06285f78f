"""What people type: checked here, kept as typed when it is wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from scanner.engine import config_file
from scanner.engine.config import ConfigError
from scanner.engine.violation import SCOPES, SEVERITIES
from scanner.models import Repository

INTERVALS = {15: "every 15 minutes", 60: "every hour", 360: "every 6 hours", 1440: "every day", 0: "only when asked"}
STATES = {"open": "open", "fixed": "fixed", "all": "open and fixed", "waived": "open, waived in the code"}
ORDERS = {"points": "Costliest first", "newest": "Newest first", "path": "By path"}


class ConnectForm(forms.Form):
    """Where the commits are. What the source really holds is checked by connecting it."""

    source = forms.CharField(
        label="Repository",
        max_length=2000,
        help_text="A folder on this machine, or an https address.",
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "placeholder": "/home/me/project or https://github.com/pallets/flask",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": "Say where the repository is: a folder on this machine, or an https address."},
    )
    ref = forms.CharField(
        label="Branch or tag",
        required=False,
        max_length=250,
        help_text="Its first parents are the history that is tracked. Empty means the default branch.",
        widget=forms.TextInput(attrs={"placeholder": "main", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, local_paths: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.local_paths = local_paths
        if not local_paths:
            self.fields["source"].help_text = "An https address."
            self.fields["source"].widget.attrs["placeholder"] = "https://github.com/pallets/flask"

    def clean_source(self) -> str:
        """A folder is read with this server's rights, so only its operators name one; nothing is looked at before."""
        source = str(self.cleaned_data["source"])
        if not self.local_paths and not source.lower().startswith("https://"):
            raise ValidationError(
                "Give an https address. Folders of this machine are connected by operators of this instance alone."
            )
        return source


class SettingsForm(forms.ModelForm):
    """Name, schedule and configuration of a repository."""

    interval_minutes = forms.TypedChoiceField(
        label="Scan", coerce=int, help_text="A scan that finds no new commit costs next to nothing."
    )

    class Meta:
        model = Repository
        fields = ["name", "interval_minutes", "config_toml"]
        labels = {"config_toml": "Configuration (truthline.toml)"}
        widgets = {
            "name": forms.TextInput(),
            "config_toml": forms.Textarea(attrs={"spellcheck": "false", "wrap": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = dict(INTERVALS)
        choices.setdefault(self.instance.interval_minutes, f"every {self.instance.interval_minutes} minutes")
        self.fields["interval_minutes"].choices = list(choices.items())  # type: ignore[attr-defined]
        self.fields["config_toml"].strip = False  # type: ignore[attr-defined]

    def clean_config_toml(self) -> str:
        text = str(self.cleaned_data["config_toml"]).replace("\r\n", "\n")
        if text.strip():
            try:
                config_file.parse(text)
            except ConfigError as error:
                raise ValidationError(str(error)) from None
        return text

    def lock(self) -> None:
        """Show what is set to somebody who may not change it."""
        for field in self.fields.values():
            field.disabled = True

    @property
    def configures(self) -> bool:
        """Whether the configuration is another one; a browser sends the same one back with other line ends."""
        return bool(self.cleaned_data["config_toml"] != self.initial["config_toml"])


class ViolationFilter(forms.Form):
    """What the address of the violations list asks for. An unknown choice is refused in words and left out."""

    state = forms.ChoiceField(choices=list(STATES.items()), required=False)
    area = forms.ChoiceField(required=False)
    rule = forms.ChoiceField(required=False)
    severity = forms.ChoiceField(choices=[("", "any"), *((one, one) for one in SEVERITIES)], required=False)
    scope = forms.ChoiceField(choices=[("", "any"), *((one, one) for one in SCOPES)], required=False)
    service = forms.CharField(required=False, max_length=200)
    author = forms.CharField(required=False, max_length=200, label="Introduced by")
    q = forms.CharField(required=False, max_length=200, label="Path or symbol")
    plan = forms.SlugField(required=False, max_length=80, label="Named by the plan", widget=forms.HiddenInput)
    sort = forms.ChoiceField(choices=list(ORDERS.items()), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, areas: list[str], rules: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "f-%s"} | kwargs)
        self.fields["area"].choices = [("", "any"), *((one, one) for one in areas)]  # type: ignore[attr-defined]
        self.fields["rule"].choices = [("", "any rule"), *((one, one) for one in rules)]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "field"

    @property
    def chosen(self) -> dict[str, str]:
        """Name → value of what is asked for, defaults left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "sort"}

    @property
    def lifetimes(self) -> str:
        """Which ones: open, fixed, all or waived."""
        return self.chosen.get("state", "open")

    @property
    def order(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("sort") or "points")
