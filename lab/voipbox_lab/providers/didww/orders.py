# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders: taken and charged at once, completed or canceled by a worker. Nothing about them is unique: what is sent twice is
bought twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from . import money, order_items
from .body import Given
from .handler import Handler
from .numbers import Numbers
from .order_items import Item
from .records import Record
from .wire import Refusal, error, invalid, sentence_error
from .world import World


class Orders(Handler):
    """Parameters: world; numbers, to which completed orders add."""

    kind = "orders"
    attributes: ClassVar[tuple[str, ...]] = (
        "items",
        "allow_back_ordering",
        "callback_url",
        "callback_method",
        "external_reference_id",
    )
    changeable = ("external_reference_id",)

    def __init__(self, world: World, numbers: Numbers) -> None:
        super().__init__(world)
        self._numbers = numbers

    def create(self, given: Given) -> Record:
        """Take an order. Waiting for a number that is out of stock is what happens unless the order says otherwise."""
        given.require("items")
        given.callback()
        given.short()
        given.check()
        if not isinstance(given.attributes["items"], list):
            given.fault("items", "is invalid")
            given.check()
        items = [order_items.read(self.world, item) for item in given.attributes["items"]]
        doomed = self._take_stock(items, given.attributes.get("allow_back_ordering", True) is not False, act=False)
        cost = money.cents(sum((item.cost for item in items), Decimal(0)))
        self._afford(cost)
        self._take_stock(items, True, act=True)
        is_capacity = all(item.pool for item in items)
        record = self.world.make(
            self.kind,
            {
                "amount": money.text(cost),
                "status": "pending",
                "reference": self.world.reference(),
                "description": "Capacity" if is_capacity else "DID",
                "items": [{"type": item.type, "attributes": item.shown} for item in items],
                "callback_url": given.attributes.get("callback_url"),
                "callback_method": given.attributes.get("callback_method"),
                "external_reference_id": given.attributes.get("external_reference_id"),
            },
        )
        record.hidden.update(items=items, cost=cost, charged=False, doomed=doomed, capacity=is_capacity)
        if self.world.settings.charge == "order" or is_capacity:
            self._charge(record)
        if is_capacity:
            self.complete(record)
        else:
            self.world.schedule.after(self.world.settings.order_delay, lambda: self.end(record))
        return record

    def update(self, record: Record, given: Given) -> None:
        """The reference of the customer is all that may be changed."""
        given.short()
        given.check()
        given.onto(record)

    def delete(self, record: Record) -> None:
        """Cancel a pending order of numbers; it is gone with its numbers."""
        if record.attributes["status"] != "pending" or record.hidden["capacity"]:
            raise invalid(sentence_error("Order cannot be canceled"))
        self.cancel(record, tell=False)
        self.store.drop(record.ref)

    def _take_stock(self, items: list[Item], may_wait: bool, act: bool) -> bool:
        """Look for the numbers of an order, and take them where act is true; True where it will be canceled. Raises Refusal."""
        settings, doomed = self.world.settings, False
        left: dict[str, int] = {}
        for item in items:
            if item.gone and settings.number_gone != "cancel":
                raise order_items.gone(item, settings.number_gone)
            doomed = doomed or item.gone
            if item.group and item.wanting:
                free = left.get(item.group.id, self.world.stock.count(item.group.ref))
                left[item.group.id] = free - item.wanting
                if free < item.wanting and not may_wait:
                    if settings.out_of_stock == "422":
                        raise order_items.out_of_stock()
                    doomed = True
            if act:
                self._take(item)
        return doomed

    def _take(self, item: Item) -> None:
        for number in item.numbers:
            self.world.stock.take(number)
        if item.reservation:
            self.store.drop(item.reservation.ref)
        self._fill(item)

    def _fill(self, item: Item) -> None:
        """Take numbers for what an item still waits for, as far as there are any."""
        while item.group and item.wanting and (number := self.world.stock.free(item.group.ref, item.prefix)):
            self.world.stock.take(number)
            item.numbers.append(number)
            item.wanting -= 1

    def _afford(self, cost: Decimal) -> None:
        available = self.world.balance + self.world.credit
        if cost > available:
            meta = {"available_balance": money.text(available), "total_cost": money.text(cost)}
            raise Refusal(400, [error(400, "400", "Insufficient balance", meta=meta)])

    def _charge(self, record: Record) -> None:
        self.world.balance -= record.hidden["cost"]
        record.hidden["charged"] = True

    def end(self, record: Record) -> None:
        """What the worker does with a pending order. One that still waits for numbers stays pending."""
        if record.attributes["status"] != "pending" or self.store.at(record.ref) is None:
            return
        if record.hidden["doomed"] or self.world.settings.order_end == "canceled":
            self.cancel(record)
            return
        for item in record.hidden["items"]:
            self._fill(item)
        if not any(item.wanting for item in record.hidden["items"]):
            self.complete(record)

    def retry(self) -> None:
        """Look again after pending orders whose numbers were out of stock."""
        for record in self.records():
            if record.attributes["status"] == "pending" and any(item.wanting for item in record.hidden["items"]):
                self.end(record)

    def complete(self, record: Record) -> None:
        """Hand over what was ordered, and tell."""
        if not record.hidden["charged"]:
            self._charge(record)
        record.attributes["status"] = "completed"
        for item, shown in zip(record.hidden["items"], record.attributes["items"], strict=True):
            if item.pool:
                item.pool.attributes["total_channels_count"] += item.shown["qty"]
            for number in item.numbers:
                did = self._numbers.add(record, item, number)
                billed = {"billed_from": self.world.now().date().isoformat(), "billed_to": did.attributes["expires_at"][:10]}
                shown["attributes"].update(billed)
                reference = record.attributes["external_reference_id"] or ""
                self.world.journal.bought(self.world.now(), f"+{number.attributes['number']}", reference)
        self.world.tell(record, {"status": "completed"})

    def cancel(self, record: Record, tell: bool = True) -> None:
        """Give the money and the numbers back."""
        record.attributes["status"] = "canceled"
        if record.hidden["charged"]:
            self.world.balance += record.hidden["cost"]
        for item in record.hidden["items"]:
            for number in item.numbers:
                self.world.stock.add(*self._offered(number))
            item.numbers.clear()
        if tell:
            self.world.tell(record, {"status": "canceled"})

    @staticmethod
    def _offered(number: Record) -> Any:
        return number.one("did_group"), number.attributes["number"], number.one("nanpa_prefix")
