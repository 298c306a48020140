# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling other programs: one delivery a webhook and event, in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voipbox.core import clock, jobs

from .models import Order, WebhookDelivery, WebhookEndpoint


def public(order: Order) -> dict[str, Any]:
    """What other programs may know of an order: no secret."""
    return {
        "id": order.pk,
        "reference": order.reference,
        "status": order.status,
        "reason": order.reason,
        "company": order.company,
        "domain": order.domain,
        "number": order.number,
        "server": order.server.slug,
        "provider": order.provider.slug if order.provider else None,
        "seats": order.seats,
        "facts": order.facts,
    }


def announce(event: str, orders: Sequence[Order]) -> None:
    """Queue an event such as order.completed for every endpoint that wants it."""
    endpoints = [one for one in WebhookEndpoint.objects.filter(active=True) if not one.events or event in one.events]
    if not endpoints or not orders:
        return
    moment = clock.now()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, payload={"event": event, "order": public(order)}, next_try_at=moment)
        for order in orders
        for endpoint in endpoints
    )
    jobs.defer("voipbox.send_webhooks", queueing_lock="send_webhooks")
