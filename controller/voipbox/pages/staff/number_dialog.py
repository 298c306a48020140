# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordering a regulated number: is it still there, what else is, what is it, how is it paid, what does it cost."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from voipbox.core.errors import NotAllowed, NotThere, VoipboxError
from voipbox.numbers.offers import capacity_of
from voipbox.orders import queries
from voipbox.providers.records import Offer
from voipbox.regulatory import ordering

from ..access import acting_staff_only, actor_of, is_htmx
from .faults import words


@require_http_methods(["GET", "POST"])
@acting_staff_only
def show(request: HttpRequest, order_id: int) -> HttpResponse:
    """GET: the five parts, as a page or dialog. POST: another number or way to pay, then the parts again."""
    actor = actor_of(request)
    fault = ""
    capacity = request.GET.get("capacity", "")[:64]
    try:
        if request.method == "POST":
            situation = ordering.choose(order_id, actor, request.POST.get("number", ""), request.POST.get("capacity", ""))
        else:
            situation = ordering.look(order_id, actor, capacity, alternatives=request.GET.get("alternatives") == "yes")
    except (NotThere, NotAllowed):
        raise
    except VoipboxError as error:
        if request.method == "GET":
            return _answer(request, {"order": queries.get(order_id, actor), "fault": words(error)}, 409)
        fault = words(error)
        try:
            situation = ordering.look(order_id, actor, alternatives=True)
        except VoipboxError as second:
            return _answer(request, {"order": queries.get(order_id, actor), "fault": words(second)}, 409)
    content = {
        "order": queries.get(order_id, actor),
        "situation": situation,
        "available": situation.quote.available or situation.owned,
        "alternatives": [_alternative(offer) for offer in situation.alternatives],
        "fault": fault,
        "next": request.GET.get("next") or request.POST.get("next") or reverse("staff:order", args=[order_id]),
    }
    return _answer(request, content, 200)


def _answer(request: HttpRequest, content: dict[str, object], status: int) -> HttpResponse:
    part = is_htmx(request)
    template = "pages/staff/parts/number_dialog.html" if part else "pages/staff/number_dialog.html"
    return render(request, template, content, status=200 if part else status)


def _alternative(offer: Offer) -> dict[str, str]:
    """[number] - Setup: $X, Monthly: $Y."""
    capacity = capacity_of(offer)
    sign = "$" if capacity.currency == "USD" else f"{capacity.currency} "
    label = f"{offer.number} - Setup: {sign}{capacity.setup:.2f}, Monthly: {sign}{capacity.monthly:.2f}"
    return {"number": offer.number, "label": label, "place": ", ".join(part for part in (offer.city, offer.region) if part)}


@require_POST
@acting_staff_only
def place(request: HttpRequest, order_id: int) -> HttpResponse:
    """Order the number; everything is checked once more before."""
    try:
        order = ordering.place(order_id, actor_of(request), request.POST.get("reason", ""))
    except (NotThere, NotAllowed):
        raise
    except VoipboxError as error:
        messages.error(request, words(error))
    else:
        messages.success(request, f"Order {order.pk} is now {order.badge.text}; the number is being ordered.")
    return redirect("staff:order", order_id)
