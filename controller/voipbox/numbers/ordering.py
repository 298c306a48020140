# SPDX-License-Identifier: GPL-3.0-or-later
"""Placing and correcting orders whose number is bought: the number is found, held and priced before the order is written.

Command line, API and pages place orders through here; an order that brings its number passes straight on.
"""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass

from django.db import transaction

from voipbox.catalog.mapping import State, explain
from voipbox.catalog.models import Bundle, Kind, Product
from voipbox.core.errors import Fault, Refused
from voipbox.core.people import Actor
from voipbox.orders import actions, checks
from voipbox.orders.intake import Amendment, OrderInput
from voipbox.orders.models import Order
from voipbox.orders.statuses import EDITABLE, Status
from voipbox.pricing.priced import NumberPrice
from voipbox.providers.drivers import buys
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Offer, Quote

from . import holds, offers, search
from .models import Choice, Hold, Purchase


@dataclass(frozen=True)
class Prepared:
    """A number to be bought, held for this order, with the price that was agreed. given: False where it is held only for
    this one try."""

    hold: Hold
    offer: Offer
    quote: Quote
    given: bool = False

    @property
    def price(self) -> NumberPrice:
        """What it costs, as a summary tells it."""
        return number_price(self.offer, self.hold.capacity_id, self.quote)


def number_price(offer: Offer, capacity_id: str, quote: Quote) -> NumberPrice:
    """What an offered number costs, as a summary tells it. Raises Refused (capacity)."""
    place = ", ".join(part for part in (offer.city, offer.region, offer.country) if part)
    label = offer.number or f"A number in {place or 'the area'}"
    return NumberPrice(label, offers.capacity_of(offer, capacity_id).label, quote)


def place(given: OrderInput, actor: Actor, source: str, hold: Hold | None = None) -> Order:
    """Put an order into the queue. Raises Refused, NotAllowed, MoveRefused, ProviderError; then nothing was written.

    Parameters: given; actor; source, as orders.actions.place; hold, of the number, where the customer chose one before.
    """
    prepared = prepare(given, actor, f"intake:{given.reference or uuid.uuid4().hex}", hold)
    try:
        return commit(given, actor, source, prepared)
    except Exception:
        forget(prepared)
        raise


def prepare(given: OrderInput, actor: Actor, owner: str, hold: Hold | None = None) -> Prepared | None:
    """Find, hold and price the number that is to be bought; None where the order brings its own. Asks the provider, so it
    must not be called inside a transaction. What the actor may not ask for is refused before.

    Raises Refused, MoveRefused, ProviderError."""
    account = account_of(given)
    if account is None or not buys(account):
        return None
    checks.check(given, actor, offer=hold.offer if hold else None)
    return _prepared(account, given, owner, hold)


def commit(given: OrderInput, actor: Actor, source: str, prepared: Prepared | None, seen: str | None = None) -> Order:
    """Write an order whose number is prepared; asks nobody. Raises as orders.actions.place does."""
    if prepared is None:
        return actions.place(given, actor, source, seen=seen)
    with transaction.atomic():
        order = actions.place(given, actor, source, prepared.offer, prepared.price, seen)
        _keep(order, prepared.hold.account, prepared)
    return order


def forget(prepared: Prepared | None) -> None:
    """Let go of a number that was held for a try that failed; what an order has already stays its own."""
    if prepared is not None and not prepared.given and not prepared.hold.owner.startswith("order:"):
        holds.drop(prepared.hold)


def amend(order_id: int, given: Amendment, actor: Actor, reason: str) -> Order:
    """Correct an order before it is placed; another number is found and held first. Raises as place does."""
    prepared = prepare_amendment(order_id, given)
    try:
        return commit_amendment(order_id, given, actor, reason, prepared)
    except Exception:
        forget(prepared)
        raise


def prepare_amendment(order_id: int, given: Amendment) -> Prepared | None:
    """Find, hold and price another number, or another way to pay it; None where none is to be bought, or the order can no
    longer be corrected, which commit_amendment tells. Asks the provider. Raises Refused, ProviderError."""
    order = Order.objects.select_related("provider").get(pk=order_id)
    if order.provider is None or not buys(order.provider) or Status(order.status) not in EDITABLE:
        return None
    choice = Choice.objects.filter(order=order).first()
    other = bool(given.number) and given.number != order.number
    if not other and (not given.capacity or choice is None or given.capacity == choice.capacity_id):
        return None
    _refuse_after_purchase(order)
    offer = choice.offer if choice is not None and not other else _exactly(order.provider, given.number or order.number)
    agreed = None if given.price_agreed or choice is None else choice.quote
    return _held(order, order.provider, offer, given.capacity or "", agreed)


def _held(order: Order, account: ProviderAccount, offer: Offer, capacity_id: str, agreed: Quote | None = None) -> Prepared:
    """Another number beside the one that the order has, which it keeps until the correction is written.

    Parameters: agreed, the price that it may not be above, None where another one was agreed on."""
    owner = f"order:{order.pk}" if offer.number == order.number else f"amend:{order.pk}"
    hold = holds.take(account, offer, owner, capacity_id)
    try:
        quote = _priced(account, offer, hold.capacity_id)
        if agreed is not None:
            _refuse_dearer(offer, quote, agreed)
        return Prepared(hold, offer, quote)
    except Exception:
        if hold.owner == f"amend:{order.pk}":
            holds.drop(hold)
        raise


def _refuse_dearer(offer: Offer, now: Quote, agreed: Quote) -> None:
    """Nobody pays more than what was agreed because staff named another number."""
    minute = now.per_minute is not None and (agreed.per_minute is None or now.per_minute > agreed.per_minute)
    if now.currency == agreed.currency and now.setup <= agreed.setup and now.monthly <= agreed.monthly and not minute:
        return
    raise Refused([Fault(
        "number", f"{offer.number or 'the number'} costs {_words(now)}; {_words(agreed)} were agreed. Ask the client, then say "
        "that the price is agreed (price_agreed)",
    )])  # fmt: skip


def _words(quote: Quote) -> str:
    minute = f" and {quote.per_minute} a minute" if quote.per_minute is not None else ""
    return f"{quote.setup} setup, {quote.monthly} a month{minute} ({quote.currency})"


def commit_amendment(order_id: int, given: Amendment, actor: Actor, reason: str, prepared: Prepared | None) -> Order:
    """Write a correction whose number is prepared; asks nobody. Raises as orders.actions.amend does."""
    if prepared is None:
        return actions.amend(order_id, given, actor, reason)
    with transaction.atomic():
        order = actions.amend(order_id, given, actor, reason, prepared.offer, prepared.price)
        _refuse_after_purchase(order)
        Purchase.objects.filter(order=order, current=True, state=Purchase.State.PLANNED).update(
            current=False, state=Purchase.State.REFUSED, words="Another number was chosen before this one was ordered."
        )
        _keep(order, prepared.hold.account, prepared)
    return order


def _refuse_after_purchase(order: Order) -> None:
    bought = Purchase.objects.filter(order=order, current=True).exclude(state=Purchase.State.PLANNED).first()
    if bought is not None:
        words = f"{bought.number or order.number} is {bought.get_state_display()} in this order's name ({bought.reference})"
        raise Refused([Fault("number", f"{words}; settle that purchase first")])


def choose(order: Order, offer: Offer, capacity_id: str, actor: Actor, reason: str) -> Choice:
    """Take another number, or pay it another way, for an order that was not placed at the provider yet, at today's price.

    Raises Refused, NotAllowed, MoveRefused, ProviderError.
    """
    account = order.provider
    if account is None or not buys(account):
        raise Refused([Fault("number", "is not bought for this order")])
    _refuse_after_purchase(order)
    prepared = _held(order, account, offer, capacity_id)
    try:
        commit_amendment(order.pk, Amendment(number=offer.number or None), actor, reason, prepared)
    except Exception:
        forget(prepared)
        raise
    return Choice.objects.get(order=order)


def account_of(given: OrderInput) -> ProviderAccount | None:
    """The provider account that the number product of an order is mapped to; None where that is for the check to tell."""
    for item in given.items:
        product = Product.objects.filter(slug=item.product or "").first()
        if product is not None and Kind(product.kind).is_number:
            return _mapped(product, None)
        bundle = Bundle.objects.filter(slug=item.bundle or "").first()
        inside = [one.product for one in bundle.items.select_related("product__group")] if bundle else []
        for one in inside:
            if Kind(one.kind).is_number:
                return _mapped(one, bundle)
    return None


def _mapped(product: Product, bundle: Bundle | None) -> ProviderAccount | None:
    decision = explain(product, bundle)
    return decision.account if decision.state == State.MAPPED else None


def _prepared(account: ProviderAccount, given: OrderInput, owner: str, hold: Hold | None) -> Prepared:
    if hold is not None:
        holds.must_be_alive(hold)
        if hold.account_id != account.pk:
            raise Refused([Fault("number", f"is held at another account than {account.name}; choose a number again")])
        if hold.number and hold.number != given.number:
            raise Refused([Fault("number", f"{given.number or 'no number'} is not the one that is held ({hold.number})")])
        return Prepared(hold, hold.offer, _priced(account, hold.offer, hold.capacity_id), given=True)
    if not given.number:
        raise Refused([Fault("number", "is required for a number product")])
    offer = _exactly(account, given.number)
    kept = holds.take(account, offer, owner, given.capacity or "")
    try:
        return Prepared(kept, offer, _priced(account, offer, kept.capacity_id))
    except Exception:
        holds.drop(kept)
        raise


def _exactly(account: ProviderAccount, number: str) -> Offer:
    try:
        offer = search.exactly(account, number)
    except ProviderError as error:
        raise Refused([Fault("number", f"{account.name} could not be asked for {number}: {error.sentence}")]) from None
    if offer is None:
        raise Refused([Fault("number", f"{number} is not on offer at {account.name}; search for another one")])
    return offer


def _priced(account: ProviderAccount, offer: Offer, capacity_id: str) -> Quote:
    quote = search.quote(account, offer, capacity_id)
    if not quote.available:
        raise Refused([Fault("number", f"{offer.number or 'the number'} is gone at {account.name}; choose another one")])
    return quote


def _keep(order: Order, account: ProviderAccount, wanted: Prepared) -> None:
    """The order's choice, and the hold in the order's name."""
    Choice.objects.update_or_create(
        order=order,
        defaults={
            "account": account,
            "number": wanted.offer.number,
            "offer_data": offers.offer_to_json(wanted.offer),
            "capacity_id": wanted.hold.capacity_id,
            "quote_data": offers.quote_to_json(wanted.quote),
        },
    )
    Hold.objects.filter(pk=wanted.hold.pk).update(owner=f"order:{order.pk}")
    for other in Hold.objects.filter(owner=f"order:{order.pk}").exclude(pk=wanted.hold.pk):
        transaction.on_commit(functools.partial(holds.drop, other), robust=True)
