# SPDX-License-Identifier: GPL-3.0-or-later
"""The next step of an order at its provider: buy the number, make the trunk, change its credentials.

Each call does what can be done now and returns; it may be called any number of times, at any moment, by anybody.
"""

from __future__ import annotations

import datetime
import logging

import psycopg
from django.db import DatabaseError, InterfaceError, transaction

from voipbox.core import clock, jobs
from voipbox.core.errors import MoveRefused, Refused
from voipbox.core.people import SYSTEM
from voipbox.core.session_lock import ACCOUNTS, SessionLock
from voipbox.orders import actions, audit
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED, READY, Status
from voipbox.orders.steps import Step
from voipbox.providers.errors import ProviderError, RateLimited, Temporary, Twins, Unconfirmed

from . import ledger, reconcile, rekey, trunks
from .models import Purchase

log = logging.getLogger("voipbox.numbers")
State = Purchase.State
_PATIENCE = 100.0  # seconds to wait for a purchase of another order at the same account: a call and its time-out
_PAUSES = (30, 60, 120, 300, 600, 1800)  # seconds between tries while the provider is out of reach
_MOST_TRIES = 40
_FEW_TRIES = 4  # where no provider is waited for


class Unforeseen(Temporary):
    """A fault of this program: the step is tried again a few times."""

    advice = "It is tried again by itself."


def advance(order_id: int) -> None:
    """Do the order's next step. Faults end in the order's status or in a later try; only those of the database are raised."""
    order = Order.objects.select_related("server", "provider").get(pk=order_id)
    try:
        if order.step == Step.PURCHASE and order.status in (Status.APPROVED, Status.ORDER_PLACED):
            _purchase(order)
        elif order.step == Step.TRUNK and order.status in READY:
            _trunk(order)
        elif order.step == Step.REKEY and order.status in READY:
            _rekey(order)
        else:
            _open_purchase(order)
    except (Temporary, Unconfirmed) as error:
        _later(order, error)
    except Twins as twins:
        with transaction.atomic():
            reconcile.tell_twins(order, twins)
            _fail(order, twins.sentence)
    except ProviderError as error:
        _fail(order, error.sentence)
    except Refused as error:
        _fail(order, f"Nothing was sent: the settings of the provider's account are wrong ({error}). Correct them, then retry.")
    except (DatabaseError, InterfaceError, psycopg.Error):
        raise  # the job is done again when the database is there
    except Exception:
        log.exception("order %s: its next step ended with an unforeseen fault", order.pk)
        _later(order, Unforeseen("A fault of this program stopped the step; the daemon's log tells it."), _FEW_TRIES)


def _purchase(order: Order) -> None:
    purchase = ledger.plan(order.pk)
    if purchase is None:
        return
    _work_on(purchase)
    purchase.refresh_from_db()
    if not purchase.current:
        return  # somebody settled it meanwhile as not bought, and asked for the next attempt
    if purchase.state == State.CONFIRMED:
        _bought(order, purchase)
    elif purchase.state == State.NEEDS_HUMAN:
        _fail(order, purchase.words)
    elif purchase.state == State.REFUSED:
        if ledger.may_try_again(purchase):
            with transaction.atomic():
                if ledger.retire(purchase):
                    jobs.advance(order.pk)
            return
        with transaction.atomic():
            if ledger.retire(purchase):
                _fail(order, purchase.words)
    elif purchase.next_look_at is not None:
        with transaction.atomic():
            Order.objects.filter(pk=order.pk).update(next_try_at=purchase.next_look_at, reason=purchase.words)
            jobs.advance(order.pk, at=purchase.next_look_at)


def _open_purchase(order: Order) -> None:
    """A purchase whose order went another way (cancelled, failed, moved on by hand): one that is still open is read back all
    the same, and a person hears of a number that is paid for nobody.
    """
    purchase = Purchase.objects.filter(order=order, current=True).exclude(state=State.PLANNED).first()
    if purchase is None:
        return
    if purchase.state in (State.SENT, State.UNKNOWN):
        _work_on(purchase)
        purchase.refresh_from_db()
    with transaction.atomic():
        if purchase.next_look_at is not None:
            jobs.advance(order.pk, at=purchase.next_look_at)
        elif purchase.state == State.CONFIRMED and Status(order.status) in CLOSED:
            reconcile.tell_orphan(purchase)
        else:
            _tell_failed(order, purchase)


def _tell_failed(order: Order, purchase: Purchase) -> None:
    """An order that failed while its purchase was open: the person who deals with it reads how the purchase ended."""
    if purchase.state == State.CONFIRMED:
        words = (
            f"{purchase.number} is bought and paid. Go on with the order (it is not bought again), or cancel it and give the "
            "number back."
        )
    elif purchase.state == State.REFUSED:
        words = f"{purchase.words} Nothing was bought; going on with the order buys anew."
        ledger.retire(purchase)
    else:
        words = purchase.words
    waiting = Order.objects.filter(pk=order.pk, status=Status.FAILED, step=Step.PURCHASE).exclude(reason=words)
    if waiting.update(reason=words, next_try_at=None):
        found = {"purchase": purchase.reference, "state": purchase.state}
        audit.write(SYSTEM, "purchase_found", order, after=found, reason=words)


def _work_on(purchase: Purchase) -> None:
    """Send or read back, alone at the account: the balance is for one purchase at a time."""
    with SessionLock(ACCOUNTS, purchase.account_id) as lock:
        if not lock.take(_PATIENCE):
            raise RateLimited(f"Other purchases at {purchase.account.name} are on their way.", retry_after=10)
        purchase.refresh_from_db()
        ledger.settle_interrupted(purchase)
        if purchase.state == State.PLANNED:
            ledger.send(purchase)
        elif purchase.state == State.NEEDS_HUMAN or (
            purchase.state in (State.SENT, State.UNKNOWN) and (purchase.next_look_at or clock.now()) <= clock.now()
        ):
            ledger.look(purchase)


def _bought(order: Order, purchase: Purchase) -> None:
    """The number is there: on to the trunk, for a regulated order to its registration first."""
    with transaction.atomic():
        fresh = Order.objects.select_for_update().get(pk=order.pk)
        if fresh.step != Step.PURCHASE or fresh.status not in ledger.BUYING:
            jobs.advance(order.pk)  # it went another way while the number was bought
            return
        fresh.number, fresh.reason, fresh.next_try_at, fresh.provider_tries = purchase.number, "", None, 0
        fresh.step = Step.REGISTRATION if fresh.regulated else Step.TRUNK
        fresh.save(update_fields=["number", "reason", "next_try_at", "provider_tries", "step"])
        if fresh.regulated:
            jobs.defer("voipbox.register", lock=f"register:{order.pk}", queueing_lock=f"register:{order.pk}", order_id=order.pk)
        else:
            jobs.advance(order.pk)


def _trunk(order: Order) -> None:
    trunks.ensure(order)
    _provision(order, Step.TRUNK)


def _rekey(order: Order) -> None:
    rekey.begin(order)
    _provision(order, Step.REKEY)


def _provision(order: Order, former: Step) -> None:
    with transaction.atomic():
        moved = Order.objects.filter(pk=order.pk, step=former, status__in=sorted(READY)).update(
            step=Step.PROVISION, next_try_at=None, reason="", provider_tries=0
        )
        if moved:
            jobs.deploy(order.server_id)


def _later(order: Order, error: Temporary | Unconfirmed, most: int = _MOST_TRIES) -> None:
    """Once more after a pause; after so many tries it fails."""
    tries = order.provider_tries + 1
    if tries > most:
        once = "the log was looked into" if isinstance(error, Unforeseen) else "the provider answers again"
        _fail(order, f"{error} It was tried {most} times. Retry the order once {once}.")
        return
    pause = error.retry_after if isinstance(error, RateLimited) else _PAUSES[min(tries, len(_PAUSES)) - 1]
    moment = clock.now() + datetime.timedelta(seconds=pause)
    # An order that does not wait for it keeps its own reason, which its client may read: only the purchase is looked for again.
    waits = {"next_try_at": moment, "reason": error.sentence} if order.status in (*ledger.BUYING, *READY) else {}
    with transaction.atomic():
        mine = Order.objects.filter(pk=order.pk, status=order.status, step=order.step)
        if mine.update(provider_tries=tries, **waits):
            jobs.advance(order.pk, at=moment)


def _fail(order: Order, words: str) -> None:
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(provider_tries=0, next_try_at=None)
        try:
            actions.perform(order.pk, "fail", SYSTEM, words)
        except MoveRefused as refused:
            log.info("order %s: %s; %s", order.pk, words, refused)


def callback(order_id: int) -> None:
    """The provider says that something happened to a purchase: look now."""
    with transaction.atomic():
        Purchase.objects.filter(order_id=order_id, current=True, next_look_at__isnull=False).update(next_look_at=clock.now())
        jobs.advance(order_id)


def wake() -> int:
    """Ask for a step of every order that should be moving at its provider; returns how many."""
    woken = 0
    now = clock.now()
    moving = Order.objects.filter(
        status__in=[Status.APPROVED, Status.ACTIVE, Status.ORDER_PLACED], step__in=[Step.PURCHASE, Step.TRUNK, Step.REKEY]
    )
    due = set(moving.exclude(next_try_at__gt=now).values_list("pk", flat=True))
    due |= set(Purchase.objects.filter(next_look_at__lte=now).values_list("order_id", flat=True))
    for order_id in sorted(due):
        with transaction.atomic():
            woken += jobs.advance(order_id)
    return woken
