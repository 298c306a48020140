# SPDX-License-Identifier: GPL-3.0-or-later
"""The step about the company."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from voipbox.core import countries
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Role
from voipbox.orders import text_rules
from voipbox.orders.models import Draft

from .. import forms
from . import content
from .content import NUMBER, Content
from .step import Step


class CompanyForm(forms.PageForm):
    """Whom the order is for."""

    client = forms.text(
        "Client's account", text_rules.email, required=False, max_length=254, autocomplete="off", input_mode="email",
        autocapitalize="none",
        help_text="E-mail of the client that you order for. An account that is new is invited by mail once the order is placed.",
    )  # fmt: skip
    company = forms.text("Company", text_rules.text, max_length=100, autocomplete="organization")
    contact = forms.text("Contact", text_rules.spoken, max_length=60, autocomplete="name", help_text="Who gets our mails.")
    email = forms.text(
        "E-mail", text_rules.email, max_length=254, autocomplete="email", input_mode="email", autocapitalize="none"
    )
    phone = forms.text(
        "Telephone", max_length=40, autocomplete="tel", input_mode="tel", placeholder="+1 416 555 0123",
        help_text="With country code, such as +1 416 555 0123.",
    )  # fmt: skip

    def __init__(self, *args: Any, staff: bool = False, country: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        if not staff:
            del self.fields["client"]

    def clean_phone(self) -> str:
        """In E.164."""
        number, cause = text_rules.phone(self.cleaned_data["phone"], self.country)
        if cause:
            self.add_error("phone", forms.sentence(cause))
        return number

    def clean_client(self) -> str:
        """Nobody who works here."""
        email: str = self.cleaned_data["client"]
        known = User.by_address(email).first() if email else None
        if known is not None and (known.role != Role.CLIENT or not known.is_active):
            self.add_error("client", "This is the address of somebody who is no client; give another one.")
        return email


class CompanyStep(Step):
    """Company and contact."""

    slug = "company"
    title = "Company"
    section = content.COMPANY
    template = "client/checkout/company.html"

    def form(self, content: Content, request: HttpRequest) -> CompanyForm:
        """What is known of whoever orders stands there already."""
        staff = content.user.role in ACTING_STAFF
        if request.method == "POST":
            chosen = str(content.section(NUMBER).get("number") or "")
            return CompanyForm(request.POST, staff=staff, country=countries.of_number(chosen))
        known: dict[str, Any] = content.section(self.section)
        if not known and content.draft.client:
            known = {"contact": content.draft.client.first_name, "email": content.draft.client.email}
        if not known.get("client") and content.draft.client:
            known["client"] = content.draft.client.email
        return CompanyForm(initial=known, staff=staff)

    def save(self, content: Content, form: CompanyForm, seen: int | None) -> Draft | None:
        """Keep it, when placing would take it."""
        values = {name: value for name, value in form.cleaned_data.items() if name != "client"}
        if form.show(content.faults("company", "contact", "email", "phone", **values)):
            return None
        columns: dict[str, Any] = {}
        if "client" in form.fields:
            values["client"] = form.cleaned_data["client"]
            columns["client"] = User.by_address(values["client"]).first() if values["client"] else None
        return self.keep(content, values, seen, **columns)
