# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading orders: who may see which, lists and search."""

from __future__ import annotations

from django.db import connection
from django.db.models import Count, Q, QuerySet

from voipbox.core.errors import NotThere
from voipbox.core.people import Actor, Role

from .models import Order
from .statuses import Status

_SEARCHED = ("company__icontains", "domain__icontains", "email__icontains", "number__contains", "reference__iexact")


def visible(actor: Actor) -> QuerySet[Order]:
    """The orders that somebody may see: staff all, a client the own ones."""
    orders = Order.objects.select_related("server", "provider")
    if actor.is_staff or actor.role == Role.SYSTEM:
        return orders
    return orders.filter(client_id=actor.user_id) if actor.user_id else orders.none()


def get(order_id: int, actor: Actor) -> Order:
    """One order. Raises NotThere, also for an order of somebody else."""
    order = visible(actor).filter(pk=order_id).first()
    if order is None:
        raise NotThere(f"There is no order {order_id}.")
    return order


def search(actor: Actor, status: str = "", server: str = "", text: str = "", before: int | None = None) -> QuerySet[Order]:
    """Orders from the newest to the oldest. before: only those with a smaller number, for paging."""
    orders = visible(actor).order_by("-id")
    if status:
        orders = orders.filter(status=status)
    if server:
        orders = orders.filter(server__slug=server)
    if text:
        found = Q()
        for lookup in _SEARCHED:
            found |= Q(**{lookup: text})
        orders = orders.filter(found | Q(pk=int(text)) if text.isdecimal() and len(text) < 10 else found)  # noqa: PLR2004 - digits of an id
    return orders.filter(pk__lt=before) if before is not None else orders


def counts(actor: Actor) -> dict[str, int]:
    """How many orders stand in each status."""
    rows = visible(actor).order_by().values("status").annotate(number=Count("id"))
    return {row["status"]: row["number"] for row in rows}


def counts_up_to(most: int) -> dict[str, int]:
    """How many orders stand in each status, for staff; counting stops at a number, so that it costs little among many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s, (SELECT count(*) FROM (SELECT 1 FROM orders_order WHERE status = s LIMIT %s) AS counted) "
            "FROM unnest(%s::text[]) AS s",
            [most, [status.value for status in Status]],
        )
        return {status: number for status, number in cursor.fetchall() if number}
