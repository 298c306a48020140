# SPDX-License-Identifier: GPL-3.0-or-later
"""The step in which a client brings a number, and where the provider wants it the trunk's credentials."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from voipbox.orders import text_rules
from voipbox.orders.models import Draft

from .. import forms
from . import content
from .content import Content
from .step import Step


class OwnNumberForm(forms.PageForm):
    """Number and trunk."""

    number = forms.text(
        "Number", max_length=40, autocomplete="off", input_mode="tel", placeholder="+14165550100",
        help_text="With plus and country code, such as +14165550100.",
    )  # fmt: skip
    username = forms.text(
        "User name of the trunk", text_rules.gateway_user, max_length=64, autocomplete="off", autocapitalize="none"
    )
    password = forms.password("Password of the trunk", "off")

    def __init__(self, *args: Any, trunk: bool, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not trunk:
            del self.fields["username"], self.fields["password"]
        elif known:
            self.fields["password"].required = False
            self.fields["password"].help_text = "One is kept. Leave it empty to keep it."

    def clean_number(self) -> str:
        """In E.164."""
        number, cause = text_rules.did(self.cleaned_data["number"])
        if cause:
            self.add_error("number", forms.sentence(cause))
        return number

    def clean_password(self) -> str:
        """What switch and provider take."""
        password: str = self.cleaned_data["password"]
        cause = text_rules.sip_password(password) if password else None
        if cause:
            self.add_error("password", forms.sentence(cause))
        return password


class OwnNumberStep(Step):
    """The number that is there already."""

    slug = "your-number"
    title = "Number"
    section = content.NUMBER
    template = "client/checkout/own_number.html"

    def applies(self, content: Content) -> bool:
        """Where nothing is bought."""
        return content.account is not None and not content.buys

    def form(self, content: Content, request: HttpRequest) -> OwnNumberForm:
        """The password stays out of pages."""
        kept = content.section(self.section)
        trunk = kept.get("trunk") or {}
        options = {"trunk": content.needs_trunk, "known": bool(trunk.get("password"))}
        if request.method == "POST":
            return OwnNumberForm(request.POST, **options)
        return OwnNumberForm(initial={"number": kept.get("number"), "username": trunk.get("username")}, **options)

    def save(self, content: Content, form: OwnNumberForm, seen: int | None) -> Draft | None:
        """Keep it, when placing would take it."""
        data = form.cleaned_data
        values: dict[str, Any] = {"number": data["number"]}
        if content.needs_trunk:
            kept = content.section(self.section).get("trunk") or {}
            values["trunk"] = {"username": data["username"], "password": data["password"] or kept.get("password", "")}
        if form.show(content.faults("number", "trunk", **values)):
            return None
        return self.keep(content, values, seen)
