# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to pay for calls to a number: what the provider's stock keeping units and capacity pools mean."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from voipbox.providers.records import Capacity, CapacityKind

from .client import Client
from .document import Resource

ZERO = Decimal(0)


def of(units: Iterable[Resource], per_minute: Decimal | None) -> tuple[Capacity, ...]:
    """Capacities, the cheapest first. A unit without channels is paid a minute; one with channels is unlimited on these."""
    found = [_one(unit, per_minute) for unit in units]
    return tuple(sorted(found, key=lambda each: (each.channels or 0, each.monthly, each.id)))


def _one(unit: Resource, per_minute: Decimal | None) -> Capacity:
    channels = unit.count("channels_included_count")
    setup, monthly = unit.money("setup_price") or ZERO, unit.money("monthly_price") or ZERO
    if not channels:
        return Capacity(unit.id, CapacityKind.PER_MINUTE, "Pay per minute", setup, monthly, per_minute, channels=0)
    label = f"Unlimited, {channels} calls at once" if channels > 1 else "Unlimited, one call at a time"
    return Capacity(unit.id, CapacityKind.UNLIMITED, label, setup, monthly, channels=channels)


def pools(client: Client, country: str) -> list[Resource]:
    """The capacity pools that serve a country (id)."""
    return client.all("capacity_pools", {"filter[country.id]": country}, "the capacity pools of a country")


def metered_rate(client: Client, country: str) -> Decimal | None:
    """What a minute costs in a country: the cheapest pool's rate. None where no pool serves it or none says."""
    page = client.get("capacity_pools", {"filter[country.id]": country, "page[size]": "100"}, "the rate of a minute")
    rates = [rate for rate in (pool.money("metered_rate") for pool in page.resources) if rate is not None]
    return min(rates, default=None)
