# SPDX-License-Identifier: GPL-3.0-or-later
"""Buying: one order a number, sent once, read back by our reference."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from voipbox.core.errors import Fault
from voipbox.providers.errors import BadRequest, OutcomeUnknown, Refusal
from voipbox.providers.records import Bought, PurchaseState, Wanted

from . import document, refusals
from .client import Client, at
from .document import Resource

_LONGEST_REFERENCE = 100
_STATES = {"pending": PurchaseState.PENDING, "completed": PurchaseState.COMPLETED, "canceled": PurchaseState.CANCELED}


class Purchases:
    """Orders at the provider."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, wanted: Wanted) -> Bought:
        """Order once. Raises NothingSent and Refusal, which are certain, and OutcomeUnknown on any doubt."""
        doing = f"the purchase {wanted.reference}"
        body = {"data": {"type": "orders", "attributes": _attributes(wanted)}}
        try:
            answer = self._client.order(body, doing)
        except Refusal as error:
            if refusals.is_gone(error):
                raise refusals.gone(error) from None
            raise
        order = answer.one
        if order is None:
            raise OutcomeUnknown(f"The provider took {doing}, but its answer names no order.")
        return _bought(order, wanted.reference, ())

    def find(self, reference: str, number: str, order_id: str) -> list[Bought]:
        """Every order with our reference, and that of the given id, with its numbers; without any, that by which the number
        came to the account, if it carries our reference. A number that came otherwise is not this purchase."""
        doing = f"to look for the purchase {reference}"
        orders = {
            order.id: order
            for order in self._client.all("orders", {"filter[external_reference_id]": reference}, doing)
            if order.text("external_reference_id") == reference
        }
        if order_id and order_id not in orders:
            answer = self._client.find(at("orders", order_id), None, doing)
            if answer is not None and answer.one is not None:
                orders[order_id] = answer.one
        if orders:
            return [_bought(order, reference, self._numbers(order)) for order in orders.values()]
        return self._by_number(reference, number, doing) if number else []

    def _numbers(self, order: Resource) -> tuple[Resource, ...]:
        if order.text("status") == "canceled":
            return ()
        return tuple(self._client.all("dids", {"filter[order.id]": order.id}, "the numbers of an order"))

    def _by_number(self, reference: str, number: str, doing: str) -> list[Bought]:
        """The second way to an order that the list does not show: through the number, if the account has it."""
        digits = number.removeprefix("+")
        page = self._client.get("dids", {"filter[number]": digits, "include": "order"}, doing)
        owned = next((did for did in page.resources if did.text("number") == digits), None)
        order = page.relative(owned, "order") if owned is not None else None
        if owned is None or order is None or order.text("external_reference_id") != reference:
            return []
        return [_bought(order, reference, (owned,))]


def _attributes(wanted: Wanted) -> dict[str, Any]:
    if not wanted.reference or len(wanted.reference) > _LONGEST_REFERENCE:
        raise BadRequest(
            "A purchase needs a reference of at most 100 characters.", faults=[Fault("reference", "is missing or too long")]
        )
    attributes: dict[str, Any] = {
        "allow_back_ordering": wanted.back_order,  # always said: the provider's own default is to wait and charge
        "external_reference_id": wanted.reference,
        "items": [{"type": "did_order_items", "attributes": _item(wanted)}],
    }
    if wanted.callback_url:
        attributes |= {"callback_url": wanted.callback_url, "callback_method": "post"}
    return attributes


def _item(wanted: Wanted) -> dict[str, Any]:
    """The capacity and exactly one way to name the number."""
    token: Mapping[str, Any] = wanted.offer.token
    item: dict[str, Any] = {"sku_id": wanted.capacity.id}
    if wanted.reservation:
        item["did_reservation_id"] = wanted.reservation
    elif token.get("available_did"):
        item["available_did_id"] = token["available_did"]
    elif wanted.offer.number:
        raise BadRequest(
            f"The offer of {wanted.offer.number} does not say how to buy it. Nothing was sent.",
            faults=[Fault("offer", "is not whole")],
        )
    else:
        item["qty"] = 1
        if token.get("nanpa_prefix"):
            item["nanpa_prefix_id"] = token["nanpa_prefix"]
    return item


def _bought(order: Resource, reference: str, dids: tuple[Resource, ...]) -> Bought:
    setup, monthly = costs(order)
    ids = {"order": order.id}
    if order.text("reference"):
        ids["order_reference"] = order.text("reference")
    if dids:
        ids["did"] = dids[0].id
    return Bought(
        state=_STATES.get(order.text("status").lower(), PurchaseState.PENDING),
        reference=order.text("external_reference_id") or reference,
        numbers=tuple(f"+{did.text('number')}" for did in dids if did.text("number")),
        ids=ids,
        setup=setup,
        monthly=monthly,
    )


def costs(order: Resource) -> tuple[Decimal | None, Decimal | None]:
    """Setup and monthly price of one number of an order, VAT included; None where the order does not say."""
    items = order.attributes.get("items")
    rows = [row.get("attributes") for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    found = [row for row in rows if isinstance(row, dict) and row.get("did_group_id")]
    if len(found) != 1:
        return None, None
    row = found[0]
    quantity = document.decimal(row.get("qty")) or Decimal(1)
    setup, monthly = (document.decimal(row.get(name)) for name in ("nrc", "mrc"))
    each_setup, each_monthly = (document.decimal(row.get(name)) for name in ("setup_price", "monthly_price"))
    return (
        each_setup if each_setup is not None else setup / quantity if setup is not None else None,
        each_monthly if each_monthly is not None else monthly / quantity if monthly is not None else None,
    )
