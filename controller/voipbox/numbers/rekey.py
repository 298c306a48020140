# SPDX-License-Identifier: GPL-3.0-or-later
"""New credentials for a trunk without losing calls: new ones at the provider, then on the PBX, and when the gateway stands,
the number is led over and the old ones are dropped. Each step is written down before the next, so that any can be repeated."""

from __future__ import annotations

import logging

from django.db import transaction

from voipbox.core import clock, identities
from voipbox.core.errors import Refused
from voipbox.core.people import SYSTEM
from voipbox.orders import audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.providers.drivers import open_driver
from voipbox.providers.errors import ProviderError, Refusal, Twins
from voipbox.providers.records import Trunk

from . import reconcile, trunks
from .models import OrderTrunk

log = logging.getLogger("voipbox.numbers")
_STANDS = ("REGED", "NOREG")


def begin(order: Order) -> None:
    """A second set of credentials at the provider, kept for the next run on the PBX. Raises ProviderError."""
    row = OrderTrunk.objects.filter(order=order).first()
    if row is None or order.provider is None:
        raise Refusal(f"Order {order.pk} has no trunk at a provider.")
    if not row.former:
        OrderTrunk.objects.filter(pk=row.pk, generation=row.generation, former={}).update(
            former={"name": row.name, "username": row.username, "ids": row.ids},
            generation=row.generation + 1,
            asked_at=None,
            name=trunks.name_of(order, row.generation + 1),
            wanted_password={"password": identities.sip_password()},
        )
        row.refresh_from_db()  # somebody may have been first: what they made is gone on with
    with open_driver(order.provider) as driver:
        former = former_of(row)
        trunk = trunks.ask(order, row, lambda wanted: driver.rekey_trunk(wanted, former))
    trunks.keep(order, row, trunk)


def former_of(row: OrderTrunk) -> Trunk:
    """The trunk that is to be dropped."""
    return Trunk(str(row.former["name"]), str(row.former["username"]), row.former["ids"])


def finish() -> int:
    """Drop the former credentials of orders whose gateway stands with the new ones; returns how many were dropped."""
    dropped = 0
    rows = OrderTrunk.objects.exclude(former={}).select_related("order__provider").filter(order__status=Status.COMPLETED)
    for row in rows:
        try:
            dropped += _finish(row)
        except Twins as twins:
            reconcile.tell_twins(row.order, twins)
        except (ProviderError, Refused) as error:
            log.warning("order %s: the former trunk is still there: %s", row.order_id, error)
    return dropped


def _finish(row: OrderTrunk) -> bool:
    order = row.order
    assert order.provider is not None
    states = [gateway.get("state") for gateway in order.facts.get("gateways", [])]
    if not states or any(state not in _STANDS for state in states):
        return False
    trunk = trunks.of(row)
    with open_driver(order.provider) as driver:
        if driver.registered(trunk) is False:
            return False
        driver.route(order.number, trunk)
        trunks.check_route(driver, order)
        driver.drop_trunk(former_of(row))
    with transaction.atomic():
        ours = OrderTrunk.objects.filter(pk=row.pk, generation=row.generation, former=row.former)
        if not ours.update(former={}, checked_at=clock.now()):
            return False
        reconcile.settle_twins(order.provider, str(row.former["username"]))
        audit.write(SYSTEM, "rekeyed", order, before={"trunk": row.former["name"]}, after={"trunk": row.name})
    return True
