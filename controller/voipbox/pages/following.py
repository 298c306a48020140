# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that follow what happens. An open page asks for itself now and then and names the beat that it shows.

While the beat is the same the answer is empty (204) and costs the few rows that make the beat; else it is the page anew, of
which the script takes the parts that the tag `follow` names. It asks seldom while nothing happens, and never while hidden.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from django.db.models import Max
from django.http import HttpRequest, HttpResponse

from voipbox.numbers.models import Purchase
from voipbox.orders.models import AuditEvent, Order
from voipbox.provisioning.models import Run

View = Callable[..., HttpResponse]
HEADER = "X-Beat"


def follows(beat: Callable[..., str]) -> Callable[[View], View]:
    """A view whose page follows. beat: of the view's own arguments; differs whenever the page would. Stands below the
    decorator that says who may look."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def followed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "GET":
                now = beat(request, *args, **kwargs)
                if request.headers.get(HEADER) == now:
                    return HttpResponse(status=204)
                request.beat = now  # type: ignore[attr-defined] # for the tag
            return view(request, *args, **kwargs)

        return followed

    return decorate


def digest(parts: Iterable[object]) -> str:
    """A beat of what was read; short, and it tells nothing."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:20]


def of_order(order: Order) -> list[object]:
    """What an order's pages hang on."""
    registration = getattr(order, "registration", None)
    return [
        order.version, order.assigned_to_id, order.step, order.reason, order.next_try_at, order.facts,
        order.audit.aggregate(last=Max("pk"))["last"],
        list(Run.objects.filter(results__order=order).order_by("-pk").values_list("pk", "state")[:1]),
        list(order.plans.order_by("-pk").values_list("pk", "state")[:1]),
        list(Purchase.objects.filter(order=order).values_list("pk", "state", "looks")),
        list(order.mails.values_list("pk", "state")),
        list(order.documents.values_list("pk", "issued_on", "sent_at")),
        registration and (registration.state, registration.revision, registration.reviewed_at, registration.words,
                          registration.faults, registration.submitted_at, registration.next_poll_at),
        list(order.links.values_list("pk", "opened_at", "revoked_at")),
    ]  # fmt: skip


def of_orders() -> list[object]:
    """What lists of all orders hang on: the newest thing that anybody did."""
    return [AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first()]


def of_runs() -> list[object]:
    """What lists of runs hang on: the newest ones, and which are under way."""
    newest = list(Run.objects.order_by("-pk").values_list("pk", "state")[:1])
    return [newest, list(Run.objects.filter(state=Run.State.RUNNING).values_list("pk", "phase"))]


def of_needs() -> list[object]:
    """What the dashboard hangs on, in one question: orders, runs, open purchases, findings, balances and mails."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT max(id) FROM orders_auditevent), (SELECT max(id) FROM provisioning_run), "
            "(SELECT string_agg(id || phase, ',') FROM provisioning_run WHERE state = 'running'), "
            "(SELECT string_agg(id || state, ',') FROM numbers_purchase WHERE current AND state IN ('unknown', 'needs_human')), "
            "(SELECT count(*) || max(first_seen_at)::text FROM numbers_finding WHERE settled_at IS NULL), "
            "(SELECT max(at) FROM numbers_balance), (SELECT max(id) FROM orders_mail WHERE state IN ('failed', 'unknown'))"
        )
        return list(cursor.fetchone() or ())
