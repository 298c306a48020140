# SPDX-License-Identifier: GPL-3.0-or-later
"""The number ledger on the order page, and settling what stayed open."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from voipbox.core.errors import NotThere, VoipboxError
from voipbox.core.money import cents
from voipbox.numbers import decisions
from voipbox.numbers.models import Choice, Finding, OrderTrunk, Purchase
from voipbox.orders.models import Order

from ..access import acting_staff_only, actor_of
from .faults import words

COLOURS = {"planned": "gray", "sent": "azure", "confirmed": "green", "refused": "red", "unknown": "orange", "needs_human": "red"}
OPEN = frozenset({Purchase.State.UNKNOWN, Purchase.State.NEEDS_HUMAN})


def of(order: Order) -> dict[str, Any]:
    """What the page shows of an order's number: what was chosen, each attempt to buy it, its trunk."""
    purchases = list(Purchase.objects.select_related("account").filter(order=order).order_by("-pk"))
    return {
        "choice": Choice.objects.select_related("account").filter(order=order).first(),
        "purchases": [
            {
                "row": row,
                "colour": COLOURS.get(row.state, "gray"),
                "open": row.state in OPEN,
                "ids": sorted(row.ids.items()),
                "cost": _cost(row),
                "agreed": row.setup is None or row.monthly is None,
            }
            for row in purchases
        ],
        "trunk": OrderTrunk.objects.filter(order=order).first(),
        "findings": list(Finding.objects.filter(order=order, settled_at=None)),
    }


def _cost(row: Purchase) -> str:
    """What the provider said that it took; before that, what it was offered for."""
    capacity = row.capacity
    setup = capacity.setup if row.setup is None else row.setup
    monthly = capacity.monthly if row.monthly is None else row.monthly
    currency = capacity.currency if row.monthly is None else row.currency
    return f"{cents(setup)} setup, {cents(monthly)} a month ({currency})"


@require_POST
@acting_staff_only
def settle(request: HttpRequest, order_id: int, purchase_id: int) -> HttpResponse:
    """Say how an open purchase ended; that a number is ours is checked at the provider."""
    if not Purchase.objects.filter(pk=purchase_id, order_id=order_id).exists():
        raise NotThere(f"There is no purchase {purchase_id} of order {order_id}.")
    try:
        settled = decisions.settle_purchase(
            purchase_id, request.POST.get("bought") == "yes", actor_of(request), request.POST.get("reason", ""),
            request.POST.get("number", "").strip(),
        )  # fmt: skip
    except VoipboxError as error:
        messages.error(request, words(error))
    else:
        messages.success(request, f"Purchase {settled.reference} is now {settled.get_state_display()}.")
    return redirect("staff:order", order_id)
