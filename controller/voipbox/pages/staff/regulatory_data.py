# SPDX-License-Identifier: GPL-3.0-or-later
"""The form with what was given about the user of a regulated number."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from voipbox.core import countries
from voipbox.core.errors import Fault, NotThere, Refused, VoipboxError
from voipbox.orders import queries
from voipbox.orders.intake import parse
from voipbox.orders.models import Order
from voipbox.regulatory import places, registrations
from voipbox.regulatory.client_data import AddressIn, ClientData, IdentityIn

from .. import field_names
from ..access import acting_staff_only, actor_of
from .faults import by_field, words


@require_http_methods(["GET", "POST"])
@acting_staff_only
def data(request: HttpRequest, order_id: int) -> HttpResponse:
    """What was given about the user of the number; opening it stands in the audit."""
    actor = actor_of(request)
    if request.method == "GET":
        personal = registrations.show_data(order_id, actor)
        values = {f"identity.{name}": str(value) for name, value in personal.identity.items()}
        values.update({f"address.{name}": str(value) for name, value in personal.address.items()})
        values.update({"identity.kind": personal.kind or "business", "service": personal.service})
        return _data_form(request, order_id, values, {})
    values = {name: request.POST.get(name, "").strip() for name, _ in _fields()}
    try:
        registrations.store(order_id, parse(ClientData, _content(values)), actor)
    except NotThere:
        raise
    except Refused as error:
        return _data_form(request, order_id, values, by_field(error))
    except VoipboxError as error:
        return _data_form(request, order_id, values, {"": [words(error)]})
    messages.success(request, "Identity and address are stored, sealed.")
    return redirect("staff:order", order_id)


def _fields() -> list[tuple[str, str]]:
    names = [f"identity.{name}" for name in IdentityIn.model_fields] + [f"address.{name}" for name in AddressIn.model_fields]
    return [(name, field_names.label(name)) for name in [*names, "service"]]


def _content(values: dict[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {"identity": {}, "address": {}}
    for name, value in values.items():
        part, _, field = name.partition(".")
        if value and field:
            content[part][field] = value
    if values.get("service"):
        content["service"] = values["service"]
    return {name: part for name, part in content.items() if part}


def _data_form(request: HttpRequest, order_id: int, values: dict[str, str], faults: dict[str, list[str]]) -> HttpResponse:
    order = queries.get(order_id, actor_of(request))
    fields = [
        {
            "name": name,
            "id": name.replace(".", "-"),
            "label": label,
            "value": values.get(name, ""),
            "faults": faults.get(name, []),
            "choices": _choices(order, name, values.get(name, "")),
        }
        for name, label in _fields()
    ]
    known = {name for name, _ in _fields()}
    content = {
        "order_id": order_id,
        "fields": fields,
        "others": [
            field_names.sentence(Fault(name, text)) for name, texts in faults.items() for text in texts if name not in known
        ],
    }
    return render(request, "pages/staff/regulatory_data.html", content, status=422 if faults else 200)


def _choices(order: Order, name: str, present: str) -> list[tuple[str, str]]:
    """Countries by name, those that the provider takes."""
    if not name.endswith("country"):
        return []
    known = places.countries_of(order.provider)
    offered = [(code, text) for code, text in countries.names().items() if not known or code in known or code == present]
    return [("", ""), *offered]
