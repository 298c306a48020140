# SPDX-License-Identifier: GPL-3.0-or-later
"""The ordering of a regulated number: is it still there, what else is, what does it cost; then it is placed."""

from __future__ import annotations

from dataclasses import dataclass

from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.core.people import Actor
from voipbox.numbers import holds, offers, search
from voipbox.numbers import ordering as numbers_ordering
from voipbox.numbers.models import Choice, Purchase
from voipbox.orders import actions
from voipbox.orders.models import Order
from voipbox.orders.statuses import Status
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Capacity, Offer, Quote

from . import access, documents, needs, provider, registrations, sentences
from .handing_in import refused
from .sending import must_be_handed_in
from .turn import turn

_BEFORE = frozenset({Status.PENDING_REVIEW, Status.IDENTITY_ADDRESS_CONFIRMED, Status.DOCUMENTS_UPLOADED})


@dataclass(frozen=True)
class Situation:
    """What the ordering step shows. alternatives: like numbers of the same place, where the number is gone or on demand."""

    offer: Offer
    capacity: Capacity
    quote: Quote
    owned: bool
    alternatives: tuple[Offer, ...] = ()


def look(order_id: int, actor: Actor, capacity_id: str = "", alternatives: bool = False) -> Situation:
    """Availability and price of an order's number now. Raises NotThere, NotAllowed, MoveRefused, Refused, ProviderError.

    Parameters: order_id; actor; capacity_id, another way to pay than the chosen one; alternatives, True to list like
    numbers also while the number is there.
    """
    order = access.to_act(order_id, actor, _BEFORE)
    account, choice = _bought_at(order)
    capacity = offers.capacity_of(choice.offer, capacity_id or choice.capacity_id)
    if owned(order):
        return Situation(choice.offer, capacity, choice.quote, True)
    quote = search.quote(account, choice.offer, capacity.id)
    near = holds.alternatives(account, choice.offer, _owner(order)) if alternatives or not quote.available else []
    return Situation(choice.offer, capacity, quote, False, tuple(near))


def choose(order_id: int, actor: Actor, number: str = "", capacity_id: str = "", reason: str = "") -> Situation:
    """Take another number of the same place, or another way to pay. Raises as look does.

    Parameters: order_id; actor; number, one of the alternatives, the present one when empty; capacity_id; reason.
    """
    order = access.to_act(order_id, actor, _BEFORE)
    account, choice = _bought_at(order)
    if owned(order):
        raise MoveRefused(f"{order.number} is bought in the name of order {order_id} already. Nothing was changed.")
    offer = choice.offer
    if number and number != offer.number:
        near = {one.number: one for one in holds.alternatives(account, offer, _owner(order))}
        if number not in near:
            raise Refused([Fault("number", f"{number} is no number of the same place; there are {', '.join(near) or 'none'}")])
        offer = near[number]
    numbers_ordering.choose(order, offer, capacity_id or _same_way(offer, choice), actor, reason or "another number was chosen")
    return look(order_id, actor)


def place(order_id: int, actor: Actor, reason: str = "") -> Order:
    """Make the move place, which starts the purchase, after everything was checked once more.

    A number that the order owns already, after a reset, is used again. Raises NotThere, NotAllowed, MoveRefused, Refused,
    ProviderError; then nothing was ordered.
    """
    with turn(order_id):
        order = access.to_act(order_id, actor, frozenset({Status.DOCUMENTS_UPLOADED}))
        if provider.regulates(order.provider):
            must_be_ready(order, actor)
            if not owned(order):
                _must_be_had(order)
        return actions.perform(order_id, "place", actor, reason)


def lines(shown: Situation) -> list[str]:
    """The ordering step as text."""
    quote, there = shown.quote, "bought" if shown.owned else "there" if shown.quote.available else "gone"
    vat = f"{quote.vat} {quote.currency} VAT" if quote.vat_rate is not None else "VAT is told after the purchase"
    minute = f", {quote.per_minute} a minute" if quote.per_minute is not None else ""
    told = [
        f"{shown.offer.number or 'a number that the provider picks'}: {there}",
        f"  capacity   {shown.capacity.id}: {shown.capacity.label}{minute}",
        f"  price      {quote.setup} setup + {quote.monthly} a month = {quote.subtotal} {quote.currency}",
        f"  total      {quote.total} {quote.currency} ({vat})",
    ]
    others = [one for one in shown.offer.capacities if one.id != shown.capacity.id]
    told += [f"  or         {one.id}: {one.label}, {one.setup} setup, {one.monthly} a month" for one in others]
    if shown.offer.restrictions:
        told.append(f"  note       {shown.offer.restrictions}")
    return told + [f"  like it    {one.number}" for one in shown.alternatives]


def owned(order: Order) -> bool:
    """True when the order's number is bought."""
    return Purchase.objects.filter(order=order, state=Purchase.State.CONFIRMED, number=order.number).exclude(number="").exists()


def must_be_ready(order: Order, actor: Actor) -> None:
    """Nothing is bought for a registration that the provider would refuse. What people did in its portal is theirs."""
    row = registrations.of(order)
    if row.portal and not row.address_id:
        return
    wanted = registrations.requirements_of(order)
    must_be_handed_in(row)
    held = documents.of(order)
    faults = needs.missing_data(row, wanted)
    if not row.portal:
        faults += needs.missing_documents(row, wanted, held)
        faults += [
            Fault(f"documents[{one.pk}]", "was not sent to the provider yet")
            for one in held
            if one.sent_at is None and one.entity in ("identity", "address")
        ]
    if faults:
        raise Refused(faults)
    with provider.opened(order) as driver:
        said = driver.validate(wanted.id, row.identity_id, row.address_id)
    if said:
        raise refused(order, row, sentences.faults(said), actor)


def _must_be_had(order: Order) -> None:
    """The number is there, at the price that was agreed, and held for this order."""
    account, choice = _bought_at(order)
    quote = search.quote(account, choice.offer, choice.capacity_id)
    if not quote.available and holds.of(_owner(order)) is None:
        near = ", ".join(one.number for one in holds.alternatives(account, choice.offer, _owner(order)))
        raise Refused([Fault("number", f"{choice.number or 'it'} is gone at {account.name}; choose another: {near or 'none'}")])
    agreed = choice.quote
    if quote.available and (quote.setup > agreed.setup or quote.monthly > agreed.monthly):
        raise Refused(
            [Fault("number", f"costs {quote.setup} setup and {quote.monthly} a month now, not {agreed.setup} and "
                   f"{agreed.monthly}; choose it again at the new price, or another one")]
        )  # fmt: skip
    holds.take(account, choice.offer, _owner(order), choice.capacity_id)


def _bought_at(order: Order) -> tuple[ProviderAccount, Choice]:
    choice = Choice.objects.filter(order=order).select_related("account").first()
    if choice is None:
        raise MoveRefused(f"The number of order {order.pk} is not bought by this program. Nothing was changed.")
    return choice.account, choice


def _owner(order: Order) -> str:
    return f"order:{order.pk}"


def _same_way(offer: Offer, choice: Choice) -> str:
    """The id of the capacity that is like the chosen one; empty, the cheapest, where the other number has none like it."""
    chosen = choice.capacity
    ids = {one.id for one in offer.capacities}
    if chosen.id in ids:
        return chosen.id
    return next((one.id for one in offer.capacities if (one.kind, one.channels) == (chosen.kind, chosen.channels)), "")
