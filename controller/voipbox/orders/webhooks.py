# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks: signed, retried, and never to where only this machine can reach."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import json
import secrets
import socket
from urllib.parse import urlsplit

import httpx
from django.db import transaction

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.core.errors import Fault, NotAllowed, Refused
from voipbox.core.people import Actor, Role

from . import audit
from .models import WebhookDelivery, WebhookEndpoint
from .moves import ACTIONS

EVENTS = ("order.placed", "order.amended", *(f"order.{action}" for action in ACTIONS))
_NO_ADDRESS = "is no address such as https://billing.example.com/voipbox"
_BATCH = 5  # so few that all of them end, or time out, before they count as abandoned
_ATTEMPTS = 10
_FIRST_PAUSE = 30  # seconds, doubled with each attempt
_TIMEOUT = 10  # seconds
_ABANDONED = datetime.timedelta(minutes=5)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def create(url: str, events: list[str], actor: Actor) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint; returns it and the secret that signs, which is shown this once. Raises Refused, NotAllowed."""
    if actor.role != Role.ADMINISTRATOR:
        raise NotAllowed("Webhooks are set up by administrators. Nothing was changed.")
    faults = [Fault(f"events[{index}]", f"there is no {name}") for index, name in enumerate(events) if name not in EVENTS]
    cause = _bad_address(url)
    if cause:
        faults.append(Fault("url", cause))
    if faults:
        raise Refused(faults)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(url=url, secret=secret, events=events)
        audit.write(actor, "webhook_create", after={"url": url, "events": events})
    return endpoint, secret


def remove(endpoint: WebhookEndpoint, actor: Actor) -> None:
    """Switch an endpoint off for good. Raises NotAllowed."""
    if actor.role != Role.ADMINISTRATOR:
        raise NotAllowed("Webhooks are set up by administrators. Nothing was changed.")
    with transaction.atomic():
        audit.write(actor, "webhook_remove", before={"url": endpoint.url})
        endpoint.delete()


def signature(secret: str, moment: int, body: bytes) -> str:
    """The header Voipbox-Signature: t=SECONDS,v1=HMAC-SHA256 of "SECONDS.BODY" in hex."""
    digest = hmac.new(secret.encode(), str(moment).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def deliver_queued() -> int:
    """Send every delivery that is due; returns how many were taken."""
    delivered = 0
    WebhookDelivery.objects.filter(state="sending", claimed_at__lt=clock.now() - _ABANDONED).update(state="queued")
    while True:
        moment = clock.now()
        with transaction.atomic():
            due = list(
                WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("endpoint")
                .filter(state="queued", next_try_at__lte=moment, endpoint__active=True)
                .order_by("id")[:_BATCH]
            )
            for delivery in due:
                delivery.state, delivery.claimed_at = "sending", moment
            WebhookDelivery.objects.bulk_update(due, ["state", "claimed_at"])
        if not due:
            return delivered
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client:
            for delivery in due:
                delivered += _deliver(client, delivery)


def _deliver(client: httpx.Client, delivery: WebhookDelivery) -> bool:
    endpoint, moment = delivery.endpoint, clock.now()
    body = json.dumps({"id": str(delivery.identity), "created_at": delivery.created_at.isoformat(), **delivery.payload}).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "voipbox",
        "Voipbox-Event": delivery.event,
        "Voipbox-Delivery": str(delivery.identity),
        "Voipbox-Signature": signature(endpoint.secret, int(moment.timestamp()), body),
    }
    delivery.attempts += 1
    try:
        cause = _bad_address(endpoint.url)
        if cause is None:
            with client.stream("POST", endpoint.url, content=body, headers=headers) as answer:
                delivery.status_code = answer.status_code
                cause = None if answer.is_success else f"answered {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        cause = type(error).__name__
    if cause is None:
        delivery.state, delivery.delivered_at, delivery.error = "delivered", moment, ""
    else:
        pause = datetime.timedelta(seconds=_FIRST_PAUSE * 2 ** (delivery.attempts - 1))
        delivery.state = "failed" if delivery.attempts >= _ATTEMPTS else "queued"
        delivery.next_try_at, delivery.error = moment + pause, cause
    fields = ("attempts", "status_code", "state", "delivered_at", "error", "next_try_at")
    ours = WebhookDelivery.objects.filter(pk=delivery.pk, state="sending", claimed_at=delivery.claimed_at)
    ours.update(**{name: getattr(delivery, name) for name in fields})  # none when the endpoint was removed meanwhile
    return cause is None


def _bad_address(url: str) -> str | None:
    """Why an address is no place for webhooks: not https, or an address inside. Looked up anew before each delivery."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
        (parts.hostname or "").encode("idna")
    except ValueError:
        return _NO_ADDRESS
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or len(url) > 500:  # noqa: PLR2004 - the column's length
        return _NO_ADDRESS
    if config().webhook_private:
        return None
    if parts.scheme != "https":
        return "is not https"
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        return "its host cannot be found"
    inside = [address[4][0] for address in found if not _is_public(str(address[4][0]))]
    return f"its host is the private address {inside[0]}" if inside else None


def _is_public(address: str) -> bool:
    """True for an address of one machine that everybody can reach; of a translated one (NAT64), that behind it counts."""
    found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if found in _NAT64:
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.is_global and not found.is_multicast
