# SPDX-License-Identifier: GPL-3.0-or-later
"""Mails over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from voipbox.core.errors import NotThere
from voipbox.orders import compose, mailing

from . import shapes
from .bearer import actor_with
from .order_routes import _REFUSALS, Id

router = Router()


@router.get("/{mail_id}", response={200: shapes.MailPreview, **_REFUSALS}, summary="What a mail says")
def preview(request: HttpRequest, mail_id: Id) -> Any:
    """Links and passwords are left out."""
    actor = actor_with(request, "orders:read")
    if not actor.is_staff:
        raise NotThere(f"There is no mail {mail_id}.")
    return compose.shown(mail_id)[1]


@router.post("/{mail_id}/resend", response={201: shapes.MailOut, **_REFUSALS}, summary="Send a mail again")
def resend(request: HttpRequest, mail_id: Id) -> Any:
    """As a new mail, with today's words."""
    actor = actor_with(request, "orders:act")
    return 201, mailing.resend(compose.shown(mail_id)[0], actor)
