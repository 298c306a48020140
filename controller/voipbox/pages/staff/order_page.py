# SPDX-License-Identifier: GPL-3.0-or-later
"""One page that tells all about an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voipbox.core import clock
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.numbers import costs
from voipbox.orders import queries
from voipbox.orders.models import AuditEvent, Order
from voipbox.orders.statuses import EDITABLE, Status
from voipbox.provisioning import export
from voipbox.provisioning.models import Plan, RunOrder
from voipbox.provisioning.story import waits

from .. import following, once_shown
from ..access import actor_of, staff_only
from . import numbers_part, regulatory_part
from .buttons import buttons
from .labels import pill_label
from .output import shown_output

_PATHS = {
    False: (Status.PENDING, Status.APPROVED, Status.IN_PROGRESS, Status.COMPLETED),
    True: (
        Status.PENDING_REVIEW, Status.IDENTITY_ADDRESS_CONFIRMED, Status.DOCUMENTS_UPLOADED, Status.ORDER_PLACED,
        Status.AWAITING_REGISTRATION, Status.ACTIVE, Status.IN_PROGRESS, Status.COMPLETED,
    ),
}  # fmt: skip
_RUNS = 5
_CHANGING = frozenset({"amend", "rekey"})


def _beat(request: HttpRequest, order_id: int) -> str:
    return following.digest(following.of_order(queries.get(order_id, actor_of(request))))


@require_safe
@staff_only
@following.follows(_beat)
def show(request: HttpRequest, order_id: int) -> HttpResponse:
    """The page."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    audit = list(order.audit.all())
    plan = order.plans.last()
    content = {
        **live(order, actor),
        "path": _path(order, [event.after.get("status", "") for event in audit]),
        "audit": audit[::-1],
        "notes": list(order.notes.all())[::-1],
        "mails": list(order.mails.all())[::-1],
        "plan": plan,
        "stale": _stale(order, plan, audit),
        "links": order.links.filter(opened_at=None, revoked_at=None, expires_at__gt=clock.now()).count(),
        "colleagues": list(
            User.objects.filter(role__in=sorted(ACTING_STAFF), is_active=True).order_by("email").values_list("email", flat=True)
        ),
        "costs": costs.of([order]),
        "editable": Status(order.status) in EDITABLE and actor.role in ACTING_STAFF,
        "completed": order.status == Status.COMPLETED,
        "ansible": export.text(order, actor),
        "command": export.command(order.server, "hosts.yml", f"{order.domain}.yml"),
        "numbers": numbers_part.of(order),
        "regulatory": regulatory_part.of(order, actor) if order.regulated else None,
        "new_link": once_shown.take(request, f"link:{order.pk}") if actor.role in ACTING_STAFF else "",
    }
    return render(request, "pages/staff/order.html", content)


def live(order: Order, actor: Actor) -> dict[str, Any]:
    """The upper part of the page, which a run or another person may change while it is open."""
    results = list(RunOrder.objects.select_related("run__server").filter(order=order).order_by("-run_id")[:_RUNS])
    newest = results[0].run if results else None
    return {
        "order": order,
        "acting": actor.role in ACTING_STAFF,
        "buttons": buttons(order, actor),
        "waits": waits(order),
        "results": results,
        "run": newest,
        "output": shown_output(newest) if newest else None,
    }


def _stale(order: Order, plan: Plan | None, audit: Sequence[AuditEvent]) -> str:
    """Why a plan no longer tells what a run would do; empty while it does. A move alone changes nothing of it."""
    if plan is None:
        return ""
    if order.completed_at and order.completed_at > plan.asked_at:
        return "The order was provisioned since: make the plan anew."
    if any(event.action in _CHANGING and event.at > plan.asked_at for event in audit):
        return "The order changed since: make the plan anew."
    return ""


def _path(order: Order, reached: list[str]) -> list[dict[str, Any]]:
    """The way of an order of its kind, and how far it came."""
    status = Status(order.status)
    way = _PATHS[order.regulated]
    found: list[dict[str, Any]] = []
    for step in way:
        here = step == status
        done = step in reached and not here and (status not in way or way.index(step) < way.index(status))
        found.append({"label": pill_label(step), "here": here, "done": done or (here and status == Status.COMPLETED)})
    if status not in way:
        found.append({"label": pill_label(status), "here": True, "done": False, "broken": True})
    return found
