# SPDX-License-Identifier: GPL-3.0-or-later
"""The purchase ledger: exactly one paid number an order, or a person is asked.

Neither provider has an idempotency key. So an attempt is written and committed before it is sent, is sent once, and on any
doubt is read back by our reference, never sent again. A new attempt with a new reference follows only when the former one
is known to have bought nothing.
"""

from __future__ import annotations

import datetime
import logging

from django.db import transaction

from voipbox.core import clock
from voipbox.core.config import config
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.orders.steps import Step
from voipbox.providers.drivers import open_driver
from voipbox.providers.errors import InsufficientFunds, NumberUnavailable, ProviderError, Refusal, Temporary
from voipbox.providers.protocol import Driver
from voipbox.providers.records import Bought, PurchaseState, Wanted

from . import trunks
from .models import Choice, Hold, Purchase

log = logging.getLogger("voipbox.numbers")
State = Purchase.State
# Seconds after sending at which an open outcome is read back (providers' facts, section 9).
LOOKS = (30, 120, 600)
# The same while the provider works on it: usually done at once.
_PENDING_LOOKS = (3, 10, 30, 60, 300, 600)
# Attempts that follow by themselves on one that bought nothing for certain.
_ATTEMPTS = 2
_BUYING = (Status.APPROVED, Status.ORDER_PLACED)


class PriceChanged(Refusal):
    """The number costs more now than was agreed; nothing was sent."""

    advice = "Agree on the new price (choose the number again), then retry the order."


class NotChosen(Refusal):
    """The order has no number that was chosen at its account; nothing was sent."""

    advice = "Correct the order: choose its number again. Then retry it."


class ReadBackRefused(Refusal):
    """The provider refuses to say what became of a purchase: it may stand."""

    advice = (
        "Test the connection of the account in the settings. The purchase is looked for again by itself, and the order says "
        "what was found; do not order the number by hand."
    )


def plan(order_id: int) -> Purchase | None:
    """The order's current attempt, written now when there is none; None when the order is not to buy (any more).

    Raises NotChosen.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",)).select_related("provider").get(pk=order_id)
        current = Purchase.objects.filter(order=order, current=True).first()
        if current is not None:
            return current
        if order.status not in _BUYING or order.step != Step.PURCHASE:
            return None
        choice = Choice.objects.filter(order=order).first()
        if choice is None or choice.account_id != order.provider_id:
            name = order.provider.name if order.provider else "its provider"
            raise NotChosen(f"No number was chosen at {name} for this order; nothing was ordered.")
        attempt = Purchase.objects.filter(order=order).count() + 1
        hold = Hold.objects.filter(owner=f"order:{order.pk}", number=choice.number, expires_at__gt=clock.now()).first()
        return Purchase.objects.create(
            order=order,
            account=choice.account,
            number=choice.number,
            offer_data=choice.offer_data,
            capacity_id=choice.capacity_id,
            reference=f"vb-{order.domain_uuid.hex[:12]}-{order.pk}-{attempt}",
            attempt=attempt,
            reservation=hold.reservation if hold else "",
        )


def send(purchase: Purchase) -> None:
    """Send a planned attempt once, and write down what came of it. The account's lock must be held.

    Raises Temporary when nothing was sent: the attempt stays planned.
    """
    choice = Choice.objects.get(order=purchase.order_id)
    cause = trunks.impossible(Order.objects.select_related("server", "provider").get(pk=purchase.order_id))
    if cause:
        _decide(purchase, State.REFUSED, cause)
        return
    with open_driver(purchase.account) as driver:
        try:
            _still_as_agreed(driver, choice, purchase)
        except Temporary:
            raise
        except ProviderError as error:
            _decide(purchase, State.REFUSED, error.sentence)
            return
        if not _mark_sent(purchase):
            return
        wanted = Wanted(
            purchase.reference, purchase.offer, purchase.capacity, purchase.reservation, callback_url=_callback_url(purchase)
        )
        try:
            bought = driver.purchase(wanted)
        except Temporary:
            Purchase.objects.filter(pk=purchase.pk, state=State.SENT).update(state=State.PLANNED, sent_at=None)
            raise
        except Refusal as error:
            _decide(purchase, State.REFUSED, error.sentence)
            return
        except ProviderError as error:
            # OutcomeUnknown, and words of the provider that nobody foresaw: never taken for a refusal.
            _doubt(purchase, error.sentence)
            return
        except Exception:
            # A fault of this program while the answer was read: the purchase may stand.
            log.exception("purchase %s: the answer could not be read", purchase.reference)
            _doubt(purchase, "The provider's answer could not be read.")
            return
    _take(purchase, [bought])


def look(purchase: Purchase) -> None:
    """Read an open attempt back by our reference. The account's lock must be held. Raises Temporary, ProviderError.

    A refusal to answer decides nothing: the attempt stays open and is looked for later. Raises ReadBackRefused then.
    """
    try:
        _look(purchase)
    except Refusal as error:
        if purchase.state != State.NEEDS_HUMAN:
            purchase.next_look_at = clock.now() + datetime.timedelta(seconds=LOOKS[-1])
            purchase.save(update_fields=["next_look_at"])
        number = purchase.number or "the number"
        raise ReadBackRefused(f"It is not known yet whether {number} was bought: {error}", error.code, error.faults) from None


def _look(purchase: Purchase) -> None:
    with open_driver(purchase.account) as driver:
        found = driver.find_purchase(purchase.reference, purchase.number, purchase.ids.get("order", ""))
        if found:
            _take(purchase, found)
            return
        if purchase.state == State.NEEDS_HUMAN:
            return
        if purchase.state == State.UNKNOWN and clock.now() < _planned(purchase, purchase.looks):
            # A callback, about whatever purchase, asked before its time: that it is not there yet proves nothing.
            _look_again(purchase, purchase.looks)
            return
        if purchase.looks + 1 < len(LOOKS):
            _look_again(purchase, purchase.looks + 1)
            return
        if not _is_certainly_not_bought(driver, purchase):
            _decide(
                purchase,
                State.NEEDS_HUMAN,
                f"The provider shows no purchase {purchase.reference} after {len(LOOKS)} looks, and the number is not on offer "
                "any more. Look into the provider's portal, then settle the purchase as bought or not bought.",
            )
            return
    _decide(purchase, State.REFUSED, f"Read back {len(LOOKS)} times: the provider has no purchase {purchase.reference}.")


def settle_interrupted(purchase: Purchase) -> None:
    """A sent attempt without an outcome whose process is gone (its lock was free): what became of it is not known."""
    if purchase.state == State.SENT and not purchase.ids:
        _doubt(purchase, "The process that sent it ended before the answer came.")


def may_try_again(purchase: Purchase) -> bool:
    """True when an attempt that bought nothing for certain after a doubt is followed by another one by itself."""
    return purchase.state == State.REFUSED and purchase.was_unknown and purchase.attempt < _ATTEMPTS


def retire(purchase: Purchase) -> None:
    """Let another attempt follow on one that was refused."""
    Purchase.objects.filter(pk=purchase.pk, state=State.REFUSED).update(current=False)


def settle(purchase: Purchase, bought: Bought | None, words: str) -> None:
    """A person's decision: bought, with what the provider shows, or not bought."""
    if bought is None:
        _decide(purchase, State.REFUSED, words)
    else:
        _take(purchase, [bought])


def _still_as_agreed(driver: Driver, choice: Choice, purchase: Purchase) -> None:
    """Availability, price and balance just before sending. Raises NumberUnavailable, PriceChanged, InsufficientFunds."""
    now, agreed = driver.quote(purchase.offer, purchase.capacity), choice.quote
    if not now.available and not purchase.reservation:
        raise NumberUnavailable(f"{purchase.number or 'The number'} is gone at {purchase.account.name}; nothing was ordered.")
    if now.available and (now.setup > agreed.setup or now.monthly > agreed.monthly):
        raise PriceChanged(
            f"{purchase.number or 'The number'} costs {now.setup} setup and {now.monthly} a month now, not {agreed.setup} and "
            f"{agreed.monthly} as agreed; nothing was ordered."
        )
    balance, currency = driver.balance()
    if currency == now.currency and balance < agreed.total:
        raise InsufficientFunds(
            f"The balance at {purchase.account.name} is {balance} {currency}, the number costs {agreed.total}; "
            "nothing was ordered."
        )


def _callback_url(purchase: Purchase) -> str:
    """Where the provider may tell that the purchase moved on; only where what it tells is signed."""
    if not (purchase.account.credentials or {}).get("callback_secret"):
        return ""
    return f"{config().base_url}/hooks/{purchase.account.slug}/orders/"


def _mark_sent(purchase: Purchase) -> bool:
    """Commit that it is sent, while the order still wants it; False when somebody was first or the order was cancelled."""
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=purchase.order_id)
        if order.status not in _BUYING:
            return False
        moment = clock.now()
        sent = Purchase.objects.filter(pk=purchase.pk, state=State.PLANNED).update(state=State.SENT, sent_at=moment, looks=0)
    purchase.refresh_from_db()
    return bool(sent)


def _take(purchase: Purchase, found: list[Bought]) -> None:
    """What the provider has under our reference. Completed counts as bought only with a number: it may be listed later."""
    done = [one for one in found if one.state == PurchaseState.COMPLETED and (one.numbers or purchase.number)]
    working = [one for one in found if one.state in (PurchaseState.PENDING, PurchaseState.COMPLETED)]
    if done:
        best = done[0]
        purchase.number = best.numbers[0] if best.numbers else purchase.number
        purchase.ids = {**purchase.ids, **dict(best.ids)}
        purchase.setup, purchase.monthly, purchase.currency = best.setup, best.monthly, best.currency
        many = f" {len(done)} purchases carry this reference: see the findings." if len(done) > 1 else ""
        _decide(purchase, State.CONFIRMED, f"Bought.{many}")
    elif working:
        purchase.ids = {**purchase.ids, **dict(working[0].ids)}
        purchase.words = "The provider works on it."
        purchase.state = State.SENT
        pause = _PENDING_LOOKS[min(purchase.looks, len(_PENDING_LOOKS) - 1)]
        purchase.next_look_at = clock.now() + datetime.timedelta(seconds=pause)
        purchase.looks += 1
        purchase.save(update_fields=["ids", "words", "state", "next_look_at", "looks"])
    else:
        _decide(purchase, State.REFUSED, "The provider cancelled it.")


def _doubt(purchase: Purchase, words: str) -> None:
    purchase.state, purchase.words, purchase.was_unknown = State.UNKNOWN, words, True
    purchase.save(update_fields=["state", "words", "was_unknown"])
    _look_again(purchase, 0)


def _look_again(purchase: Purchase, looks: int) -> None:
    purchase.looks = looks
    purchase.next_look_at = max(_planned(purchase, looks), clock.now())
    purchase.save(update_fields=["looks", "next_look_at"])


def _planned(purchase: Purchase, looks: int) -> datetime.datetime:
    """When the next look after so many is due."""
    return (purchase.sent_at or clock.now()) + datetime.timedelta(seconds=LOOKS[min(looks, len(LOOKS) - 1)])


def _is_certainly_not_bought(driver: Driver, purchase: Purchase) -> bool:
    """Nothing under our reference is proof where the reference is the key; where the number is, it must be on offer still."""
    if not purchase.number:
        return True
    return driver.number(purchase.number) is None and driver.quote(purchase.offer, purchase.capacity).available


def _decide(purchase: Purchase, state: Purchase.State, words: str) -> None:
    purchase.state, purchase.words, purchase.next_look_at, purchase.decided_at = state, words, None, clock.now()
    purchase.save(
        update_fields=[
            "state", "words", "next_look_at", "decided_at", "number", "ids", "setup", "monthly", "currency",
        ]
    )  # fmt: skip
