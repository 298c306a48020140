# SPDX-License-Identifier: GPL-3.0-or-later
"""A client's orders. After it was placed an order is only looked at; what can be brought are documents."""

from __future__ import annotations

from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import NotAllowed
from voipbox.orders import actions, drafts, queries
from voipbox.orders.statuses import Status

from .. import following
from ..access import signed_in
from . import acting, documents, words
from .checkout import unfinished
from .client_only import client_of

_PAGE = 25


def _beat_of_orders(request: HttpRequest) -> str:
    shown = queries.visible(client_of(request).actor()).order_by().aggregate(Count("pk"), Max("pk"), Sum("version"))
    return following.digest([*shown.values(), *drafts.unfinished(acting.person(request)).values_list("pk", "version")])


def _beat(request: HttpRequest, order_id: int) -> str:
    return following.digest(following.of_order(queries.get(order_id, client_of(request).actor())))


@never_cache
@require_GET
@signed_in
@following.follows(_beat_of_orders)
def orders(request: HttpRequest) -> HttpResponse:
    """From the newest to the oldest, after those that are still unfinished."""
    user = client_of(request)
    before = request.GET.get("before", "")
    start = int(before) if before.isdecimal() and len(before) < 19 else None  # noqa: PLR2004 - digits of an id
    rows = list(queries.search(user.actor(), before=start)[: _PAGE + 1])
    content = {
        "rows": [(order, words.WORDS[Status(order.status)]) for order in rows[:_PAGE]],
        "older": rows[_PAGE - 1].pk if len(rows) > _PAGE else None,
        "unfinished": [] if start else unfinished.rows(user),
    }
    return render(request, "client/my_orders.html", content)


@never_cache
@require_GET
@signed_in
@following.follows(_beat)
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order."""
    found = queries.get(order_id, client_of(request).actor())
    status = Status(found.status)
    link = found.links.order_by("-id").first()
    content = {
        "order": found,
        "words": words.WORDS[status],
        "way": words.way(status, found.regulated),
        "ready": status == Status.COMPLETED,
        "link_alive": bool(link and not link.opened_at and not link.revoked_at and link.expires_at > clock.now()),
        "papers": documents.of(found, request),
        "acted_for": acting.hijacker(request) is not None,
    }
    return render(request, "client/my_order.html", content)


@never_cache
@require_POST
@signed_in
def show_credentials(request: HttpRequest, order_id: int) -> HttpResponse:
    """A fresh one-time link, and straight to it; a mailed one stops working. Not for staff that acts as the client."""
    if acting.hijacker(request) is not None:
        raise NotAllowed("Passwords are shown to the client alone. Nothing was changed.")
    user = client_of(request)
    link = actions.new_link(queries.get(order_id, user.actor()), user.actor())
    return redirect(link.removeprefix(config().base_url))
