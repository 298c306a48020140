# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole story of an order, in lines."""

from __future__ import annotations

from collections.abc import Iterator

from voipbox.core import clock
from voipbox.core.people import Role
from voipbox.orders.guards import available
from voipbox.orders.models import Order
from voipbox.orders.statuses import BADGES, READY, WAITS_FOR, Status
from voipbox.orders.steps import STEP_WAITS

_TIME = "%Y-%m-%d %H:%M:%S"


def waits(order: Order) -> str:
    """What an order waits for, since when, and when something happens by itself; empty where it is at its end."""
    status = Status(order.status)
    at_provider = status in READY or status in (Status.ORDER_PLACED, Status.AWAITING_REGISTRATION)
    what = (STEP_WAITS.get(order.step) if at_provider else None) or WAITS_FOR.get(status, "")
    if not what:
        return ""
    ahead = order.next_try_at is not None and order.next_try_at > clock.now()
    then = f"; next automatic try {order.next_try_at:{_TIME}} UTC" if ahead else ""
    return f"waits for {what}, since {order.status_since:{_TIME}} UTC{then}"


def story(order: Order) -> Iterator[str]:
    """Who, what, where, what happened and what can be done next; no secrets."""
    yield f"Order {order.pk}: {BADGES[Status(order.status)].text} ({order.status})"
    if waits(order):
        yield f"  {waits(order)}"
    if order.reason:
        yield f"  cause: {order.reason}"
    yield f"  client     {order.company}, {order.contact}, {order.email}, {order.phone}"
    yield f"  tenant     {order.domain} on {order.server.slug}, {order.seats} extensions from {order.first_extension}"
    if order.provider:
        yield f"  number     {order.number} at {order.provider.name}"
    for item in order.items.select_related("product", "bundle"):
        thing = item.product or item.bundle
        yield f"  ordered    {item.quantity} x {thing.slug if thing else ''}"
    if order.facts:
        yield f"  domain     uuid {order.facts.get('domain_uuid', '')}"
        for gateway in order.facts.get("gateways", []):
            yield f"  gateway    {gateway.get('name')} is {gateway.get('state') or 'not asked'} ({gateway.get('uuid', '')})"
    yield "What happened (UTC):"
    for event in order.audit.all():
        told = f" {event.before.get('status')} -> {event.after.get('status')}" if "status" in event.before else ""
        run = f" in run {event.run}" if event.run else ""
        acting = f" for {event.acting_for}" if event.acting_for else ""
        reason = f": {event.reason}" if event.reason else ""
        yield f"  {event.at:{_TIME}}  {event.actor}{acting} {event.action}{told}{run}{reason}"
    for note in order.notes.all():
        yield f"  {note.at:{_TIME}}  {note.author} noted: {note.text}"
    for mail in order.mails.all():
        error = f" ({mail.error})" if mail.error else ""
        yield f"  mail {mail.pk}: {mail.kind} to {', '.join(mail.recipients)} is {mail.state}{error}"
    possible = [move.action for move in available(order, Role.ADMINISTRATOR)]
    if possible:
        yield f"Possible now: {', '.join(dict.fromkeys(possible))}"
