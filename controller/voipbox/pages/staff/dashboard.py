# SPDX-License-Identifier: GPL-3.0-or-later
"""What staff look at first: what needs a person now, where orders stand and since when, how runs went, what is left to spend."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from voipbox.catalog.models import PbxServer
from voipbox.core import clock
from voipbox.numbers.models import Balance, Finding, Purchase
from voipbox.orders import queries
from voipbox.orders.models import Mail, Order
from voipbox.orders.statuses import BADGES, WAITS_FOR, Status
from voipbox.provisioning.models import Run

from .. import following
from ..access import actor_of, staff_only
from .labels import pill_label
from .numbers_part import OPEN
from .plot import plot, runs_by_day

_MOST_COUNTED = 1000
_SHOWN = 5
_RUN_DAYS = 14


def _beat(request: HttpRequest) -> str:
    return following.digest(following.of_needs())


@require_safe
@staff_only
@following.follows(_beat)
def show(request: HttpRequest) -> HttpResponse:
    """The dashboard."""
    days = runs_by_day(_RUN_DAYS)
    runs, good = sum(day.all for day in days), sum(day.good for day in days)
    content = {
        "needs": _needs_a_person(),
        "failed": list(_latest(request, Status.FAILED, Status.BLOCKED)),
        "states": _states(),
        "days": days,
        "plot": plot(days),
        "runs": runs,
        "share": round(100 * good / runs) if runs else None,
        "running": list(Run.objects.select_related("server").filter(state=Run.State.RUNNING)),
        "balances": list(Balance.objects.select_related("account").order_by("account__slug")),
    }
    return render(request, "pages/staff/dashboard.html", content)


def _latest(request: HttpRequest, *statuses: Status) -> Any:
    return queries.visible(actor_of(request)).filter(status__in=statuses).order_by("-status_since")[:_SHOWN]


def _states() -> list[dict[str, Any]]:
    """Each status that orders stand in: how many, and since when the one that waits longest."""
    counts = queries.counts_up_to(_MOST_COUNTED)
    waiting = [status for status in counts if WAITS_FOR.get(Status(status))]
    oldest = {
        row["status"]: row["since"]
        for row in Order.objects.filter(status__in=waiting).order_by().values("status").annotate(since=Min("status_since"))
    }
    return [
        {
            "label": pill_label(status),
            "status": status.value,
            "colour": BADGES[status].colour,
            "count": f"{_MOST_COUNTED - 1}+" if counts[status] >= _MOST_COUNTED else counts[status],
            "oldest": oldest.get(status),
        }
        for status in Status
        if counts.get(status)
    ]


def _needs_a_person() -> list[dict[str, Any]]:
    """What goes on only when somebody acts, with where to act."""
    queue = reverse("staff:queue")
    since = clock.now() - datetime.timedelta(days=1)
    counted = queries.counts_up_to(_MOST_COUNTED)
    found = [
        (counted.get(Status.FAILED, 0), "order failed", "orders failed", f"{queue}?status=failed", "red"),
        (counted.get(Status.BLOCKED, 0), "order is blocked", "orders are blocked", f"{queue}?status=blocked", "red"),
        (
            Purchase.objects.filter(current=True, state__in=OPEN).count(),
            "purchase has an open outcome",
            "purchases have an open outcome",
            _of_purchases(),
            "red",
        ),
        (
            Finding.objects.filter(settled_at=None).count(),
            "number does not agree with the provider",
            "numbers do not agree with the providers",
            reverse("staff:findings"),
            "orange",
        ),
        (Balance.objects.filter(low=True).count(), "balance is low", "balances are low", reverse("staff:accounts"), "red"),
        (
            PbxServer.objects.filter(active=True).exclude(survey_error="").count(),
            "PBX server cannot be worked with",
            "PBX servers cannot be worked with",
            reverse("staff:servers"),
            "red",
        ),
        (
            Mail.objects.filter(state__in=[Mail.State.FAILED, Mail.State.UNKNOWN], created_at__gt=since).count(),
            "mail did not go out today",
            "mails did not go out today",
            f"{reverse('staff:mails')}?state=failed",
            "orange",
        ),
        (
            counted.get(Status.PENDING_REVIEW, 0),
            "order waits for a review",
            "orders wait for a review",
            f"{queue}?status=pending_review",
            "blue",
        ),
        (
            counted.get(Status.PENDING, 0),
            "order waits to be approved",
            "orders wait to be approved",
            f"{queue}?status=pending",
            "blue",
        ),
    ]
    return [
        {"count": count, "words": one if count == 1 else many, "address": address, "colour": colour}
        for count, one, many, address, colour in found
        if count
    ]


def _of_purchases() -> str:
    """To the one order, or to the list of them."""
    orders = list(Purchase.objects.filter(current=True, state__in=OPEN).values_list("order_id", flat=True)[:2])
    return f"{reverse('staff:order', args=orders)}#numbers" if len(orders) == 1 else f"{reverse('staff:numbers')}?open=yes"
