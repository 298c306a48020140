# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that the customer owns: attached, given capacity, registered, renewed and let go."""

from __future__ import annotations

import calendar
import datetime
from decimal import Decimal
from typing import ClassVar

from . import capacity, money
from .body import Given
from .handler import Handler, bad_link_of_number
from .kinds import KINDS
from .order_items import Item
from .records import Record, Ref
from .wire import relation_error

_KEPT = datetime.timedelta(days=35)  # how long a terminated number can be brought back
_MOST_CYCLES = 999
_LINKS = (
    "voice_in_trunk",
    "voice_in_trunk_group",
    "capacity_pool",
    "shared_capacity_group",
    "address_verification",
    "emergency_calling_service",
)


def month_after(moment: datetime.datetime) -> datetime.datetime:
    """The same day of the next month, or its last."""
    year, month = moment.year + moment.month // 12, moment.month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


class Numbers(Handler):
    """There is no DELETE: numbers are terminated, or run out."""

    kind = "dids"
    attributes: ClassVar[tuple[str, ...]] = (
        "description",
        "capacity_limit",
        "billing_cycles_count",
        "dedicated_channels_count",
        "terminated",
    )
    relations: ClassVar = {name: KINDS["dids"].relations[name] for name in _LINKS}

    def add(self, order: Record, item: Item, number: Record) -> Record:
        """A number of a completed order. Where its country wants registration it is blocked until that is done."""
        if item.group is None or item.sku is None:
            raise LookupError("An item without a group sells no number.")
        awaiting = bool(self.world.view.meta(item.group)["needs_registration"])
        expires = month_after(self.world.now())
        did = self.world.make(
            self.kind,
            {
                "blocked": awaiting,
                "capacity_limit": None,
                "description": None,
                "terminated": False,
                "awaiting_registration": awaiting,
                "billing_cycles_count": item.cycles,
                "number": number.attributes["number"],
                "expires_at": self.world.stamp(expires),
                "channels_included_count": item.sku.attributes["channels_included_count"],
                "dedicated_channels_count": 0,
                "emergency_enabled": False,
            },
            did_group=item.group.ref,
            order=order.ref,
        )
        did.hidden.update(monthly=Decimal(item.shown["mrc"]), expires=expires)
        self.world.note(did.attributes["number"], "assigned")
        self.world.schedule.at(expires, lambda: self._renew(did))
        return did

    def update(self, did: Record, given: Given) -> None:
        """Change one. Either a trunk or a group of trunks: the other one goes."""
        for fault in given.errors:
            name = fault["source"]["pointer"].rsplit("/", 1)[-1]
            if name in ("voice_in_trunk", "voice_in_trunk_group"):
                raise bad_link_of_number(name)
        given.whole("capacity_limit", 1)
        given.whole("billing_cycles_count", 0, _MOST_CYCLES)
        given.whole("dedicated_channels_count", 0)
        if not isinstance(given.attributes.get("terminated", False), bool):
            given.fault("terminated", "is invalid")
        if given.links.get("voice_in_trunk") and given.links.get("voice_in_trunk_group"):
            given.errors += [relation_error("voice_in_trunk"), relation_error("voice_in_trunk_group")]
        capacity.check_number(self.world, did, given)
        self._check_verification(did, given)
        given.check()
        if given.links.get("voice_in_trunk"):
            did.links["voice_in_trunk_group"] = None
        if given.links.get("voice_in_trunk_group"):
            did.links["voice_in_trunk"] = None
        self._note_changes(did, given)
        given.onto(did)
        if did.one("address_verification"):
            self.register(did, self.store.need(did.one("address_verification")))

    def _check_verification(self, did: Record, given: Given) -> None:
        verification = self.store.at(given.one("address_verification"))
        if verification is None:
            return
        group = self.world.group_of(did)
        alike = [self.world.group_of(self.store.need(ref)) for ref in verification.many("dids") if self.store.at(ref)]
        same = all(group.links[name] == other.links[name] for other in alike for name in ("country", "did_group_type"))
        if verification.attributes["status"] != "approved" or not same:
            given.fault_at_link("address_verification")

    def _note_changes(self, did: Record, given: Given) -> None:
        number = did.attributes["number"]
        if "billing_cycles_count" in given.attributes:
            old, new = did.attributes["billing_cycles_count"], given.attributes["billing_cycles_count"]
            if old != new:
                words = {True: "empty"}
                meta = {"from": words.get(old is None, str(old)), "to": words.get(new is None, str(new))}
                self.world.note(number, "billing_cycles_count_changed", **meta)
        wanted = given.attributes.get("terminated", did.attributes["terminated"])
        if wanted and not did.attributes["terminated"]:
            self.world.note(number, "canceled")
            did.hidden["terminated_at"] = self.world.now()
            self.world.schedule.at(self.world.now() + _KEPT, lambda: self._remove(did))
        elif not wanted and did.attributes["terminated"]:
            self.world.note(number, "restored")

    def register(self, did: Record, verification: Record) -> None:
        """An approved verification lets a number work."""
        if verification.attributes["status"] != "approved" or not did.attributes["awaiting_registration"]:
            return
        address = self.store.need(verification.one("address"))
        did.attributes.update(awaiting_registration=False, blocked=False)
        did.links.update(address_verification=verification.ref, identity=address.one("identity"))

    def _remove(self, did: Record) -> None:
        since = did.hidden.get("terminated_at")
        if did.attributes["terminated"] and since and self.world.now() - since >= _KEPT and self.store.at(did.ref):
            self._drop(did)

    def _drop(self, did: Record) -> None:
        self.world.note(did.attributes["number"], "removed", method="system")
        group, number = did.one("did_group"), did.attributes["number"]
        self.store.drop(did.ref)
        if group:
            self.world.stock.add(group, number, self._prefix(group))

    def _prefix(self, group: Ref) -> Ref | None:
        prefix = next(iter(self.world.links_to("nanpa_prefixes", "_group", group)), None)
        return prefix.ref if prefix else None

    def _renew(self, did: Record) -> None:
        """A month is over: the next one is paid, or the number runs out."""
        if self.store.at(did.ref) is None or did.attributes["terminated"]:
            return
        cycles = did.attributes["billing_cycles_count"]
        if cycles == 0:
            self._drop(did)
            return
        cost = money.cents(did.hidden["monthly"])
        if cost > self.world.balance + self.world.credit:
            did.attributes["blocked"] = True
        else:
            self.world.balance -= cost
            self.world.note(did.attributes["number"], "renewed", method="system")
        if cycles is not None:
            did.attributes["billing_cycles_count"] = cycles - 1
        did.hidden["expires"] = month_after(did.hidden["expires"])
        did.attributes["expires_at"] = self.world.stamp(did.hidden["expires"])
        self.world.schedule.at(did.hidden["expires"], lambda: self._renew(did))
