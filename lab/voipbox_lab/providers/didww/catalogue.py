# SPDX-License-Identifier: GPL-3.0-or-later
"""Places, groups and single numbers: what is only read."""

from __future__ import annotations

from typing import Any

from .handler import Handler
from .records import Record, Ref
from .world import World


class ReadOnly(Handler):
    """A type without behaviour of its own."""

    def __init__(self, world: World, kind: str) -> None:
        super().__init__(world)
        self.kind = kind  # type: ignore[misc]


class AvailableDids(Handler):
    """Numbers that can be bought one by one, in no order, at most so many as the account may see."""

    kind = "available_dids"

    def records(self) -> list[Record]:
        """The free ones of groups that show theirs."""
        if not self.world.settings.available_dids:
            return []
        found = [record for record in self.store.all(self.kind) if self.world.stock.is_free(record) and self._shown(record)]
        self.world.random.shuffle(found)
        return found

    def _shown(self, record: Record) -> bool:
        return bool(self.world.group_of(record).hidden["single"])


def work_out(world: World) -> None:
    """Tell the view what of these types comes about on the way."""
    store, stock = world.store, world.stock

    def of_group(group: Record) -> dict[str, Any]:
        count = stock.count(group.ref)
        return {
            "available_dids_enabled": bool(group.hidden["single"]) and world.settings.available_dids,
            "needs_registration": bool(store.need(group.one("country")).hidden["registered"]),
            "is_available": count > 0,
            "total_count": count,
        }

    def of_place(link: str) -> Any:
        def available(place: Record) -> dict[str, Any]:
            groups = store.where("did_groups", link, Ref(place.type, place.id))
            return {"_available": any(stock.count(group.ref) for group in groups)}

        return available

    world.view.work_out("did_groups", meta=of_group)
    world.view.work_out("countries", meta=of_place("country"))
    world.view.work_out("cities", meta=of_place("city"))
    world.view.work_out(
        "nanpa_prefixes", attributes=lambda prefix: {"_npanxx": prefix.attributes["npa"] + prefix.attributes["nxx"]}
    )
