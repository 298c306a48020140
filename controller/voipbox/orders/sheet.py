# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders as a sheet."""

from __future__ import annotations

from collections.abc import Iterable

from voipbox.core import sheets

from .models import Order

MOST = 10_000
_HEAD = (
    "order", "status", "company", "contact", "email", "phone", "domain", "number", "server", "provider", "products",
    "extensions", "reference", "assigned_to", "placed_at", "status_since", "completed_at",
)  # fmt: skip


def of(orders: Iterable[Order]) -> str:
    """CSV of orders, at most MOST; times are UTC. Their items should be prefetched."""
    return sheets.text(_HEAD, (_row(order) for order in orders))


def _row(order: Order) -> list[object]:
    things = [item.product or item.bundle for item in order.items.all()]
    return [
        order.pk, order.badge.text, order.company, order.contact, order.email, order.phone, order.domain, order.number,
        order.server.slug, order.provider.slug if order.provider else "", ", ".join(thing.name for thing in things if thing),
        order.seats, order.reference or "", order.assigned_to.email if order.assigned_to else "",
        *(f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "" for at in (order.created_at, order.status_since, order.completed_at)),
    ]  # fmt: skip
