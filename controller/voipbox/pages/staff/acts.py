# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of one order: buttons post here; where a sentence why is needed, a page or dialog asks for it first."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from voipbox.core.errors import MoveRefused, Refused
from voipbox.orders import actions, queries
from voipbox.orders.guards import available
from voipbox.orders.moves import Move
from voipbox.orders.statuses import BADGES

from ..access import acting_staff_only, actor_of, back, is_htmx
from .faults import words

LONGEST_REASON = 1000


@require_http_methods(["GET", "POST"])
@acting_staff_only
def move(request: HttpRequest, order_id: int, action: str) -> HttpResponse:
    """GET asks for the reason, POST makes the move and goes back to where the button was."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    found = next((one for one in available(order, actor.role) if one.action == action), None)
    reason = request.POST.get("reason", "")[:LONGEST_REASON].replace("\x00", "")
    if request.method == "POST" and (found is None or reason.strip() or not found.needs_reason):
        return _make(request, order_id, action, reason)
    if found is None:
        raise MoveRefused(f"Order {order.pk} is {order.badge.text}: {action} is not possible now. Nothing was changed.")
    wanting = request.method == "POST"
    return ask(request, order_id, found, "Say why: the audit keeps it." if wanting and found.needs_reason else "")


def ask(request: HttpRequest, order_id: int, found: Move, fault: str = "") -> HttpResponse:
    """The form with the reason, as a page or as the content of the dialog."""
    actor = actor_of(request)
    order = queries.get(order_id, actor)
    following = request.GET.get("next") or request.POST.get("next") or reverse("staff:order", args=[order.pk])
    content = {"order": order, "move": found, "target": BADGES[found.target], "fault": fault, "next": following}
    template = "pages/staff/parts/move.html" if is_htmx(request) else "pages/staff/move.html"
    return render(request, template, content, status=422 if fault else 200)


def _make(request: HttpRequest, order_id: int, action: str, reason: str) -> HttpResponse:
    try:
        order = actions.perform(order_id, action, actor_of(request), reason)
    except (MoveRefused, Refused) as error:
        messages.error(request, words(error))
    else:
        messages.success(request, f"Order {order.pk} is now {order.badge.text}.")
    return back(request, reverse("staff:order", args=[order_id]))
