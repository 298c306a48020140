# SPDX-License-Identifier: GPL-3.0-or-later
"""The step about the tenant's first user."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.http import HttpRequest

from voipbox.catalog.models import PbxServer
from voipbox.core import countries
from voipbox.core.config import config
from voipbox.core.people import Actor
from voipbox.orders import checks, choices, field_rules, text_rules
from voipbox.orders.models import Draft

from .. import forms
from . import content
from .content import Content
from .registration import number_country
from .step import Step

_METHODS = [("password", "I choose the password now"), ("invitation", "Send an invitation; the password is shown once by a link")]


class AdminForm(forms.PageForm):
    """User name, how the password comes about, and what the account is like."""

    username = forms.text(
        "User name", text_rules.username, max_length=64, autocomplete="off", spellcheck="false", autocapitalize="none"
    )
    method = django_forms.ChoiceField(label="Password", choices=_METHODS, widget=django_forms.RadioSelect)
    password = forms.password("Choose a password", "new-password", required=False)
    again = forms.password("The same once more", "new-password", required=False)
    email = forms.text(
        "E-mail", text_rules.email, max_length=254, autocomplete="email", input_mode="email", autocapitalize="none"
    )
    time_zone = django_forms.ChoiceField(label="Time zone")
    language = django_forms.ChoiceField(label="Language")
    group = django_forms.ChoiceField(label="Group")

    def __init__(self, *args: Any, server: PbxServer, zone: str, actor: Actor, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self._choices("time_zone", choices.time_zones(zone))
        self._choices("language", choices.languages(server.language))
        self._choices("group", field_rules.groups(checks.asked_of(actor, server)))
        if known:
            self.fields["password"].help_text = "One is kept. Leave both fields empty to keep it."

    def _choices(self, name: str, offered: list[tuple[str, str]]) -> None:
        self.fields[name].choices = offered  # type: ignore[attr-defined] # choice fields

    def clean(self) -> dict[str, Any]:
        """With a password: a good one, twice."""
        data: dict[str, Any] = dict(self.cleaned_data)
        if data.get("method") != "password":
            return {**data, "password": ""}
        password = data.get("password") or ""
        if not password:
            if not self.known:
                self.add_error("password", "Choose a password, or let us send an invitation.")
        else:
            cause = text_rules.login_password(password)
            if cause:
                self.add_error("password", forms.sentence(cause) + ".")
            elif password != data.get("again"):
                self.add_error("again", "This differs from the one above; type the same once more.")
        return data


class AdminStep(Step):
    """Who runs the system."""

    slug = "admin"
    title = "Admin user"
    section = content.ADMIN
    template = "client/checkout/admin.html"

    def form(self, content: Content, request: HttpRequest) -> AdminForm:
        """The e-mail is the contact's; the password stays out of pages."""
        kept = content.section(self.section)
        slug = content.section("tenant").get("server")
        servers = PbxServer.objects.filter(active=True)
        server = servers.filter(slug=slug).first() or servers.order_by("-default", "id").first()
        assert server is not None  # the step before asked for one
        options: dict[str, Any] = {
            "server": server,
            "zone": countries.zone(number_country(content), server.time_zone) or server.time_zone,
            "actor": content.user.actor(),
            "known": bool(kept.get("password")),
        }
        if request.method == "POST":
            return AdminForm(request.POST, **options)
        proposal = {
            "username": "admin", "method": "password", "email": content.section("company").get("email"),
            "time_zone": options["zone"], "language": server.language, "group": "admin",
        }  # fmt: skip
        return AdminForm(initial={**proposal, **{name: value for name, value in kept.items() if name != "password"}}, **options)

    def extra(self, content: Content, request: HttpRequest) -> dict[str, Any]:
        """The rule of the password's length."""
        return {"shortest": config().password_min_length}

    def save(self, content: Content, form: AdminForm, seen: int | None) -> Draft | None:
        """Keep it, when placing would take it."""
        values = {name: value for name, value in form.cleaned_data.items() if name != "again"}
        if values["method"] == "password" and not values["password"]:
            values["password"] = content.section(self.section).get("password", "")
        if values["method"] == "invitation":
            values["password"] = ""
        if form.show(content.faults("admin", admin={name: value for name, value in values.items() if value})):
            return None
        return self.keep(content, values, seen)
