# SPDX-License-Identifier: GPL-3.0-or-later
"""Acts on one order beside its moves: notes, corrections, plans, links to credentials, what Ansible takes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from voipbox.catalog.models import PbxServer
from voipbox.core import countries
from voipbox.core.errors import Refused, VoipboxError
from voipbox.core.people import Actor
from voipbox.numbers import ordering
from voipbox.orders import actions, checks, choices, field_rules, intake, queries
from voipbox.orders.models import Order
from voipbox.providers.drivers import buys
from voipbox.provisioning import export
from voipbox.provisioning import plan as plans

from .. import once_shown
from ..access import acting_staff_only, actor_of
from .faults import by_field, words

_PLAIN = ("company", "contact", "email", "phone", "number", "server", "domain", "seats", "first_extension")
_ADMIN = ("username", "email", "group", "time_zone", "language")
_COUNTS = frozenset({"seats", "first_extension"})


@require_POST
@acting_staff_only
def note(request: HttpRequest, order_id: int) -> HttpResponse:
    """Write a note."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    try:
        actions.add_note(order, request.POST.get("text", ""), actor)
    except Refused as error:
        messages.error(request, f"The note was not written. {words(error)}")
    return redirect("staff:order", order.pk)


@require_POST
@acting_staff_only
def assign(request: HttpRequest, order_id: int) -> HttpResponse:
    """Say who sees to the order."""
    try:
        order = actions.assign(order_id, request.POST.get("email", "").strip()[:254].replace("\x00", ""), actor_of(request))
    except Refused as error:
        messages.error(request, words(error))
    else:
        who = order.assigned_to.email if order.assigned_to else "nobody"
        messages.success(request, f"Order {order.pk} is seen to by {who}.")
    return redirect("staff:order", order_id)


@require_POST
@acting_staff_only
def plan(request: HttpRequest, order_id: int) -> HttpResponse:
    """Have a plan made."""
    actor = actor_of(request)
    try:
        plans.ask(queries.get(order_id, actor), actor)
    except VoipboxError as error:
        messages.error(request, words(error))
    return redirect("staff:order", order_id)


@require_POST
@acting_staff_only
def new_link(request: HttpRequest, order_id: int) -> HttpResponse:
    """A fresh link to the credentials, shown on the next page and nowhere else."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    try:
        once_shown.keep(request, f"link:{order.pk}", actions.new_link(order, actor))
    except VoipboxError as error:
        messages.error(request, words(error))
    return redirect("staff:order", order.pk)


@require_POST
@acting_staff_only
def revoke_links(request: HttpRequest, order_id: int) -> HttpResponse:
    """No link works any more."""
    actor = actor_of(request)
    count = actions.revoke_links(queries.get(order_id, actor), actor)
    messages.success(request, f"{count} link{'' if count == 1 else 's'} stopped working.")
    return redirect("staff:order", order_id)


@require_POST
@acting_staff_only
def tenant_file(request: HttpRequest, order_id: int) -> HttpResponse:
    """The tenant file with its passwords, as a download; the audit notes it."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    answer = HttpResponse(export.text(order, actor, secrets=True), content_type="application/yaml")
    answer["Content-Disposition"] = f'attachment; filename="order-{order.pk}.yml"'
    return answer


@require_http_methods(["GET", "POST"])
@acting_staff_only
def amend(request: HttpRequest, order_id: int) -> HttpResponse:
    """Correct an order before it is placed, with a reason."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    present = _present(order)
    if request.method == "GET":
        return _form(request, order, present, {})
    given = {name: request.POST.get(name, "").strip() for name in present}
    reason = request.POST.get("reason", "")
    try:
        changes = _changes(present, given, request.POST.get("price_agreed") == "yes")
        ordering.amend(order.pk, intake.parse(intake.Amendment, changes, countries.of_number(order.number)), actor, reason)
    except Refused as error:
        return _form(request, order, given, by_field(error), reason)
    except VoipboxError as error:
        return _form(request, order, given, {"": [words(error)]}, reason)
    messages.success(request, f"Order {order.pk} was corrected.")
    return redirect("staff:order", order.pk)


def _present(order: Order) -> dict[str, str]:
    values = {name: str(getattr(order, name)) for name in _PLAIN if name != "server"}
    values["server"] = order.server.slug
    return {**values, **{f"admin.{name}": str(getattr(order, f"admin_{name}", getattr(order, name, ""))) for name in _ADMIN}}


def _changes(present: dict[str, str], given: dict[str, str], price_agreed: bool) -> dict[str, Any]:
    """Only what differs: the rest stays what it is, whatever rules say of it today."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if value == present[name]:
            continue
        content: Any = int(value) if name in _COUNTS and value.isdecimal() else value
        if name.startswith("admin."):
            changes.setdefault("admin", {})[name.removeprefix("admin.")] = content
        else:
            changes[name] = content
    return {**changes, "price_agreed": True} if price_agreed else changes


def _form(
    request: HttpRequest, order: Order, values: dict[str, str], faults: dict[str, list[str]], reason: str = ""
) -> HttpResponse:
    offered = _offered(order, actor_of(request))
    content = {
        "order": order,
        "fields": [_field(name, values[name], faults, offered.get(name)) for name in values],
        "bought": order.provider is not None and buys(order.provider),
        "price_agreed": request.POST.get("price_agreed") == "yes",
        "faults": faults,
        "others": [f"{name}: {text}" for name, texts in faults.items() for text in texts if name not in {*values, "reason"}],
        "reason": reason,
    }
    return render(request, "pages/staff/amend.html", content, status=422 if faults else 200)


def _offered(order: Order, actor: Actor) -> dict[str, list[tuple[str, str]]]:
    """The fields that are chosen from lists; what the order holds is always among them."""
    servers = PbxServer.objects.filter(active=True) | PbxServer.objects.filter(pk=order.server_id)
    groups = dict(field_rules.groups(checks.asked_of(actor, order.server)))
    return {
        "server": list(servers.order_by("slug").values_list("slug", "name")),
        "admin.group": list({**groups, order.admin_group: groups.get(order.admin_group, order.admin_group)}.items()),
        "admin.time_zone": choices.time_zones(order.time_zone),
        "admin.language": choices.languages(order.language),
    }


_LABELS = {
    "company": "Company", "contact": "Contact", "email": "E-mail", "phone": "Phone", "number": "DID", "server": "PBX server",
    "domain": "Tenant domain", "seats": "Extensions", "first_extension": "First extension", "admin.username": "Admin user",
    "admin.email": "Admin's e-mail", "admin.group": "Admin's group", "admin.time_zone": "Time zone", "admin.language": "Language",
}  # fmt: skip


def _field(name: str, value: str, faults: dict[str, list[str]], offered: list[tuple[str, str]] | None) -> dict[str, Any]:
    shown = {"name": name, "id": name.replace(".", "-"), "label": _LABELS[name], "value": value, "choices": offered}
    return {**shown, "faults": faults.get(name, [])}
