# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading orders: who may see which, lists and search."""

from __future__ import annotations

import datetime

from django.db import connection
from django.db.models import Count, Q, QuerySet

from voipbox.core.errors import NotThere
from voipbox.core.people import Actor, Role

from .models import Order
from .statuses import Status

_SEARCHED = ("company__icontains", "domain__icontains", "email__icontains", "number__contains", "reference__iexact")


def visible(actor: Actor) -> QuerySet[Order]:
    """The orders that somebody may see: staff all, a client the own ones."""
    orders = Order.objects.select_related("server", "provider", "assigned_to")
    if actor.is_staff or actor.role == Role.SYSTEM:
        return orders
    return orders.filter(client_id=actor.user_id) if actor.user_id else orders.none()


def get(order_id: int, actor: Actor) -> Order:
    """One order. Raises NotThere, also for an order of somebody else."""
    order = visible(actor).filter(pk=order_id).first()
    if order is None:
        raise NotThere(f"There is no order {order_id}.")
    return order


SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-id",),
    "oldest": ("id",),
    "waiting": ("status_since", "id"),
    "company": ("company", "id"),
    "domain": ("domain", "id"),
}
"""How lists of orders can be sorted; waiting begins with the one whose status is the oldest."""
NOBODY = "nobody"
"""For assigned_to: orders that nobody was given."""


def search(
    actor: Actor, status: str = "", server: str = "", text: str = "", before: int | None = None, *,
    provider: str = "", client: str = "", since: datetime.date | None = None, until: datetime.date | None = None,
    assigned_to: str = "", sort: str = "newest",
) -> QuerySet[Order]:  # fmt: skip
    """Orders that somebody may see, from the newest to the oldest or otherwise sorted.

    Parameters: actor; status; server and provider, slugs; text, in company, domain, e-mail, number, reference or the order's
    number; before, only those with a smaller number, for paging; client, e-mail of an account or of a contact, in whatever
    case it is written; since, until, the first and the last day (UTC) on which they were placed; assigned_to, e-mail of a
    member of staff, or NOBODY; sort, of SORTS.
    """
    orders = visible(actor).order_by(*SORTS[sort])
    equal = {"status": status, "server__slug": server, "provider__slug": provider}
    orders = orders.filter(**{name: value for name, value in equal.items() if value})
    if client:
        orders = orders.filter(Q(client__email__iexact=client) | Q(email__iexact=client))
    orders = orders.filter(**between("created_at", since, until))
    if assigned_to:
        who = Q(assigned_to=None) if assigned_to == NOBODY else Q(assigned_to__email__iexact=assigned_to)
        orders = orders.filter(who)
    if text:
        found = Q()
        for lookup in _SEARCHED:
            found |= Q(**{lookup: text})
        orders = orders.filter(found | Q(pk=int(text)) if text.isdecimal() and len(text) < 10 else found)  # noqa: PLR2004 - digits of an id
    return orders.filter(pk__lt=before) if before is not None else orders


def between(name: str, since: datetime.date | None, until: datetime.date | None) -> dict[str, datetime.datetime]:
    """A filter by days (UTC), the first and the last one included. name: of a column with times."""
    found = {f"{name}__gte": _begin(since)} if since else {}
    if until:
        found[f"{name}__lt"] = _begin(until) + datetime.timedelta(days=1)
    return found


def _begin(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)


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
