# SPDX-License-Identifier: GPL-3.0-or-later
"""The purchase ledger: exactly one paid number an order, or a person is asked.

Neither provider has an idempotency key. So an attempt is written and committed before it is sent, is sent once, and on any
doubt is read back by our reference, never sent again. A new attempt with a new reference follows only when the former one
is known to have bought nothing.

All deciding happens under the account's lock, by the daemon as by a person; and since a lock can be
lost with its connection, every write names the states that it may leave and counts rows.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable
from typing import Any

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
BUYING = (Status.APPROVED, Status.ORDER_PLACED)
_UNDECIDED = (State.SENT, State.UNKNOWN, State.NEEDS_HUMAN)


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
        if order.status not in BUYING or order.step != Step.PURCHASE:
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
        _decide(purchase, (State.PLANNED,), State.REFUSED, cause)
        return
    with open_driver(purchase.account) as driver:
        try:
            _still_as_agreed(driver, choice, purchase)
        except Temporary:
            raise
        except ProviderError as error:
            _decide(purchase, (State.PLANNED,), State.REFUSED, error.sentence)
            return
        if not _mark_sent(purchase):
            return
        wanted = Wanted(
            purchase.reference, purchase.offer, purchase.capacity, purchase.reservation, callback_url=_callback_url(purchase)
        )
        try:
            bought = driver.purchase(wanted)
        except Temporary:
            _write(purchase, (State.SENT,), state=State.PLANNED, sent_at=None)
            raise
        except Refusal as error:
            _decide(purchase, (State.SENT,), State.REFUSED, error.sentence)
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
        _write(purchase, (State.SENT, State.UNKNOWN), next_look_at=clock.now() + datetime.timedelta(seconds=LOOKS[-1]))
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
                (State.SENT, State.UNKNOWN),
                State.NEEDS_HUMAN,
                f"The provider shows no purchase {purchase.reference} after {len(LOOKS)} looks, and the number is not on offer "
                "any more. Look into the provider's portal, then settle the purchase as bought or not bought.",
            )
            return
    words = f"Read back {len(LOOKS)} times: the provider has no purchase {purchase.reference}."
    _decide(purchase, (State.SENT, State.UNKNOWN), State.REFUSED, words)


def under_way(order: Order) -> str | None:
    """Why an order must not be moved past its purchase by hand: it is not known, or not taken over yet, how that ended."""
    purchase = Purchase.objects.filter(order=order, current=True).exclude(state__in=[State.PLANNED, State.REFUSED]).first()
    if purchase is None or (purchase.state == State.CONFIRMED and order.step != Step.PURCHASE):
        return None
    if purchase.state == State.NEEDS_HUMAN:
        return f"it is not known whether its number was bought; settle the purchase {purchase.reference} first"
    return f"its number is being bought just now ({purchase.reference}); try again when that is decided"


def settle_interrupted(purchase: Purchase) -> None:
    """A sent attempt without an outcome whose process is gone (its lock was free): what became of it is not known."""
    if purchase.state == State.SENT and not purchase.ids:
        _doubt(purchase, "The process that sent it ended before the answer came.")


def may_try_again(purchase: Purchase) -> bool:
    """True when an attempt that bought nothing for certain after a doubt is followed by another one by itself."""
    return purchase.state == State.REFUSED and purchase.was_unknown and purchase.attempt < _ATTEMPTS


def retire(purchase: Purchase) -> bool:
    """Let another attempt follow on one that was refused; False when it was not refused, or is retired already."""
    return _write(purchase, (State.REFUSED,), current=False) if purchase.current else False


def settle(purchase: Purchase, bought: Bought | None, words: str) -> bool:
    """A person's decision: bought, with what the provider shows, or not bought. The account's lock must be held.

    Returns False when the attempt was decided before; nothing is changed then.
    """
    if bought is None:
        return _decide(purchase, _UNDECIDED, State.REFUSED, words)
    return _confirm(purchase, bought, words)


def _still_as_agreed(driver: Driver, choice: Choice, purchase: Purchase) -> None:
    """Availability, price and balance just before sending. Raises NumberUnavailable, PriceChanged, InsufficientFunds."""
    now, agreed = driver.quote(purchase.offer, purchase.capacity), choice.quote
    if not now.available and not purchase.reservation:
        raise NumberUnavailable(f"{purchase.number or 'The number'} is gone at {purchase.account.name}; nothing was ordered.")
    if now.available and now.currency != agreed.currency:
        raise PriceChanged(
            f"{purchase.number or 'The number'} is priced in {now.currency} now, not in {agreed.currency} as agreed; nothing was "
            "ordered."
        )
    if now.available and (now.setup > agreed.setup or now.monthly > agreed.monthly):
        raise PriceChanged(
            f"{purchase.number or 'The number'} costs {now.setup} setup and {now.monthly} a month now, not {agreed.setup} and "
            f"{agreed.monthly} as agreed; nothing was ordered."
        )
    balance, currency = driver.balance()
    if currency == agreed.currency and balance < agreed.total:
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
        if order.status not in BUYING:
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
        many = f" {len(done)} purchases carry this reference: see the findings." if len(done) > 1 else ""
        _confirm(purchase, done[0], f"Bought.{many}")
    elif working:
        _wait_for_provider(purchase, working[0])
    else:
        _decide(purchase, _UNDECIDED, State.REFUSED, "The provider cancelled it.")


def _wait_for_provider(purchase: Purchase, working: Bought) -> None:
    """It is ordered and not delivered: looked for again, and after a stated time a person is asked."""
    ids = {**purchase.ids, **dict(working.ids)}
    since = clock.now() - (purchase.sent_at or clock.now())
    if since >= datetime.timedelta(hours=config().purchase_patience_hours):
        _decide(
            purchase,
            _UNDECIDED,
            State.NEEDS_HUMAN,
            f"The provider took the order {purchase.reference} {_hours(since)} ago and lists no number for it. It may be paid: "
            "ask the provider, then settle the purchase as bought or not bought.",
            ids=ids,
        )
        return
    pause = _PENDING_LOOKS[min(purchase.looks, len(_PENDING_LOOKS) - 1)]
    _write(
        purchase,
        (State.SENT, State.UNKNOWN),
        ids=ids,
        words="The provider works on it.",
        state=State.SENT,
        next_look_at=clock.now() + datetime.timedelta(seconds=pause),
        looks=purchase.looks + 1,
    )


def _hours(since: datetime.timedelta) -> str:
    hours = int(since.total_seconds() // 3600)
    return f"{hours} hours" if hours != 1 else "1 hour"


def _confirm(purchase: Purchase, bought: Bought, words: str) -> bool:
    return _decide(
        purchase,
        _UNDECIDED,
        State.CONFIRMED,
        words,
        number=bought.numbers[0] if bought.numbers else purchase.number,
        ids={**purchase.ids, **dict(bought.ids)},
        setup=bought.setup,
        monthly=bought.monthly,
        currency=bought.currency,
    )


def _doubt(purchase: Purchase, words: str) -> None:
    _write(
        purchase,
        (State.SENT,),
        state=State.UNKNOWN,
        words=words,
        was_unknown=True,
        looks=0,
        next_look_at=max(_planned(purchase, 0), clock.now()),
    )


def _look_again(purchase: Purchase, looks: int) -> None:
    _write(purchase, (State.SENT, State.UNKNOWN), looks=looks, next_look_at=max(_planned(purchase, looks), clock.now()))


def _planned(purchase: Purchase, looks: int) -> datetime.datetime:
    """When the next look after so many is due."""
    return (purchase.sent_at or clock.now()) + datetime.timedelta(seconds=LOOKS[min(looks, len(LOOKS) - 1)])


def _is_certainly_not_bought(driver: Driver, purchase: Purchase) -> bool:
    """Nothing under our reference is proof where the reference is the key; where the number is, it must be on offer still."""
    if not purchase.number:
        return True
    return driver.number(purchase.number) is None and driver.quote(purchase.offer, purchase.capacity).available


def _decide(purchase: Purchase, sources: Iterable[Purchase.State], state: Purchase.State, words: str, **details: Any) -> bool:
    return _write(purchase, sources, state=state, words=words, next_look_at=None, decided_at=clock.now(), **details)


def _write(purchase: Purchase, sources: Iterable[Purchase.State], **values: Any) -> bool:
    """One UPDATE that names the states it may leave. False when somebody was first: the attempt is as they left it."""
    if Purchase.objects.filter(pk=purchase.pk, state__in=list(sources)).update(**values):
        for name, value in values.items():
            setattr(purchase, name, value)
        return True
    purchase.refresh_from_db()
    return False
