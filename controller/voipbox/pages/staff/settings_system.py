# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks, mail templates, the keys of sealed fields, and what the doctor finds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe
from psycopg import sql

from voipbox.api import health
from voipbox.core import keys, rotation
from voipbox.core.config import config
from voipbox.core.errors import NotThere, VoipboxError
from voipbox.core.people import Role
from voipbox.orders import compose, webhooks
from voipbox.orders.mail_queue import KINDS
from voipbox.orders.models import Mail, Order, WebhookEndpoint

from .. import once_shown
from ..access import actor_of, administrator_only, staff_only
from .faults import words
from .mails import FRAMED

_PREVIEWED = ("confirmation", "welcome", "failure")
_DELIVERIES = 50


@require_safe
@staff_only
def index(request: HttpRequest) -> HttpResponse:
    """What can be set."""
    return render(request, "pages/staff/settings/index.html", {"administrator": actor_of(request).role == Role.ADMINISTRATOR})


@require_safe
@administrator_only
def hooks(request: HttpRequest) -> HttpResponse:
    """Webhooks and their latest deliveries."""
    content = {
        "endpoints": list(WebhookEndpoint.objects.order_by("pk")),
        "deliveries": [
            row for one in WebhookEndpoint.objects.order_by("pk") for row in one.deliveries.order_by("-pk")[:_DELIVERIES]
        ],
        "events": webhooks.EVENTS,
        "shown": once_shown.take(request, "webhook"),
    }
    return render(request, "pages/staff/settings/webhooks.html", content)


@require_POST
@administrator_only
def add_hook(request: HttpRequest) -> HttpResponse:
    """Add an endpoint; its secret is shown on the next page and nowhere else."""
    try:
        endpoint, secret = webhooks.create(request.POST.get("url", "").strip(), request.POST.getlist("event"), actor_of(request))
    except VoipboxError as error:
        messages.error(request, words(error))
    else:
        once_shown.keep(request, "webhook", {"url": endpoint.url, "secret": secret})
    return redirect("staff:webhooks")


@require_POST
@administrator_only
def remove_hook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Remove an endpoint."""
    endpoint = WebhookEndpoint.objects.filter(pk=webhook_id).first()
    if endpoint is None:
        raise NotThere(f"There is no webhook {webhook_id}.")
    webhooks.remove(endpoint, actor_of(request))
    messages.success(request, f"{endpoint.url} gets nothing any more.")
    return redirect("staff:webhooks")


@require_safe
@staff_only
def doctor(request: HttpRequest) -> HttpResponse:
    """Everything that voipbox doctor looks at."""
    found = health.checks()
    return render(request, "pages/staff/settings/doctor.html", {"found": found, "bad": sum(not one.good for one in found)})


@require_safe
@administrator_only
def key_status(request: HttpRequest) -> HttpResponse:
    """How many keys there are, and what is sealed with them."""
    return render(
        request, "pages/staff/settings/keys.html", {"count": len(keys.read()), "columns": _sealed(), "path": config().keys}
    )


def _sealed() -> list[dict[str, Any]]:
    found = []
    with connection.cursor() as cursor:
        for table, _, column in rotation.sealed_columns():
            query = sql.SQL("SELECT count(*) FROM {} WHERE {} <> ''").format(sql.Identifier(table), sql.Identifier(column))
            cursor.execute(query)
            row = cursor.fetchone()
            found.append({"name": f"{table}.{column}", "values": row[0] if row else 0})
    return sorted(found, key=lambda one: str(one["name"]))


@require_safe
@staff_only
def templates(request: HttpRequest) -> HttpResponse:
    """The mails there are, each with a preview."""
    kind = request.GET.get("kind", _PREVIEWED[0])
    kind = kind if kind in _PREVIEWED else _PREVIEWED[0]
    mail = _sample(kind)
    content = {
        "kinds": [(name, KINDS[name]) for name in _PREVIEWED],
        "kind": kind,
        "composed": compose.compose(mail, preview=True) if mail else None,
        "order": mail.order if mail else None,
        "sources": [(f"mail/{kind}.{end}", _source(f"mail/{kind}.{end}")) for end in ("subject.txt", "txt", "html")],
        "folder": config().templates_dir,
    }
    return render(request, "pages/staff/settings/templates.html", content)


@require_safe
@staff_only
@xframe_options_sameorigin
def framed_template(request: HttpRequest, kind: str) -> HttpResponse:
    """The HTML of a preview, for the frame on the page."""
    del request
    mail = _sample(kind) if kind in _PREVIEWED else None
    if mail is None:
        raise NotThere("There is no such preview.")
    answer = HttpResponse(compose.compose(mail, preview=True).html)
    answer["Content-Security-Policy"] = FRAMED
    return answer


def _sample(kind: str) -> Mail | None:
    """A mail as it would be for the newest order, not stored; None while there is no order."""
    order = Order.objects.select_related("server", "provider").order_by("-pk").first()
    if order is None:
        return None
    reason = order.reason or "The cause stands here."
    return Mail(
        order=order,
        kind=kind,
        recipients=[order.email],
        context={"status": order.status, "badge": order.badge.text, "reason": reason},
    )


def _source(name: str) -> str:
    source: str = get_template(name).template.source  # type: ignore[attr-defined] # Django's own back end
    return source
