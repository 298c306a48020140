# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a move, by name; carried out in its transaction for all orders that made it together."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Sequence

from voipbox.core import clock, jobs
from voipbox.core.config import config
from voipbox.providers.drivers import buys

from . import mail_queue
from .models import AuditEvent, Order
from .statuses import Status
from .steps import Step

Orders = Sequence[Order]
_LONGEST = 1800  # seconds between two tries


def _advance(orders: Orders) -> None:
    """What has to be bought or made at a provider first is; everything else goes to the PBX server's next run.

    An order that failed goes on from the step that failed.
    """
    for order in orders:
        order.step = _next_step(order)
        order.next_try_at = None
    Order.objects.bulk_update(orders, ["step", "next_try_at"])
    for order in orders:
        if order.step != Step.PROVISION:
            jobs.advance(order.pk)
    for server in {order.server_id for order in orders if order.step == Step.PROVISION}:
        jobs.deploy(server)


def _next_step(order: Order) -> Step:
    if order.provider is None or not buys(order.provider):
        return Step.PROVISION
    if order.step in (Step.TRUNK, Step.PROVISION, Step.REKEY):
        return Step(order.step)
    return Step.TRUNK if order.status == Status.ACTIVE else Step.PURCHASE


def _purchase(orders: Orders) -> None:
    """The number of a regulated order is bought before its registration; nothing is where people do it by hand."""
    for order in orders:
        if order.provider is not None and buys(order.provider):
            Order.objects.filter(pk=order.pk).update(step=Step.PURCHASE, next_try_at=None)
            order.step = Step.PURCHASE
            jobs.advance(order.pk)


def _rekey(orders: Orders) -> None:
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(step=Step.REKEY, next_try_at=None)
    for order in orders:
        order.step = Step.REKEY
        jobs.advance(order.pk)


def _afresh(orders: Orders) -> None:
    """Count attempts from none again and forget what went wrong."""
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        attempts=0, run_misses=0, run_deaths=0, provider_tries=0, reason="", next_try_at=None
    )


def _deploy_later(orders: Orders) -> None:
    """Another run after a pause that doubles with each attempt, up to half an hour."""
    for order in orders:
        pause = min(config().run_retry_delay * 2 ** min(max(order.attempts - 1, 0), 10), max(_LONGEST, config().run_retry_delay))
        order.next_try_at = clock.now() + datetime.timedelta(seconds=pause)
    Order.objects.bulk_update(orders, ["next_try_at"])
    for server in {order.server_id for order in orders}:
        moments = [order.next_try_at for order in orders if order.server_id == server and order.next_try_at]
        jobs.deploy(server, at=min(moments))


def _welcome(orders: Orders) -> None:
    """Once an order, however often it is provisioned again later."""
    completed = AuditEvent.objects.filter(order__in=orders, action="complete").values_list("order_id", flat=True)
    times = Counter(completed)
    for order in orders:
        if times[order.pk] != 1:
            continue
        if order.admin_email.lower() == order.email.lower():
            mail_queue.add("welcome", [order])
        else:  # what signs in goes to who signs in; the contact hears that it is ready
            mail_queue.add("welcome", [order], [order.admin_email])
            mail_queue.add("news", [order], None, {"about": "ready"})


def _news(about: str) -> Callable[[Orders], None]:
    def tell(orders: Orders) -> None:
        mail_queue.add("news", orders, None, {"about": about})

    return tell


def _tell_staff(orders: Orders) -> None:
    mail_queue.add("failure", orders, config().mail_staff)


def _tell_rejection(orders: Orders) -> None:
    """The client reads why, in the words of whoever rejected it."""
    mail_queue.add("rejection", orders)


EFFECTS: dict[str, Callable[[Orders], None]] = {
    "advance": _advance,
    "purchase": _purchase,
    "rekey": _rekey,
    "afresh": _afresh,
    "deploy_later": _deploy_later,
    "welcome": _welcome,
    "tell_staff": _tell_staff,
    **{f"news_{about}": _news(about) for about in ("cancel", "place", "await_registration", "activate", "block", "terminate")},
    "tell_rejection": _tell_rejection,
}
