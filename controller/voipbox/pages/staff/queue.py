# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioning queue: filter, search and place in the list all stand in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voipbox.catalog.models import PbxServer
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.orders import queries
from voipbox.orders.models import Order
from voipbox.orders.statuses import BADGES, Status

from .. import following
from ..access import actor_of, is_htmx, staff_only
from .buttons import buttons
from .labels import pill_label

PAGE = 30
_MOST_COUNTED = 1000  # more are told as 999+, so that the page costs the same however many there are


@dataclass(frozen=True)
class Filter:
    """What part of the queue is looked at. before and after: numbers of orders between which the page lies."""

    status: str = ""
    server: str = ""
    text: str = ""
    before: int | None = None
    after: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> Filter:
        """The filter in an address; what does not fit counts as not given."""
        status = request.GET.get("status", "")
        return cls(
            status=status if status in BADGES else "",
            server=request.GET.get("server", "")[:63].replace("\x00", ""),
            text=request.GET.get("q", "").strip()[:100].replace("\x00", ""),
            before=_number(request.GET.get("before", "")),
            after=_number(request.GET.get("after", "")),
        )


@dataclass(frozen=True)
class Page:
    """Orders from the newest to the oldest, and whether there are newer and older ones."""

    orders: list[Order]
    newer: bool
    older: bool


def page_of(actor: Actor, chosen: Filter) -> Page:
    """One page of the queue, with what its rows show."""
    rows = queries.search(actor, chosen.status, chosen.server, chosen.text, chosen.before)
    if chosen.after is not None:
        found = list(rows.filter(pk__gt=chosen.after).order_by("pk").prefetch_related(*_SHOWN)[: PAGE + 1])
        return Page(found[:PAGE][::-1], newer=len(found) > PAGE, older=True)
    found = list(rows.prefetch_related(*_SHOWN)[: PAGE + 1])
    return Page(found[:PAGE], newer=chosen.before is not None, older=len(found) > PAGE)


_SHOWN = ("items__product", "items__bundle")


def _beat(request: HttpRequest) -> str:
    return following.digest(following.of_orders())


@require_safe
@staff_only
@following.follows(_beat)
def show(request: HttpRequest) -> HttpResponse:
    """The queue; for a script that asks for a part, the list alone."""
    actor, chosen = actor_of(request), Filter.of(request)
    page = page_of(actor, chosen)
    content = {
        "chosen": chosen,
        "rows": [_row(order, actor) for order in page.orders],
        "page": page,
        "first": page.orders[0].pk if page.orders else None,
        "last": page.orders[-1].pk if page.orders else None,
        "pills": _pills(chosen),
        "servers": list(PbxServer.objects.order_by("slug").values_list("slug", "name")),
        "acting": actor.role in ACTING_STAFF,
    }
    part = is_htmx(request) and request.headers.get("HX-Target") == "queue"
    content["part"] = part
    return render(request, "pages/staff/parts/queue.html" if part else "pages/staff/queue.html", content)


def _row(order: Order, actor: Actor) -> dict[str, Any]:
    shown = buttons(order, actor)
    things = [item.product or item.bundle for item in order.items.all()]
    return {
        "order": order,
        "products": ", ".join(thing.name for thing in things if thing is not None),
        "buttons": shown,
        "bulk": any(button.action == "approve" for button in shown),
    }


def _pills(chosen: Filter) -> list[dict[str, Any]]:
    """All orders, then each status with how many stand in it."""
    counts = queries.counts_up_to(_MOST_COUNTED)
    total = sum(counts.values())
    pills = [{"label": "All", "status": "", "colour": "", "count": _count(total), "here": not chosen.status}]
    for status in Status:
        number = counts.get(status, 0)
        if number or chosen.status == status:
            pills.append(
                {
                    "label": pill_label(status),
                    "status": status.value,
                    "colour": BADGES[status].colour,
                    "count": _count(number),
                    "here": chosen.status == status,
                }
            )
    return pills


def _count(number: int) -> str:
    return f"{_MOST_COUNTED - 1}+" if number >= _MOST_COUNTED else str(number)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None  # noqa: PLR2004 - digits of a column
