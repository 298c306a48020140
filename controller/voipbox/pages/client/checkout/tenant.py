# SPDX-License-Identifier: GPL-3.0-or-later
"""The step about the tenant: server, domain and extensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest

from voipbox.catalog.models import PbxServer
from voipbox.core.people import ACTING_STAFF
from voipbox.orders import text_rules
from voipbox.orders.models import Draft

from .. import forms
from . import content, prices
from .content import Content
from .step import Step

_SHOWN = 60  # extensions in the preview


class TenantForm(forms.PageForm):
    """Where the system runs, what it is called and which extensions it has."""

    server = django_forms.ChoiceField(label="Server")
    domain = forms.text(
        "Address of your system", max_length=253, autocomplete="off", spellcheck="false", autocapitalize="none",
        help_text="Letters, digits and hyphens. People sign in there, and phones connect to it.",
    )  # fmt: skip
    seats = django_forms.IntegerField(label="Extensions", min_value=1, max_value=1000)
    first_extension = django_forms.IntegerField(label="First extension", min_value=1, max_value=99_999_999)
    seats_reason = forms.text(
        "Why more extensions than the products give", text_rules.text, required=False, max_length=500,
        help_text="Only where there are more; the audit keeps it.",
    )  # fmt: skip

    def __init__(self, *args: Any, servers: list[PbxServer], staff: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.servers = {server.slug: server for server in servers}
        if not staff:
            del self.fields["seats_reason"]
        self.fields["server"].choices = [(server.slug, f"{server.name} ({server.base_domain})") for server in servers]  # type: ignore[attr-defined] # a choice field
        if len(servers) == 1:
            self.fields["server"].widget = django_forms.HiddenInput()
        for name in ("seats", "first_extension"):
            self.fields[name].widget.attrs["inputmode"] = "numeric"

    @property
    def chosen_server(self) -> PbxServer:
        """The server that a valid form names."""
        return self.servers[self.cleaned_data["server"]]

    def clean(self) -> dict[str, Any]:
        """A bare name is one under the server's domain."""
        data: dict[str, Any] = dict(self.cleaned_data)
        server = self.servers.get(data.get("server", ""))
        if server is not None and data.get("domain"):
            domain = data["domain"].strip().lower()
            for other in self.servers.values():
                if other != server and other.base_domain != server.base_domain:
                    domain = domain.removesuffix(f".{other.base_domain}")  # it was proposed for the server chosen before
            data["domain"] = domain if "." in domain else f"{domain}.{server.base_domain}"
            cause = text_rules.domain(data["domain"])
            if cause:
                self.add_error("domain", forms.sentence(cause))
        return data


class TenantStep(Step):
    """Server, domain, seats and their range."""

    slug = "system"
    title = "System"
    section = content.TENANT
    template = "client/checkout/tenant.html"

    def form(self, content: Content, request: HttpRequest) -> TenantForm:
        """What would be made without a word of the client stands there already."""
        if request.method == "POST":
            return TenantForm(request.POST, **_options(content))
        kept = content.section(self.section)
        if not kept:
            proposal, _ = content.check()
            if proposal is not None:
                kept = {
                    "server": proposal.server.slug, "domain": proposal.domain, "seats": proposal.seats,
                    "first_extension": proposal.first_extension,
                }  # fmt: skip
        return TenantForm(initial=kept, **_options(content))

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """The preview."""
        kept = self.form(content, request)
        values = kept.data if kept.is_bound else kept.initial
        return {"preview": preview(content, str(values.get("seats") or ""), str(values.get("first_extension") or ""))}

    def save(self, content: Content, form: TenantForm, seen: int | None) -> Draft | None:
        """Keep it, when placing would take it."""
        values = dict(form.cleaned_data)
        values["seats_reason"] = values.get("seats_reason") or None
        if form.show(content.faults("server", "domain", "seats", "first_extension", **values)):
            return None
        return self.keep(content, values, seen)


def bound(given: Content, data: Mapping[str, Any]) -> TenantForm:
    """The form with what somebody typed."""
    options = _options(given)
    server = given.section(content.TENANT).get("server") or options["servers"][0].slug
    return TenantForm({"server": server, **data}, **options)


def _options(given: Content) -> dict[str, Any]:
    servers = list(PbxServer.objects.filter(active=True).order_by("-default", "id"))
    return {"servers": servers, "staff": given.user.role in ACTING_STAFF}


def preview(given: Content, seats: str, first: str) -> dict[str, Any] | None:
    """The extensions that would be made and what a seat costs; None for what is no range."""
    if not all(text.isascii() and text.isdecimal() and len(text) <= 8 for text in (seats, first)):  # noqa: PLR2004 - as in an order
        return None
    count, begin = int(seats), int(first)
    if not 0 < count <= 1000:  # noqa: PLR2004 - as in an order
        return None
    numbers = [str(begin + seat) for seat in range(count)]
    return {
        "count": count,
        "first": numbers[0],
        "last": numbers[-1],
        "numbers": numbers[:_SHOWN],
        "more": max(count - _SHOWN, 0),
        "mixed": len(numbers[0]) != len(numbers[-1]),
        "a_seat": prices.a_seat(prices.summary(given), count),
    }
