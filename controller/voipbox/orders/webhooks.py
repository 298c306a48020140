# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks: signed, retried, and never to where only this machine can reach."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.db import transaction

from voipbox.core import addresses, clock
from voipbox.core.config import config
from voipbox.core.errors import Fault, NotAllowed, Refused
from voipbox.core.people import Actor, Role
from voipbox.core.total_time import TimedTransport
from voipbox.providers import tls

from . import audit
from .models import WebhookDelivery, WebhookEndpoint
from .moves import ACTIONS

EVENTS = ("order.placed", "order.amended", *(f"order.{action}" for action in ACTIONS))
_NO_ADDRESS = "is no address such as https://billing.example.com/voipbox"
_LOOKED_AT = 50  # deliveries of endpoints to which something may be on its way, before the next job looks again
_ATTEMPTS = 10
_FIRST_PAUSE = 30  # seconds, doubled with each attempt
_TIMEOUT = 10.0  # seconds from byte to byte
_TOTAL = 15.0  # seconds for a whole delivery
_MOST_BYTES = 65536
_ABANDONED = datetime.timedelta(minutes=5)


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
    """Send every delivery that is due, one at a time to an endpoint; returns how many arrived."""
    delivered = 0
    WebhookDelivery.objects.filter(state="sending", claimed_at__lt=clock.now() - _ABANDONED).update(state="queued")
    while True:
        delivery = _claim()
        if delivery is None:
            return delivered
        delivered += _deliver(delivery)


def _claim() -> WebhookDelivery | None:
    """The delivery that waits longest of an endpoint to which nothing is on its way, marked as ours."""
    moment = clock.now()
    due = WebhookDelivery.objects.filter(state="queued", next_try_at__lte=moment, endpoint__active=True)
    for endpoint in due.order_by("next_try_at", "id").values_list("endpoint_id", flat=True)[:_LOOKED_AT]:
        with transaction.atomic():
            # The endpoint is locked first and its deliveries are read after: another daemon may have begun one meanwhile.
            if not WebhookEndpoint.objects.select_for_update(skip_locked=True).filter(pk=endpoint).exists():
                continue
            its = WebhookDelivery.objects.filter(endpoint_id=endpoint)
            if its.filter(state="sending").exists():
                continue
            key = its.filter(state="queued", next_try_at__lte=moment).order_by("id").values_list("pk", flat=True).first()
            if key is None:
                continue
            its.filter(pk=key).update(state="sending", claimed_at=moment)
        return WebhookDelivery.objects.select_related("endpoint").filter(pk=key).first()
    return None


def _deliver(delivery: WebhookDelivery) -> bool:
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
        cause = _post(delivery, body, headers)
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
    if cause is not None:
        # Whoever does not take one is asked for the next after a pause, so that others are told meanwhile.
        soon = moment + datetime.timedelta(seconds=_FIRST_PAUSE)
        WebhookDelivery.objects.filter(endpoint=endpoint, state="queued", next_try_at__lt=soon).update(next_try_at=soon)
    return cause is None


def _post(delivery: WebhookDelivery, body: bytes, headers: dict[str, str]) -> str | None:
    """Send it to the very address that was judged; why it did not arrive, or None. Raises httpx.HTTPError."""
    judged = _judge(delivery.endpoint.url)
    if judged.cause is not None:
        return judged.cause
    inner = httpx.HTTPTransport(verify=tls.context(), trust_env=False)
    with httpx.Client(
        transport=TimedTransport(inner, _TOTAL, _MOST_BYTES), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
    ) as client:
        request = client.build_request("POST", judged.url, content=body, headers={**headers, "Host": judged.host})
        request.extensions["sni_hostname"] = judged.name
        answer = client.send(request, stream=True)
        answer.close()  # what it says beside its status is nobody's concern
    delivery.status_code = answer.status_code
    return None if answer.is_success else f"answered {answer.status_code}"


@dataclass(frozen=True)
class _Judged:
    """An endpoint's address as it was judged.

    Parameters: cause, why it is no place for webhooks; url, with the numeric address that it was found at; host, as it
    stands in the header; name, that its certificate must have.
    """

    cause: str | None
    url: str = ""
    host: str = ""
    name: str = ""


def _bad_address(url: str) -> str | None:
    """Why an address is no place for webhooks, or None."""
    return _judge(url).cause


def _judge(url: str) -> _Judged:
    """Whether an address is a place for webhooks: https, and public. It is looked up here and nowhere else, so that nobody
    shows one address to this question and another to the delivery.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
        name = (parts.hostname or "").encode("idna").decode()
        wanted = httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return _Judged(_NO_ADDRESS)
    user = parts.username is not None or parts.password is not None
    if parts.scheme not in ("http", "https") or not name or user or len(url) > 500:  # noqa: PLR2004 - the column's length
        return _Judged(_NO_ADDRESS)
    private = config().webhook_private
    if not private and parts.scheme != "https":
        return _Judged("is not https")
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return _Judged("its host cannot be found")
    inside = [address for address in found if not addresses.is_public(address)]
    if inside and not private:
        return _Judged(f"its host is the private address {inside[0]}")
    there = wanted.copy_with(host=found[0].split("%", maxsplit=1)[0])
    return _Judged(None, str(there), wanted.netloc.decode(), name)
