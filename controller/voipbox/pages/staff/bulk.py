# SPDX-License-Identifier: GPL-3.0-or-later
"""A move with many orders at once: what would be done is shown first, then a line for each."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from voipbox.core.errors import Refused
from voipbox.core.people import Actor
from voipbox.numbers import costs
from voipbox.orders import queries, together
from voipbox.orders.guards import available
from voipbox.orders.models import Order
from voipbox.orders.moves import MOVES, Move, sources_of

from ..access import acting_staff_only, actor_of, back
from .acts import LONGEST_REASON
from .faults import words
from .queue import Filter, number_of

_SAMPLE = 50
_WHAT_FOLLOWS = {
    "approve": "They go to the next run of their PBX servers; numbers that are to be bought are bought.",
    "retry": "Each goes on from the step that failed; what was bought is not bought again.",
    "reject": "Each client gets a mail with the reason that you give here. Nothing is charged.",
    "cancel": "They are not set up. Each client gets a mail that says so, without the reason that you give here.",
}


@require_POST
@acting_staff_only
def ask(request: HttpRequest) -> HttpResponse:
    """The orders that would make the move, with what they come to, and those that would not."""
    actor = actor_of(request)
    action = _action(request)
    orders = _chosen(request, actor, action)
    able = [order for order in orders if any(move.action == action for move in available(order, actor.role))]
    if not able:
        messages.warning(request, f"{_move(action).label} is possible for none of these orders now. Nothing was changed.")
        return back(request, reverse("staff:queue"))
    return _page(request, action, able, len(orders) - len(able))


@require_POST
@acting_staff_only
def perform(request: HttpRequest, action: str) -> HttpResponse:
    """Make the move with each; one that is refused stops no other."""
    actor = actor_of(request)
    orders = _chosen(request, actor, action)
    try:
        lines = together.perform([order.pk for order in orders], action, actor, _reason(request))
    except Refused as error:
        if not orders or action not in together.ACTIONS:
            messages.error(request, words(error))
            return back(request, reverse("staff:queue"))
        return _page(request, action, orders, 0, words(error))
    named = {order.pk: order for order in orders}
    content = {
        "label": _move(action).label,
        "lines": [{"line": line, "order": named[line.order]} for line in lines],
        "done": sum(line.good for line in lines),
        "next": request.POST.get("next") or reverse("staff:queue"),
    }
    return render(request, "pages/staff/bulk_done.html", content)


def _page(request: HttpRequest, action: str, able: list[Order], left_out: int, fault: str = "") -> HttpResponse:
    content: dict[str, Any] = {
        "action": action,
        "move": _move(action),
        "follows": _WHAT_FOLLOWS[action],
        "able": able,
        "sample": able[:_SAMPLE],
        "more": max(len(able) - _SAMPLE, 0),
        "left_out": left_out,
        "costs": costs.of(able) if action in ("approve", "retry") else None,
        "servers": sorted({order.server.name for order in able}),
        "next": request.POST.get("next") or reverse("staff:queue"),
        "most": together.MOST,
        "reason": _reason(request),
        "fault": fault,
    }
    return render(request, "pages/staff/bulk.html", content, status=422 if fault else 200)


def _action(request: HttpRequest) -> str:
    action = request.POST.get("action", "approve")
    return action if action in together.ACTIONS else "approve"


def _move(action: str) -> Move:
    return next(move for move in MOVES if move.action == action)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "")[:LONGEST_REASON].replace("\x00", "")


def _chosen(request: HttpRequest, actor: Actor, action: str) -> list[Order]:
    """The orders that were ticked; or all that the list behind the button shows, over all its pages."""
    if request.POST.get("all") == "yes":
        sources = sources_of(action, False) | sources_of(action, True)
        shown = Filter.of(QueryDict(urlsplit(request.POST.get("next", "")).query)).found(actor)
        return list(shown.filter(status__in=sorted(sources)).order_by("pk")[: together.MOST])
    keys = [number_of(text) for text in request.POST.getlist("order")[: together.MOST]]
    return list(queries.visible(actor).filter(pk__in=[key for key in keys if key is not None]).order_by("pk"))
