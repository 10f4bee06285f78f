"""The registry as people type it: one row a symbol, one row a deprecated module, or the text itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.registry import MAX_NOTE
from scanner.engine import config_file
from scanner.engine.config import DEFAULT_IMPORTANCE, IMPORTANCES, Canonical, Config, ConfigError, Deprecated

MOST = 1_000
PLAIN = {"autocomplete": "off", "spellcheck": "false", "class": "field"}


class DottedField(forms.CharField):
    """A dotted name such as package.module."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=400, widget=forms.TextInput(attrs=PLAIN), **options)

    def clean(self, value: Any) -> str:
        return _dotted(str(super().clean(value)))


class NamesField(DottedField):
    """Dotted names with commas or spaces between them."""

    def clean(self, value: Any) -> Any:
        return tuple(_dotted(part) for part in str(forms.CharField.clean(self, value)).replace(",", " ").split())


class CanonicalForm(forms.Form):
    """A registered symbol and its only home."""

    symbol = DottedField(error_messages={"required": "Name the class or function."})
    module = DottedField(error_messages={"required": "Name the module that defines it."})
    public = NamesField(required=False)
    importance = forms.TypedChoiceField(
        coerce=int,
        initial=DEFAULT_IMPORTANCE,
        choices=[(n, str(n)) for n in IMPORTANCES],
        widget=forms.Select(attrs={"class": "field"}),
    )

    @property
    def entry(self) -> Canonical:
        data = self.cleaned_data
        return Canonical(data["symbol"], data["module"], data["public"], data["importance"])


class DeprecatedForm(forms.Form):
    """A module nobody may import any more, and its replacement."""

    module = DottedField(error_messages={"required": "Name the module."})
    use = DottedField(required=False)

    @property
    def entry(self) -> Deprecated:
        return Deprecated(self.cleaned_data["module"], self.cleaned_data["use"] or None)


class NoteForm(forms.Form):
    """Why the registry is changed."""

    note = forms.CharField(
        label="Why",
        required=False,
        max_length=MAX_NOTE,
        help_text="Kept with the version, for those who come later.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class TextForm(NoteForm):
    """The text of truthline.toml itself."""

    config_toml = forms.CharField(
        label="truthline.toml",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"spellcheck": "false", "wrap": "off"}),
    )
    field_order = ("config_toml", "note")

    def clean_config_toml(self) -> str:
        text = str(self.cleaned_data["config_toml"]).replace("\r\n", "\n")
        try:
            config_file.parse(text)
        except ConfigError as error:
            raise ValidationError(str(error)) from None
        return text


class RegistryForm:
    """The registry as rows, the suggested symbols that are to be added, and a note."""

    def __init__(self, config: Config, suggested: Sequence[Mapping[str, Any]], data: QueryDict | None = None) -> None:
        symbols = [_initial(entry) for entry in config.canonical]
        modules = [{"module": entry.module, "use": entry.use or ""} for entry in config.deprecated]
        self.symbols = _SYMBOLS(data, initial=symbols, prefix="symbols")
        self.modules = _MODULES(data, initial=modules, prefix="modules")
        self.note = NoteForm(data)
        self._service_of = config.service_of
        self.suggested = suggested
        self.chosen = set(data.getlist("suggested")) if data else set()
        self.problem = ""

    def is_valid(self) -> bool:
        """Check all of it; what is wrong with the whole is told in `problem`."""
        if not all([self.symbols.is_valid(), self.modules.is_valid(), self.note.is_valid()]):
            return False
        config = self.config
        names = Counter((entry.symbol, self._service_of(entry.module)) for entry in config.canonical)
        twice = [name for (name, _), count in names.items() if count > 1]
        twice += [name for name, count in Counter(entry.module for entry in config.deprecated).items() if count > 1]
        if twice:
            self.problem = f"{twice[0]} is there twice: each symbol of a service, and each module, has one entry."
        return not twice

    @property
    def config(self) -> Config:
        """The canonical symbols, chosen suggestions at the end, and deprecated modules; nothing else."""
        added = (
            Canonical(row["symbol"], row["module"], tuple(row["public"]), row["importance"])
            for row in self.suggested
            if row["symbol"] in self.chosen
        )
        return Config(canonical=(*_kept(self.symbols), *added), deprecated=tuple(_kept(self.modules)))


_SYMBOLS = forms.formset_factory(CanonicalForm, extra=1, can_delete=True, absolute_max=MOST, max_num=MOST)
_MODULES = forms.formset_factory(DeprecatedForm, extra=1, can_delete=True, absolute_max=MOST, max_num=MOST)


def _initial(entry: Canonical) -> dict[str, Any]:
    public = ", ".join(entry.public)
    return {"symbol": entry.symbol, "module": entry.module, "public": public, "importance": entry.importance}


def _kept(rows: forms.BaseFormSet) -> Iterator[Any]:
    """Yield the entries that are there or were added, but not those to be removed."""
    for form in rows.forms:
        if form not in rows.deleted_forms and (form.has_changed() or not form.empty_permitted):
            yield form.entry


def _dotted(value: str) -> str:
    if not value:
        return value
    try:
        return config_file.dotted(value)
    except ValueError as error:
        raise ValidationError(f"This {error}.") from None
