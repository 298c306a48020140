# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all forms here: how fields look, and the rules of orders as validators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates

from voipbox.core.errors import Fault

from .. import field_names

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.HiddenInput, ""),
    (forms.Widget, "form-control"),
)


# Django's own sentences, in the words of these pages.
_WORDS = {
    "required": "Fill this in.",
    "invalid_choice": "Choose one of the list.",
    "invalid": "This does not fit here; look at the example.",
}


class PageRenderer(DjangoTemplates):
    """Fields as Tabler shows them."""

    field_template_name = "client/parts/field.html"


class PageForm(forms.Form):
    """A form of these pages. Nothing of a browser's own checks: the server's sentences stand beside the fields."""

    default_renderer = PageRenderer
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            look = next(classes for kind, classes in _CLASSES if isinstance(field.widget, kind))
            field.error_messages |= {name: words for name, words in _WORDS.items() if name in field.error_messages}
            if look:
                field.widget.attrs.setdefault("class", look)
            if field.required and not isinstance(field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
                field.widget.attrs.setdefault("aria-required", "true")

    def broken(self) -> list[tuple[str, str]]:
        """Ids and labels of the fields that do not fit."""
        return [
            (str(self[name].id_for_label or self[name].auto_id), str(self[name].label))
            for name in self.errors
            if name in self.fields
        ]

    def show(self, faults: Iterable[Fault], names: dict[str, str] | None = None) -> bool:
        """Put refusals beside their fields, or above all where the form has none; True when there were any.

        Parameters: names, of fields here by the paths of faults, where they differ.
        """
        any_fault = False
        for fault in faults:
            any_fault = True
            name = (names or {}).get(fault.field, re.split(r"[.\[]", fault.field)[-1])
            known = name in self.fields
            self.add_error(name if known else None, sentence(fault.cause) if known else field_names.sentence(fault))
        return any_fault


def sentence(cause: str) -> str:
    """A cause such as 'is required' as people read it under a field."""
    return cause[:1].upper() + cause[1:]


def rule(check: Callable[[str], str | None]) -> Callable[[Any], None]:
    """A rule of orders.text_rules as a validator."""

    def validate(value: Any) -> None:
        cause = check(str(value))
        if cause:
            raise ValidationError(sentence(cause))

    return validate


def text(label: str, check: Callable[[str], str | None] | None = None, **options: Any) -> forms.CharField:
    """A line of text. options: of the field, and autocomplete, placeholder and input_mode of its input."""
    attrs = {
        name.replace("_mode", "mode"): options.pop(name)
        for name in ("autocomplete", "placeholder", "input_mode", "spellcheck", "autocapitalize")
        if name in options
    }
    widget = options.pop("widget", forms.TextInput)(attrs=attrs)
    return forms.CharField(label=label, widget=widget, validators=[rule(check)] if check else [], **options)


def choice(label: str, autocomplete: str = "off", **options: Any) -> forms.ChoiceField:
    """A list to choose from; set_choices fills it."""
    return forms.ChoiceField(
        label=label, widget=forms.Select(attrs={"class": "form-select", "autocomplete": autocomplete}), **options
    )


def set_choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """Give a list of a form what can be chosen: value and text."""
    form.fields[name].choices = choices  # type: ignore[attr-defined] # a choice field


def password(label: str, autocomplete: str = "current-password", **options: Any) -> forms.CharField:
    """A password: never shown again, nothing cut off."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=128, **options)
