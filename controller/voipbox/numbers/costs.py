# SPDX-License-Identifier: GPL-3.0-or-later
"""What orders come to together: what their clients pay, and what their numbers cost at the providers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from voipbox.orders.models import Order
from voipbox.pricing import summary

from .models import Choice


@dataclass(frozen=True)
class Cost:
    """What numbers cost in one currency, without VAT."""

    currency: str
    setup: Decimal
    monthly: Decimal


@dataclass(frozen=True)
class Costs:
    """Sums, one a currency. clients: of what was ordered, at the agreed prices; providers: of numbers that are to be bought."""

    clients: list[summary.Sum]
    providers: list[Cost]


def of(orders: Sequence[Order]) -> Costs:
    """The sums of orders."""
    lines = tuple(line for order in orders for line in order.summary.lines)
    found: dict[str, Cost] = {}
    for choice in Choice.objects.filter(order__in=[order.pk for order in orders]):
        if choice.quote_data:
            quote = choice.quote
            known = found.get(quote.currency, Cost(quote.currency, Decimal(0), Decimal(0)))
            found[quote.currency] = Cost(quote.currency, known.setup + quote.setup, known.monthly + quote.monthly)
    return Costs(summary.Summary(lines).sums, [found[currency] for currency in sorted(found)])
