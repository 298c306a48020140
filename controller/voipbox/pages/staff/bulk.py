# SPDX-License-Identifier: GPL-3.0-or-later
"""Approving many orders: first how many they are and what some of them look like, then the act."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from voipbox.core.errors import MoveRefused
from voipbox.core.people import Actor
from voipbox.orders import actions, queries
from voipbox.orders.guards import available
from voipbox.orders.models import Order
from voipbox.orders.moves import sources_of

from ..access import acting_staff_only, actor_of, back

MOST = 500
_SAMPLE = 5
_TOLD = 3
_ACTION = "approve"


@require_POST
@acting_staff_only
def ask(request: HttpRequest) -> HttpResponse:
    """Count and sample of the chosen orders, or of all that can be approved."""
    actor = actor_of(request)
    orders = _chosen(request, actor)
    able = [order for order in orders if any(move.action == _ACTION for move in available(order, actor.role))]
    following = request.POST.get("next") or reverse("staff:queue")
    if not able:
        messages.warning(request, "None of these orders can be approved now. Nothing was changed.")
        return back(request, reverse("staff:queue"))
    content = {
        "able": able,
        "sample": able[:_SAMPLE],
        "more": max(len(able) - _SAMPLE, 0),
        "left_out": len(orders) - len(able),
        "servers": sorted({order.server.name for order in able}),
        "next": following,
        "most": MOST,
    }
    return render(request, "pages/staff/bulk.html", content)


@require_POST
@acting_staff_only
def approve(request: HttpRequest) -> HttpResponse:
    """Approve them one by one; one that is refused stops no other."""
    actor = actor_of(request)
    done, refused = 0, []
    for order in _chosen(request, actor):
        try:
            actions.perform(order.pk, _ACTION, actor, "together with others")
            done += 1
        except MoveRefused as error:
            refused.append(str(error))
    if done:
        messages.success(request, f"{done} {'order was' if done == 1 else 'orders were'} approved.")
    for words in refused[:_TOLD]:
        messages.warning(request, words)
    if len(refused) > _TOLD:
        messages.warning(request, f"{len(refused) - _TOLD} more were left as they are, for causes like these.")
    return redirect("staff:queue") if not request.POST.get("next") else back(request, reverse("staff:queue"))


def _chosen(request: HttpRequest, actor: Actor) -> list[Order]:
    orders = queries.visible(actor).order_by("pk")
    if request.POST.get("all") == "yes":
        return list(orders.filter(status__in=sorted(sources_of(_ACTION, False)))[:MOST])
    keys = [int(text) for text in request.POST.getlist("order")[:MOST] if text.isascii() and text.isdigit() and len(text) <= 15]  # noqa: PLR2004 - digits of a column
    return list(orders.filter(pk__in=keys))
