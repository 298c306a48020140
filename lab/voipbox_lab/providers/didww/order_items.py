# SPDX-License-Identifier: GPL-3.0-or-later
"""Items of an order: what may stand in them, what they cost, and which numbers they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from . import money
from .records import Record, Ref
from .wire import Refusal, attribute_error, error, invalid, missing, not_allowed
from .world import World

_SELECTORS = ("available_did_id", "did_reservation_id", "qty")
_DID_KEYS = {"sku_id", *_SELECTORS, "nanpa_prefix_id", "billing_cycles_count", "prorate_days_qty"}
_CAPACITY_KEYS = {"capacity_pool_id", "qty"}
_MOST_CYCLES = 999
_MONTH_DAYS = 30


@dataclass
class Item:
    """An item that was read. Parameters: shown, its attributes in answers; cost, of the whole item; numbers, offered
    records that it takes; wanting, how many numbers it waits for; gone, whether its number is not there."""

    type: str
    shown: dict[str, Any]
    cost: Decimal
    sku: Record | None = None
    group: Record | None = None
    prefix: Ref | None = None
    cycles: int | None = None
    numbers: list[Record] = field(default_factory=list)
    reservation: Record | None = None
    wanting: int = 0
    gone: bool = False
    pool: Record | None = None


def _wrong(says: str, what: str) -> dict[str, Any]:
    return error(422, "100", says, f"{what} - {says}", "/data/attributes/items")


def read(world: World, given: Any) -> Item:
    """Read one. Raises Refusal: 400 for what may not be sent, 422 for what is not there."""
    if not isinstance(given, Mapping) or not isinstance(given.get("attributes"), Mapping):
        raise invalid(attribute_error("items", "is invalid"))
    attributes = dict(given["attributes"])
    if given.get("type") == "did_order_items":
        return _did_item(world, attributes)
    if given.get("type") == "capacity_order_items":
        return _capacity_item(world, attributes)
    raise invalid(attribute_error("items", "is invalid"))


def _allow(attributes: Mapping[str, Any], keys: set[str]) -> None:
    wrong = [name for name in attributes if name not in keys]
    if wrong:
        raise Refusal(400, [found for name in wrong for found in not_allowed(name).errors])


def _quantity(attributes: Mapping[str, Any], lowest: int = 1) -> int:
    value = attributes.get("qty")
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        raise invalid(_wrong(f"must be greater than or equal to {lowest}", "qty"))
    return value


def _did_item(world: World, attributes: dict[str, Any]) -> Item:
    _allow(attributes, _DID_KEYS if world.settings.prorating else _DID_KEYS - {"prorate_days_qty"})
    if not attributes.get("sku_id"):
        raise missing("sku_id")
    chosen = [name for name in _SELECTORS if attributes.get(name) is not None]
    if not chosen:
        raise missing("qty")
    if len(chosen) > 1:
        raise not_allowed(chosen[-1])
    sku = world.store.get("stock_keeping_units", str(attributes["sku_id"]))
    if sku is None:
        raise invalid(_wrong("is invalid", "sku"))
    item = _priced(world, sku, _quantity(attributes) if chosen == ["qty"] else 1)
    cycles = attributes.get("billing_cycles_count")
    if cycles is not None and (isinstance(cycles, bool) or not isinstance(cycles, int) or not 0 <= cycles <= _MOST_CYCLES):
        raise invalid(_wrong("is invalid", "billing_cycles_count"))
    item.cycles = cycles
    if attributes.get("nanpa_prefix_id") is not None:
        item.prefix = Ref("nanpa_prefixes", str(attributes["nanpa_prefix_id"]))
        prefix = world.store.at(item.prefix)
        if prefix is None or prefix.one("_group") != (item.group and item.group.ref):
            raise invalid(_wrong("is invalid", "nanpa_prefix"))
    if chosen == ["qty"]:
        item.wanting = int(attributes["qty"])
    else:
        _named(world, item, chosen[0], str(attributes[chosen[0]]))
    return item


def _priced(world: World, sku: Record, quantity: int) -> Item:
    group = world.store.need(sku.one("_group"))
    with_vat = 1 + world.vat(group)
    setup, monthly = (Decimal(sku.attributes[name]) * with_vat for name in ("setup_price", "monthly_price"))
    shown = {
        "qty": quantity,
        "nrc": money.text(setup),
        "mrc": money.text(monthly),
        "prorated_mrc": False,
        "billed_from": None,
        "billed_to": None,
        "setup_price": money.text(setup),
        "monthly_price": money.text(monthly),
        "did_group_id": group.id,
    }
    return Item("did_order_items", shown, (setup + monthly) * quantity, sku=sku, group=group)


def _named(world: World, item: Item, selector: str, identifier: str) -> None:
    """The number that an item names; a reserved one is bought by its reservation only."""
    if selector == "did_reservation_id":
        item.reservation = world.store.get("did_reservations", identifier)
        number = world.store.at(item.reservation.one("available_did")) if item.reservation else None
    else:
        number = world.store.get("available_dids", identifier)
        if number and not world.stock.is_free(number):
            number = None
    if number and item.group and number.one("did_group") == item.group.ref:
        item.numbers = [number]
    else:
        item.gone = True


def _capacity_item(world: World, attributes: dict[str, Any]) -> Item:
    _allow(attributes, _CAPACITY_KEYS)
    pool = world.store.get("capacity_pools", str(attributes.get("capacity_pool_id")))
    if pool is None:
        raise invalid(_wrong("is invalid", "capacity_pool"))
    quantity = _quantity(attributes, int(pool.attributes["minimum_qty_per_order"]))
    today = world.now().date()
    renewal = world.view.attributes(pool)["renew_date"]
    days = max(0, (type(today).fromisoformat(renewal) - today).days)
    setup = Decimal(pool.attributes["setup_price"])
    monthly = money.cents(Decimal(pool.attributes["monthly_price"]) * min(days, _MONTH_DAYS) / _MONTH_DAYS)
    shown = {
        "qty": quantity,
        "nrc": money.text(setup * quantity),
        "mrc": money.text(monthly * quantity),
        "prorated_mrc": True,
        "billed_from": today.isoformat(),
        "billed_to": renewal,
        "capacity_pool_id": pool.id,
    }
    # Capacity belongs to several countries; its prices come without VAT here.
    return Item("capacity_order_items", shown, (setup + monthly) * quantity, pool=pool)


def gone(item: Item, setting: str) -> Refusal:
    """What an order of a number that is not there is answered with."""
    what = "did_reservation" if item.reservation else "available_did"
    if setting == "400":
        return Refusal(400, [error(400, "400", "Number is not available", f"{what} is not available.")])
    return invalid(_wrong("is invalid", what))


def out_of_stock() -> Refusal:
    """What an order that may not wait is answered with."""
    return invalid(_wrong("is greater than the number of available DIDs", "qty"))
