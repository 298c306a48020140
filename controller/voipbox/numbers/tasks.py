# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of this room."""

from __future__ import annotations

import logging

from django.db import transaction
from procrastinate.contrib.django import app

from voipbox.core import jobs
from voipbox.core.errors import Refused
from voipbox.providers.drivers import buys
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount

from . import advance as steps
from . import balances, holds, rekey, usage
from .reconcile import look_for_twins as look_for_twins_at
from .reconcile import reconcile

log = logging.getLogger("voipbox.numbers")


@app.task(name="voipbox.advance")
@jobs.in_a_job
def advance(order_id: int) -> None:
    """The next step of an order at its provider."""
    steps.advance(order_id)


@app.task(name="voipbox.wake_order")
@jobs.in_a_job
def wake_order(order_id: int) -> None:
    """Ask for the next step of an order whose moment has come."""
    with transaction.atomic():
        jobs.advance(order_id)


@app.periodic(cron="* * * * *")
@app.task(name="voipbox.numbers_care", queue=jobs.CLOCK, queueing_lock="numbers_care")
@jobs.in_a_job
def look_after(timestamp: int) -> None:
    """Every minute: orders that should be moving at a provider. It asks nobody outside itself."""
    del timestamp
    steps.wake()
    holds.sweep()
    jobs.defer("voipbox.finish_rekeying", queueing_lock="finish_rekeying")


@app.task(name="voipbox.finish_rekeying", queueing_lock="finish_rekeying")
@jobs.in_a_job
def finish_rekeying() -> None:
    """Former trunks that may be dropped."""
    rekey.finish()


@app.periodic(cron="17 * * * *")
@app.task(name="voipbox.balances", queueing_lock="balances")
@jobs.in_a_job
def read_balances(timestamp: int) -> None:
    """Every hour: balances."""
    del timestamp
    balances.read_all()


@app.periodic(cron="23 * * * *")
@app.task(name="voipbox.twins", queueing_lock="twins")
@jobs.in_a_job
def look_for_twins(timestamp: int) -> None:
    """Every hour: trunks that came a second time after an answer was lost."""
    del timestamp
    for account in ProviderAccount.objects.filter(active=True):
        if not buys(account):
            continue
        try:
            look_for_twins_at(account)
        except (ProviderError, Refused) as error:
            log.warning("%s: %s", account.slug, error)


@app.periodic(cron="41 3 * * *")
@app.task(name="voipbox.reconcile", queueing_lock="reconcile")
@jobs.in_a_job
def reconcile_all(timestamp: int) -> None:
    """Every night: compare numbers with orders, fetch usage."""
    del timestamp
    for account in ProviderAccount.objects.filter(active=True):
        if not buys(account):
            continue
        try:
            reconcile(account)
            usage.fetch(account)
        except (ProviderError, Refused) as error:
            log.warning("%s: %s", account.slug, error)
