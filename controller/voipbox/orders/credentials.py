# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time links to the credentials of a tenant."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction

from voipbox.core import clock, identities
from voipbox.core.config import config
from voipbox.core.errors import NotThere
from voipbox.core.people import Actor, Role

from . import audit
from .models import CredentialsLink, Order

GONE = "This link was used, revoked or is too old. Ask for a new one; the phones are not affected."
_VISITOR = Actor("holder of the link", Role.CLIENT)


def create(order: Order) -> str:
    """A fresh link, the only one that works from now on. Its token stands nowhere else."""
    revoke(order)
    token, moment = identities.token(), clock.now()
    CredentialsLink.objects.create(
        order=order, token_hash=identities.token_hash(token), created_at=moment,
        expires_at=moment + datetime.timedelta(hours=config().link_hours),
    )  # fmt: skip
    return f"{config().base_url}/credentials/{token}/"


def revoke(order: Order) -> int:
    """Let no link of an order work any more; returns how many were alive."""
    alive = order.links.filter(opened_at=None, revoked_at=None, expires_at__gt=clock.now())
    return alive.update(revoked_at=clock.now())


def find(token: str) -> CredentialsLink:
    """The link of a token while it works. Raises NotThere."""
    link = CredentialsLink.objects.select_related("order").filter(token_hash=identities.token_hash(token)).first()
    if link is None or link.opened_at or link.revoked_at or link.expires_at <= clock.now():
        raise NotThere(GONE)
    return link


def open_once(token: str) -> tuple[Order, dict[str, Any]]:
    """The order and its credentials, once. Raises NotThere for a token that does not work or was just used."""
    link = find(token)
    with transaction.atomic():
        if not CredentialsLink.objects.filter(pk=link.pk, opened_at=None, revoked_at=None).update(opened_at=clock.now()):
            raise NotThere(GONE)
        audit.write(_VISITOR, "credentials_shown", link.order)
    return link.order, of(link.order)


def of(order: Order) -> dict[str, Any]:
    """What the client needs to sign in and to set up phones."""
    return {
        "domain": order.domain,
        "username": order.admin_username,
        "password": order.secrets.get("admin_password", ""),
        "sip": {"server": order.domain, "port": 5060, "transport": "UDP", **_phones(order)},
        "extensions": [{"number": number, **values} for number, values in sorted(order.secrets.get("extensions", {}).items())],
    }


def _phones(order: Order) -> dict[str, Any]:
    """What the PBX server's variable voipbox_phones says of how phones reach it: port and transport, and another server name."""
    told = order.server.host_variables.get("voipbox_phones")
    return {name: told[name] for name in ("server", "port", "transport") if name in told} if isinstance(told, dict) else {}
