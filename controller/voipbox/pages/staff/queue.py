# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioning queue: filter, search and place in the list all stand in the address."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voipbox.catalog.models import PbxServer
from voipbox.core import clock
from voipbox.core.people import ACTING_STAFF, Actor
from voipbox.orders import queries, sheet, together
from voipbox.orders.models import Order
from voipbox.orders.statuses import BADGES, Status
from voipbox.providers.models import ProviderAccount

from .. import following
from ..access import actor_of, is_htmx, staff_only
from .buttons import buttons
from .labels import pill_label

PAGE = 30
_LAST_PAGE = 500
_SORTS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "waiting": "Longest in its status first",
    "company": "By company",
    "domain": "By domain",
}
_TOGETHER = {"approve": "Approve", "retry": "Retry", "reject": "Reject", "cancel": "Cancel"}
_MOST_COUNTED = 1000  # more are told as 999+, so that the page costs the same however many there are


@dataclass(frozen=True)
class Filter:
    """What part of the queue is looked at. before and after: numbers of orders between which the page lies, where the
    newest come first; page: counts from 1 where they are sorted otherwise. assigned: mine, nobody or empty."""

    status: str = ""
    server: str = ""
    provider: str = ""
    client: str = ""
    since: datetime.date | None = None
    until: datetime.date | None = None
    assigned: str = ""
    text: str = ""
    sort: str = "newest"
    before: int | None = None
    after: int | None = None
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> Filter:
        """The filter in the query of an address; what does not fit counts as not given."""

        def text(name: str, longest: int) -> str:
            return query.get(name, "").strip()[:longest].replace("\x00", "")

        status, sort, assigned = text("status", 40), text("sort", 20), text("assigned", 10)
        return cls(
            status=status if status in BADGES else "",
            server=text("server", 63),
            provider=text("provider", 63),
            client=text("client", 254),
            since=day_of(text("since", 10)),
            until=day_of(text("until", 10)),
            assigned=assigned if assigned in ("mine", queries.NOBODY) else "",
            text=text("q", 100),
            sort=sort if sort in queries.SORTS else "newest",
            before=number_of(query.get("before", "")),
            after=number_of(query.get("after", "")),
            page=min(max(number_of(query.get("page", "")) or 1, 1), _LAST_PAGE),
        )

    @property
    def narrows(self) -> bool:
        """True when it leaves something out beyond the status."""
        return any((self.server, self.provider, self.client, self.since, self.until, self.assigned, self.text))

    def found(self, actor: Actor) -> QuerySet[Order]:
        """Everything that it lets through, sorted, without regard to pages."""
        own = actor.label if self.assigned == "mine" else self.assigned
        return queries.search(
            actor, self.status, self.server, self.text, provider=self.provider, client=self.client, since=self.since,
            until=self.until, assigned_to=own, sort=self.sort,
        ).prefetch_related(*_SHOWN)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A page of orders, and whether there are some before it (newer) and after it (older)."""

    orders: list[Order]
    newer: bool
    older: bool


def page_of(actor: Actor, chosen: Filter) -> Page:
    """One page of the queue, with what its rows show."""
    rows = chosen.found(actor)
    if chosen.sort != "newest":
        first = (chosen.page - 1) * PAGE
        found = list(rows[first : first + PAGE + 1])
        return Page(found[:PAGE], newer=chosen.page > 1, older=len(found) > PAGE)
    if chosen.after is not None:
        found = list(rows.filter(pk__gt=chosen.after).order_by("pk")[: PAGE + 1])
        return Page(found[:PAGE][::-1], newer=len(found) > PAGE, older=True)
    found = list((rows.filter(pk__lt=chosen.before) if chosen.before is not None else rows)[: PAGE + 1])
    return Page(found[:PAGE], newer=chosen.before is not None, older=len(found) > PAGE)


_SHOWN = ("items__product", "items__bundle")


def _beat(request: HttpRequest) -> str:
    return following.digest(following.of_orders())


@require_safe
@staff_only
@following.follows(_beat)
def show(request: HttpRequest) -> HttpResponse:
    """The queue; for a script that asks for a part, the list alone."""
    actor, chosen = actor_of(request), Filter.of(request.GET)
    page = page_of(actor, chosen)
    content = {
        "chosen": chosen,
        "rows": [_row(order, actor) for order in page.orders],
        "page": page,
        "first": page.orders[0].pk if page.orders else None,
        "last": page.orders[-1].pk if page.orders else None,
        "pills": _pills(chosen),
        **_places(),
        "sorts": _SORTS.items(),
        "together": [(action, _TOGETHER[action]) for action in together.ACTIONS],
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
        "bulk": any(button.action in together.ACTIONS for button in shown),
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


def _places() -> dict[str, list[tuple[str, str]]]:
    """PBX servers and providers, slug and name, in one question."""
    servers = PbxServer.objects.values_list(Value("servers"), "slug", "name")
    found = servers.union(ProviderAccount.objects.values_list(Value("providers"), "slug", "name"), all=True)
    places: dict[str, list[tuple[str, str]]] = {"servers": [], "providers": []}
    for kind, slug, name in sorted(found):
        places[kind].append((slug, name))
    return places


@require_safe
@staff_only
def sheet_of(request: HttpRequest) -> HttpResponse:
    """The same orders as CSV, all pages of them."""
    rows = Filter.of(request.GET).found(actor_of(request))[: sheet.MOST]
    answer = HttpResponse(sheet.of(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="orders-{clock.now():%Y-%m-%d}.csv"'
    return answer


def day_of(text: str) -> datetime.date | None:
    """A day in an address; None for what is none."""
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _count(number: int) -> str:
    return f"{_MOST_COUNTED - 1}+" if number >= _MOST_COUNTED else str(number)


def number_of(text: str) -> int | None:
    """The number of an order in an address or form; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None  # noqa: PLR2004 - digits of a column
