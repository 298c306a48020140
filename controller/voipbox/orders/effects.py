# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a move, by name; carried out in its transaction for all orders that made it together."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from voipbox.core import clock, jobs
from voipbox.core.config import config

from . import mail_queue
from .guards import PROVISION
from .models import Order

Orders = Sequence[Order]


def _advance(orders: Orders) -> None:
    """What nobody has to buy first goes to the PBX server's next run."""
    for order in orders:
        order.step = PROVISION
        order.next_try_at = None
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(step=PROVISION, next_try_at=None)
    for server in {order.server_id for order in orders}:
        jobs.deploy(server)


def _afresh(orders: Orders) -> None:
    """Count attempts from none again and forget what went wrong."""
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(attempts=0, reason="", next_try_at=None)


def _deploy_later(orders: Orders) -> None:
    """Another run after a pause that doubles with each attempt."""
    for order in orders:
        pause = config().run_retry_delay * 2 ** min(max(order.attempts - 1, 0), 10)
        order.next_try_at = clock.now() + datetime.timedelta(seconds=pause)
    Order.objects.bulk_update(orders, ["next_try_at"])
    for server in {order.server_id for order in orders}:
        moments = [order.next_try_at for order in orders if order.server_id == server and order.next_try_at]
        jobs.deploy(server, at=min(moments))


def _welcome(orders: Orders) -> None:
    mail_queue.add("welcome", orders)


def _tell_staff(orders: Orders) -> None:
    mail_queue.add("failure", orders, config().mail_staff)


EFFECTS: dict[str, Callable[[Orders], None]] = {
    "advance": _advance,
    "afresh": _afresh,
    "deploy_later": _deploy_later,
    "welcome": _welcome,
    "tell_staff": _tell_staff,
}
