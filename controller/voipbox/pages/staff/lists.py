# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit, the numbers and the mails as a whole, and the page of a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voipbox.core.errors import NotThere
from voipbox.core.models import User
from voipbox.core.people import ACTING_STAFF, Role
from voipbox.numbers.models import Finding, Purchase
from voipbox.orders import drafts, queries
from voipbox.orders.mail_queue import KINDS
from voipbox.orders.models import AuditEvent, Mail, Order
from voipbox.orders.statuses import CLOSED
from voipbox.providers.models import ProviderAccount

from .. import following
from ..access import actor_of, staff_only
from .numbers_part import OPEN
from .queue import day_of, number_of

PAGE = 50


def _text(request: HttpRequest, name: str, longest: int = 100) -> str:
    return request.GET.get(name, "").strip()[:longest].replace("\x00", "")


def _page(rows: Sequence[Any]) -> dict[str, Any]:
    """A page of rows that were asked for with one more than it holds; older: where the next one begins."""
    return {"rows": rows[:PAGE], "older": rows[PAGE - 1].pk if len(rows) > PAGE else None}


def _before(request: HttpRequest) -> Q:
    before = number_of(request.GET.get("before", ""))
    return Q(pk__lt=before) if before else Q()


def _beat_of_audit(request: HttpRequest) -> str:
    return following.digest(following.of_orders())


@require_safe
@staff_only
@following.follows(_beat_of_audit)
def audit(request: HttpRequest) -> HttpResponse:
    """Everything that anybody did, the newest first."""
    actor, action = _text(request, "actor"), _text(request, "action", 40)
    since, until = day_of(_text(request, "since", 10)), day_of(_text(request, "until", 10))
    rows = AuditEvent.objects.filter(_before(request)).order_by("-pk")
    if actor:
        rows = rows.filter(Q(actor__icontains=actor) | Q(acting_for__icontains=actor))
    if action:
        rows = rows.filter(action=action)
    rows = rows.filter(**queries.between("at", since, until))
    actions = AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct()
    chosen = {"actor": actor, "action": action, "since": since, "until": until}
    return render(
        request, "pages/staff/audit.html", {**_page(list(rows[: PAGE + 1])), "chosen": chosen, "actions": list(actions)}
    )


@require_safe
@staff_only
def numbers(request: HttpRequest) -> HttpResponse:
    """Every number that an order has, with what it costs and whether it agrees with the provider."""
    chosen = {name: _text(request, name, 63) for name in ("q", "provider", "closed", "open")}
    rows = Order.objects.select_related("provider", "choice").filter(_before(request)).order_by("-pk")
    undecided = Q(purchases__current=True, purchases__state__in=OPEN)
    rows = rows.filter(undecided if chosen["open"] == "yes" else ~Q(number=""))
    if chosen["closed"] != "yes":
        rows = rows.exclude(status__in=sorted(CLOSED))
    if chosen["q"]:
        rows = rows.filter(number__contains="".join(each for each in chosen["q"] if each.isdigit()))
    if chosen["provider"]:
        rows = rows.filter(provider__slug=chosen["provider"])
    page = _page(list(rows[: PAGE + 1]))
    keys = [order.pk for order in page["rows"]]
    bought = {row.order_id: row for row in Purchase.objects.filter(order__in=keys, current=True)}
    found = Finding.objects.filter(order__in=keys, settled_at=None).order_by()
    findings = dict(found.values_list("order").annotate(Count("pk")))
    page["rows"] = [
        {
            "order": order,
            "purchase": bought.get(order.pk),
            "findings": findings.get(order.pk, 0),
            "choice": getattr(order, "choice", None),
        }
        for order in page["rows"]
    ]
    providers = list(ProviderAccount.objects.order_by("slug").values_list("slug", "name"))
    return render(request, "pages/staff/numbers.html", {**page, "chosen": chosen, "providers": providers})


def _beat_of_mails(request: HttpRequest) -> str:
    return following.digest(Mail.objects.order_by("-pk").values_list("pk", "state", "attempts")[:PAGE])


@require_safe
@staff_only
@following.follows(_beat_of_mails)
def mails(request: HttpRequest) -> HttpResponse:
    """Every mail that went out or is to, the newest first."""
    chosen = {"state": _text(request, "state", 10), "kind": _text(request, "kind", 20), "q": _text(request, "q", 254)}
    rows = Mail.objects.filter(_before(request)).order_by("-pk")
    if chosen["state"] in Mail.State.values:
        rows = rows.filter(state=chosen["state"])
    if chosen["kind"]:
        rows = rows.filter(kind=chosen["kind"])
    if chosen["q"]:
        rows = rows.filter(recipients__icontains=chosen["q"])
    page = _page(list(rows[: PAGE + 1]))
    page["rows"] = [{"row": row, "kind": KINDS.get(row.kind, row.kind.capitalize())} for row in page["rows"]]
    content = {**page, "chosen": chosen, "states": Mail.State.values, "kinds": KINDS.items()}
    return render(request, "pages/staff/mails.html", content)


def _client(user_id: int) -> User:
    found = User.objects.filter(pk=user_id, role=Role.CLIENT).first()
    if found is None:
        raise NotThere(f"There is no client {user_id}.")
    return found


def _beat_of_client(request: HttpRequest, user_id: int) -> str:
    return following.digest([user_id, *following.of_orders()])


@require_safe
@staff_only
@following.follows(_beat_of_client)
def client(request: HttpRequest, user_id: int) -> HttpResponse:
    """A client: orders, mails, what is unfinished, and what was done."""
    person = _client(user_id)
    own = Q(client=person) | Q(email__iexact=person.email)
    content = {
        "person": person,
        "orders": list(queries.visible(actor_of(request)).filter(own).order_by("-pk")[:PAGE]),
        "mails": [
            {"row": row, "kind": KINDS.get(row.kind, row.kind.capitalize())}
            for row in Mail.objects.filter(Q(order__client=person) | Q(context__user=person.pk)).order_by("-pk")[:20]
        ],
        "unfinished": len(drafts.unfinished(person)),
        "events": list(AuditEvent.objects.filter(Q(user=person) | Q(acting_for=person.email)).order_by("-pk")[:20]),
        "acting": actor_of(request).role in ACTING_STAFF,
    }
    return render(request, "pages/staff/client.html", content)
