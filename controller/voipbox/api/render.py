# SPDX-License-Identifier: GPL-3.0-or-later
"""From rows to the shapes of the API."""

from __future__ import annotations

from typing import Any

from voipbox.catalog.mapping import explain
from voipbox.catalog.models import Bundle, Price, Product
from voipbox.core.people import Actor
from voipbox.orders.guards import available
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.pricing.summary import Summary
from voipbox.provisioning.models import Run
from voipbox.provisioning.story import waits

_PLAIN = (
    "id", "reference", "status", "regulated", "company", "contact", "email", "phone", "number", "domain", "seats",
    "first_extension", "admin_username", "admin_method", "time_zone", "language", "created_at", "status_since", "completed_at",
)  # fmt: skip


def order(row: Order, actor: Actor) -> dict[str, Any]:
    """An order; causes and inner facts are for staff."""
    staff = actor.is_staff
    possible = available(row, actor.role) if staff else []
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        "badge": row.badge.text,
        "waits": waits(row),
        "reason": row.reason if staff or row.status == Status.CANCELLED else "",
        "server": row.server.slug,
        "provider": row.provider.slug if row.provider and staff else None,
        "facts": row.facts if staff else {},
        "price": price(row.summary),
        "assigned_to": row.assigned_to.email if row.assigned_to and staff else None,
        "actions": list(dict.fromkeys(move.action for move in possible)),
    }


def price(shown: Summary) -> dict[str, Any]:
    """What was agreed, line by line, and the totals; money as text, so that no digit is lost."""
    sums = [
        {
            "currency": one.currency,
            "setup": f"{one.setup}",
            "recurring": [{"often": often, "amount": f"{amount}"} for often, amount in one.recurring],
            "subtotal": f"{one.subtotal}",
            "vat": [{"percent": vat.percent, "base": f"{vat.base}", "amount": f"{vat.amount}"} for vat in one.vats],
            "total": f"{one.total}",
        }
        for one in shown.sums
    ]
    return {**shown.to_json(), "sums": sums}


def run(row: Run) -> dict[str, Any]:
    """A run."""
    names = ("id", "state", "phase", "summary", "started_at", "finished_at", "cancelled_by")
    return {**{name: getattr(row, name) for name in names}, "server": row.server.slug}


def prices(rows: Any) -> list[dict[str, str]]:
    """Prices as text, so that no digit is lost."""
    return [_price(row) for row in rows]


def _price(row: Price) -> dict[str, str]:
    return {"term": row.term.slug, "currency": row.currency, "setup": f"{row.setup:f}", "recurring": f"{row.recurring:f}"}


def product(row: Product, actor: Actor) -> dict[str, Any]:
    """A product; staff see where it is bought and why."""
    shown: dict[str, Any] = {name: getattr(row, name) for name in ("slug", "name", "description", "kind", "seats")}
    shown.update(group=row.group.slug, prices=prices(row.prices.all()))
    if actor.is_staff:
        decision = explain(row)
        shown.update(
            mapping=decision.state.value, account=decision.account.slug if decision.account else None, why=decision.steps
        )
    return shown


def bundle(row: Bundle) -> dict[str, Any]:
    """A bundle."""
    items = [{"product": item.product.slug, "quantity": item.quantity} for item in row.items.all()]
    return {
        "slug": row.slug,
        "name": row.name,
        "description": row.description,
        "items": items,
        "prices": prices(row.prices.all()),
    }
