# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels for numbers that come without: such a number rings nowhere until it has some."""

from __future__ import annotations

from voipbox.providers.errors import AccountLimit, AlreadyExists, Conflict, Temporary

from . import capacities
from .client import Client, at, exactly, to
from .document import Resource
from .settings import Settings

_MOST_METERED = 1000


class Capacity:
    """Capacity as the account's settings want it: metered channels of a shared group, or dedicated ones of a pool."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client, self._settings = client, settings

    def ensure(self, did: Resource, number: str, trunk: str) -> None:
        """Give a number capacity where it has none. Parameters: did, with its shared_capacity_group included; trunk, name of
        the group where the account names none. Raises AccountLimit, Conflict."""
        if did.count("channels_included_count") or did.count("dedicated_channels_count") or did.link("shared_capacity_group"):
            return
        metered, country = self._of_group(did)
        if metered:
            return  # every call to a number of such a group is paid a minute as it is
        if self._settings.dedicated:
            self._dedicate(did, number, country)
        else:
            group = self._group(self._settings.capacity_group or trunk, country)
            relations = {"shared_capacity_group": to("shared_capacity_groups", group)}
            self._client.change("dids", did.id, relations=relations, doing=f"to give {number} metered channels")

    def drop(self, trunk: str) -> None:
        """Remove the group of a trunk when no number uses it any more; never the one that the account names for all."""
        if self._settings.capacity_group == trunk:
            return
        group = self._named(trunk)
        if group is not None and not group.linked.get("dids"):
            self._client.remove("shared_capacity_groups", group.id, "to remove a capacity group")

    def _of_group(self, did: Resource) -> tuple[bool, str]:
        """Whether a number's group is metered by itself, and the id of its country."""
        answer = self._client.get(at("dids", did.id), {"include": "did_group.country"}, "the country of a number")
        group = answer.relative(answer.one, "did_group") if answer.one else None
        if group is None or not group.link("country"):
            raise Temporary("The provider does not say in which country a number is, so it got no channels yet.")
        return group.attributes.get("is_metered") is True, group.link("country")

    def _dedicate(self, did: Resource, number: str, country: str) -> None:
        wanted = self._settings.dedicated_channels
        for pool in capacities.pools(self._client, country):
            if pool.count("total_channels_count") - pool.count("assigned_channels_count") >= wanted:
                self._client.change(
                    "dids",
                    did.id,
                    {"dedicated_channels_count": wanted},
                    {"capacity_pool": to("capacity_pools", pool.id)},
                    f"to give {number} dedicated channels",
                )
                return
        raise AccountLimit(
            f"No capacity pool for the country of {number} has {wanted} free channels, so it cannot be called yet. Buy channels "
            "in the provider's panel, or let the account use metered ones."
        )

    def _group(self, name: str, country: str) -> str:
        """Id of the shared group of this name, made where there is none."""
        found = self._named(name)
        if found is not None:
            return found.id
        pools = capacities.pools(self._client, country)
        if not pools:
            raise Conflict("The provider has no capacity pool for the country of the number, so it cannot be called yet.")
        attributes = {
            "name": name,
            "external_reference_id": name,
            "shared_channels_count": 0,
            "metered_channels_count": max(1, min(self._settings.channels, _MOST_METERED)),
        }
        relations = {"capacity_pool": to("capacity_pools", pools[0].id)}
        try:
            made = self._client.create("shared_capacity_groups", attributes, relations, f"the capacity group {name}").one
        except AlreadyExists:
            made = None
        made = made or self._named(name)
        if made is None:
            raise Temporary(f"The provider took the capacity group {name}, but does not show it yet.")
        return made.id

    def _named(self, name: str) -> Resource | None:
        filters = {"filter[name]": name, "include": "dids"}
        return exactly(
            self._client.all("shared_capacity_groups", filters, f"to look for the capacity group {name}"), "name", name
        )
