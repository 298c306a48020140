# SPDX-License-Identifier: GPL-3.0-or-later
"""PBX servers: how to reach them, and whether they can be worked with."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from voipbox.api import catalog_acts
from voipbox.catalog.document import CatalogDocument
from voipbox.catalog.models import PbxServer
from voipbox.core import jobs
from voipbox.core.errors import Fault, NotThere, Refused
from voipbox.core.people import Role

from .. import following
from ..access import acting_staff_only, actor_of, administrator_only, staff_only
from .forms import Field, answer, as_text, content, given, page, validated

_PARENT = ("PBX servers", "staff:servers")


def _beat(request: HttpRequest) -> str:
    return following.digest(PbxServer.objects.order_by("slug").values_list("slug", "surveyed_at", "survey_error"))


@require_safe
@staff_only
@following.follows(_beat)
def listing(request: HttpRequest) -> HttpResponse:
    """All servers with what the last look found."""
    content = {
        "servers": list(PbxServer.objects.order_by("slug")), "editing": actor_of(request).role == Role.ADMINISTRATOR,
        "asked": request.GET.get("asked") == "yes",
    }  # fmt: skip
    return render(request, "pages/staff/settings/servers.html", content)


@require_POST
@acting_staff_only
def look(request: HttpRequest) -> HttpResponse:
    """Have the daemon look at every active server now."""
    del request
    with transaction.atomic():
        jobs.defer("voipbox.survey", queueing_lock="survey")
    return redirect("/staff/settings/servers/?asked=yes")


@require_http_methods(["GET", "POST"])
@administrator_only
def new(request: HttpRequest) -> HttpResponse:
    """A new server."""
    return _edit(request, PbxServer(), "New PBX server")


@require_http_methods(["GET", "POST"])
@administrator_only
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a server."""
    server = PbxServer.objects.filter(slug=slug).first()
    if server is None:
        raise NotThere("There is no such PBX server.")
    return _edit(request, server, server.name)


def _edit(request: HttpRequest, server: PbxServer, title: str) -> HttpResponse:
    fields = _fields(server)
    if request.method == "GET":
        return page(request, title, _PARENT, fields, as_text(fields, server))
    values = given(fields, request.POST)
    slug = server.slug or values["slug"].strip()

    def act() -> None:
        if server.pk is None and PbxServer.objects.filter(slug=slug).exists():
            raise Refused([Fault("slug", "is there already")])
        own = content([each for each in fields if not each.fixed and not each.name.startswith("secret_")], values)
        own["host_variables"] = own["host_variables"] or {}
        with transaction.atomic():
            catalog_acts.load(validated(CatalogDocument, {"servers": [{**own, "slug": slug}]}), actor_of(request))
            if values["secret_name"].strip():
                kept = PbxServer.objects.get(slug=slug)
                catalog_acts.seal_variable(kept, values["secret_name"].strip(), values["secret_value"], actor_of(request))

    error = answer(act)
    if error is not None:
        return page(request, title, _PARENT, fields, {name: v for name, v in values.items() if name != "secret_value"}, error)
    messages.success(request, f"{values['name']} is stored. Look at it now to see whether it can be reached.")
    return redirect("staff:servers")


def _fields(server: PbxServer) -> list[Field]:
    sealed = ", ".join(sorted(server.secret_variables)) if server.pk else ""
    return [
        Field("slug", "Short name", help="Name of the host in the inventory.", required=True, fixed=bool(server.pk)),
        Field("name", "Name", required=True),
        Field("base_domain", "Base domain", help="Tenants get domains under it, such as pbx.example.com.", required=True),
        Field("active", "Active: orders are provisioned there", "flag"),
        Field("default", "Default server", "flag"),
        Field("time_zone", "Time zone", required=True),
        Field("language", "Language", required=True),
        Field("first_extension", "First extension", "number", required=True),
        Field(
            "host_variables",
            "Host variables",
            "yaml",
            help="Connection and fusionpbx_* variables, such as ansible_host: pbx.example.com.",
        ),
        Field("secret_name", "Secret variable", help=f"Its name; sealed, never shown again. Stored: {sealed or 'none'}."),
        Field("secret_value", "Its value", "secret", help="Empty takes the variable away."),
    ]
