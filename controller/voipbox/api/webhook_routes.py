# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from voipbox.core.errors import NotThere
from voipbox.orders import webhooks
from voipbox.orders.models import WebhookEndpoint

from . import shapes
from .bearer import actor_with
from .order_routes import _REFUSALS, Id

router = Router()
_SHOWN = 100


def _get(webhook_id: int) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.filter(pk=webhook_id).first()
    if found is None:
        raise NotThere(f"There is no webhook {webhook_id}.")
    return found


@router.get("", response={200: list[shapes.WebhookOut], **_REFUSALS}, summary="List webhooks")
def listing(request: HttpRequest) -> Any:
    """All endpoints; secrets are never shown again."""
    actor_with(request, "webhooks")
    return list(WebhookEndpoint.objects.order_by("id"))


@router.post("", response={201: shapes.WebhookMade, **_REFUSALS}, summary="Add a webhook")
def create(request: HttpRequest, given: shapes.WebhookIn) -> Any:
    """Each event is posted as JSON, signed in Voipbox-Signature, and tried again for about eight hours."""
    actor = actor_with(request, "webhooks")
    endpoint, secret = webhooks.create(given.url, given.events, actor)
    return 201, {"id": endpoint.pk, "url": endpoint.url, "events": endpoint.events, "active": endpoint.active, "secret": secret}


@router.get("/{webhook_id}/deliveries", response={200: list[shapes.DeliveryOut], **_REFUSALS}, summary="Latest deliveries")
def deliveries(request: HttpRequest, webhook_id: Id) -> Any:
    """The newest hundred."""
    actor_with(request, "webhooks")
    names = ("event", "state", "attempts", "status_code", "error", "created_at")
    rows = _get(webhook_id).deliveries.order_by("-id")[:_SHOWN]
    return [{**{name: getattr(row, name) for name in names}, "identity": str(row.identity)} for row in rows]


@router.delete("/{webhook_id}", response={200: shapes.Lines, **_REFUSALS}, summary="Remove a webhook")
def remove(request: HttpRequest, webhook_id: Id) -> Any:
    """Deliveries that wait are dropped with it."""
    actor = actor_with(request, "webhooks")
    webhooks.remove(_get(webhook_id), actor)
    return {"lines": ["removed"]}
