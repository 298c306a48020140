# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of this room."""

from __future__ import annotations

import logging

from django.db.models import Q
from procrastinate.contrib.django import app

from voipbox.core import clock, jobs
from voipbox.core.errors import MoveRefused
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.orders.steps import Step

from . import purge, verification
from .models import Registration

log = logging.getLogger("voipbox.regulatory")


@app.task(name="voipbox.register")
@jobs.in_a_job
def register(order_id: int) -> None:
    """Hand in, or look at, the registration of an order."""
    try:
        verification.register(order_id)
    except MoveRefused as error:
        log.info("order %s: its registration was left for the next look: %s", order_id, error)


@app.periodic(cron="* * * * *")
@app.task(name="voipbox.registrations", queue=jobs.CLOCK, queueing_lock="registrations")
@jobs.in_a_job
def look_after(timestamp: int) -> None:
    """Every minute: registrations whose next look is due, and those that nobody looks at yet: numbers just bought, and orders
    that staff said are registered in the provider's portal."""
    del timestamp
    due = set(Registration.objects.filter(next_poll_at__lte=clock.now()).values_list("order_id", flat=True))
    begun = Q(status=Status.ORDER_PLACED, step=Step.REGISTRATION) | Q(status=Status.AWAITING_REGISTRATION)
    waiting = Order.objects.filter(begun, regulated=True)
    for order_id in due | set(waiting.filter(registration__next_poll_at=None).values_list("pk", flat=True)):
        verification.ask(order_id)


@app.periodic(cron="23 * * * *")
@app.task(name="voipbox.purge_personal_data", queueing_lock="purge_personal_data")
@jobs.in_a_job
def purge_personal_data(timestamp: int) -> None:
    """Every hour: personal data whose time is over."""
    del timestamp
    count = purge.run()
    if count:
        log.info("personal data of %s registrations was purged", count)
