# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels: pools that are bought, groups that share them or pay per minute, and what a single number has."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from .body import Given
from .handler import Handler, attach
from .kind import Relation
from .records import Record
from .wire import Refusal, error
from .world import World

_MOST_METERED = 1000
_RENEWAL_DAY = 21


def renewal(today: datetime.date) -> datetime.date:
    """The day on which pools are paid again."""
    if today.day < _RENEWAL_DAY:
        return today.replace(day=_RENEWAL_DAY)
    return (today.replace(day=1) + datetime.timedelta(days=32)).replace(day=_RENEWAL_DAY)


def assigned(world: World, pool: Record) -> int:
    """Channels of a pool that numbers and groups have."""
    dedicated = sum(int(did.attributes["dedicated_channels_count"]) for did in world.links_to("dids", "capacity_pool", pool.ref))
    groups = world.links_to("shared_capacity_groups", "capacity_pool", pool.ref)
    return dedicated + sum(int(group.attributes["shared_channels_count"]) for group in groups)


def work_out(world: World) -> None:
    """Tell the view what of pools comes about on the way."""

    def of_pool(pool: Record) -> dict[str, Any]:
        return {"assigned_channels_count": assigned(world, pool), "renew_date": renewal(world.now().date()).isoformat()}

    def left(pool: Record) -> dict[str, Any]:
        return {"_unassigned": pool.attributes["total_channels_count"] > assigned(world, pool)}

    world.view.work_out("capacity_pools", attributes=of_pool, meta=left)


def covers(world: World, pool: Record, did: Record) -> bool:
    """True when a number may have channels of a pool."""
    group = world.group_of(did)
    return bool(group.attributes["allow_additional_channels"]) and group.one("country") in pool.many("countries")


def check_number(world: World, did: Record, given: Given) -> None:
    """Note what is wrong with the capacity that a change gives to a number."""
    pool = world.store.at(given.one("capacity_pool") if "capacity_pool" in given.links else did.one("capacity_pool"))
    wanted = given.attributes.get("dedicated_channels_count", did.attributes["dedicated_channels_count"])
    if "dedicated_channels_count" in given.attributes and isinstance(wanted, int) and wanted:
        if pool is None:
            given.fault_at_link("capacity_pool", "can't be blank")
        else:
            old = did.attributes["dedicated_channels_count"] if did.one("capacity_pool") == pool.ref else 0
            if wanted - old > pool.attributes["total_channels_count"] - assigned(world, pool):
                given.fault("dedicated_channels_count", "is greater than the number of unassigned channels")
    if given.one("capacity_pool") and pool and not covers(world, pool, did):
        given.fault_at_link("capacity_pool")
    group = world.store.at(given.one("shared_capacity_group"))
    if group and not covers(world, world.store.need(group.one("capacity_pool")), did):
        given.fault_at_link("shared_capacity_group")


class CapacityGroups(Handler):
    """Shared channels come out of a pool; metered ones are paid by the minute."""

    kind = "shared_capacity_groups"
    attributes: ClassVar[tuple[str, ...]] = (
        "name",
        "shared_channels_count",
        "metered_channels_count",
        "external_reference_id",
    )
    relations: ClassVar = {"capacity_pool": Relation(("capacity_pools",)), "dids": Relation(("dids",), many=True)}

    def create(self, given: Given) -> Record:
        """Make a group."""
        if len(self.records()) >= self.world.settings.group_limit:
            raise Refusal(400, [error(400, "400", "Quota limit reached")])
        given.require("name")
        given.require_links("capacity_pool")
        given.attributes = {"shared_channels_count": 0, "metered_channels_count": 0, **given.attributes}
        self._check(given, None)
        record = self.world.make(self.kind, {"external_reference_id": None})
        self._write(record, given)
        return record

    def update(self, record: Record, given: Given) -> None:
        """Change a group."""
        self._check(given, record)
        self._write(record, given)

    def _write(self, record: Record, given: Given) -> None:
        given.onto(record, "dids")
        if "dids" in given.links:
            attach(self.world, "dids", "shared_capacity_group", record.ref, given.many("dids"))

    def _check(self, given: Given, record: Record | None) -> None:
        self.unique(given, "name", record)
        given.short()
        given.whole("shared_channels_count", 0)
        given.whole("metered_channels_count", 0, _MOST_METERED)
        given.check()
        old = record.attributes if record else {}
        counts = [given.attributes.get(name, old.get(name)) or 0 for name in ("shared_channels_count", "metered_channels_count")]
        if not sum(counts):
            given.fault("shared_channels_count", "at least one channel is required")
        pool = self.store.at(given.one("capacity_pool") or (record.one("capacity_pool") if record else None))
        if pool is not None:
            free = pool.attributes["total_channels_count"] - assigned(self.world, pool)
            if counts[0] - (old.get("shared_channels_count") or 0) > free:
                given.fault("shared_channels_count", "is greater than the number of unassigned channels")
            if not all(covers(self.world, pool, self.store.need(ref)) for ref in given.many("dids")):
                given.fault_at_link("dids")
        given.check()


class Pools(Handler):
    """The number of channels can be lowered; more are ordered."""

    kind = "capacity_pools"
    attributes: ClassVar[tuple[str, ...]] = ("total_channels_count",)

    def update(self, record: Record, given: Given) -> None:
        """Lower it."""
        given.whole("total_channels_count", max(record.attributes["minimum_limit"], assigned(self.world, record)))
        if int(given.attributes.get("total_channels_count") or 0) > record.attributes["total_channels_count"]:
            given.fault("total_channels_count", "can only be decreased")
        given.check()
        given.onto(record)
