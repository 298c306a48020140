# SPDX-License-Identifier: GPL-3.0-or-later
"""The first state of a sandbox. Ids of what is seeded are the same in every one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from . import seed_registration
from .records import Record, Ref, fixed_id
from .seed_places import CITIES, COUNTRIES, GROUP_TYPES, GROUPS, POPS, REGIONS, VOICE, City, Group
from .world import World

_NANP = "1"
_FEATURES = {"ZA": VOICE, "DE": VOICE, "GB": (*VOICE, "t38"), "US": (*VOICE, "t38", "sms_in"), "CA": (*VOICE, "t38")}


def _country(iso: str) -> Ref:
    return Ref("countries", fixed_id(f"country {iso}"))


def fill(world: World, seed: Mapping[str, Any]) -> None:
    """Fill an empty world. Parameters: seed, what is to differ: balance, credit (text); numbers, at most how many a group
    has; settings, see Settings. Raises ValueError for what is not known."""
    wrong = set(seed) - {"balance", "credit", "numbers", "settings"}
    if wrong:
        raise ValueError(f"A seed has no {', '.join(sorted(wrong))}.")
    world.settings.change(seed.get("settings", {}))
    world.balance, world.credit = Decimal(seed.get("balance", "1000.00")), Decimal(seed.get("credit", "0.00"))
    most = int(seed.get("numbers", 10**6))
    _places(world)
    for city in CITIES:
        _city(world, city, most)
    for group in GROUPS:
        _add_group(world, group, {"city": None, "region": None}, most, single=True)
    seed_registration.add(world.store)
    _capacity(world)


def _places(world: World) -> None:
    store = world.store
    for country in COUNTRIES:
        hidden = {"vat": Decimal(country.vat) / 100, "registered": country.registered}
        attributes = {"name": country.name, "prefix": country.prefix, "iso": country.iso}
        store.add(Record("countries", _country(country.iso).id, attributes, hidden=hidden))
    for iso, code, name in REGIONS:
        identifier = fixed_id(f"region {iso} {code}")
        store.add(Record("regions", identifier, {"name": name, "iso": code}, {"country": _country(iso)}))
    for name in GROUP_TYPES:
        store.add(Record("did_group_types", fixed_id(f"type {name}"), {"name": name}))
    for name in POPS:
        store.add(Record("pops", fixed_id(f"pop {name}"), {"name": name}))


def _city(world: World, city: City, most: int) -> None:
    area = Ref("areas", fixed_id(f"area {city.country} {city.area}"))
    region = Ref("regions", fixed_id(f"region {city.country} {city.region}"))
    country = _country(city.country)
    world.store.add(Record("areas", area.id, {"name": city.area}, {"country": country}))
    identifier = fixed_id(f"city {city.country} {city.name}")
    places: dict[str, Any] = {"country": country, "region": region, "area": area}
    world.store.add(Record("cities", identifier, {"name": city.name}, places))
    group = Group(
        city.country,
        "Local",
        city.name,
        city.prefix,
        city.start,
        city.amount,
        city.prices,
        _FEATURES[city.country],
    )
    _add_group(world, group, {"city": Ref("cities", identifier), "region": region}, most, city.single)


def _add_group(world: World, group: Group, places: dict[str, Ref | None], most: int, single: bool) -> None:
    country = world.store.need(_country(group.country))
    record = world.store.add(
        Record(
            "did_groups",
            fixed_id(f"group {group.country} {group.kind} {group.area_name}"),
            {
                "prefix": group.prefix,
                "features": list(group.features),
                "is_metered": group.metered,
                "area_name": group.area_name,
                "allow_additional_channels": not group.metered,
                "service_restrictions": group.restrictions or None,
            },
            {"country": country.ref, "did_group_type": Ref("did_group_types", fixed_id(f"type {group.kind}")), **places},
            hidden={"single": single, "next": int(group.start)},
        )
    )
    setup, without, with_two = group.prices
    for channels, monthly in ((0, without), (2, with_two)):
        world.store.add(
            Record(
                "stock_keeping_units",
                fixed_id(f"sku {record.id} {channels}"),
                {"setup_price": setup, "monthly_price": monthly, "channels_included_count": channels},
                {"_group": record.ref},
            )
        )
    if country.attributes["prefix"] == _NANP:
        _prefix(world, record)
    restock(world, record, min(group.amount, most))


def _prefix(world: World, group: Record) -> None:
    area_code = group.attributes["prefix"]
    links = {"country": group.one("country"), "region": group.one("region"), "_group": group.ref}
    world.store.add(Record("nanpa_prefixes", fixed_id(f"prefix {area_code}555"), {"npa": area_code, "nxx": "555"}, dict(links)))


def restock(world: World, group: Record, amount: int) -> list[str]:
    """Offer so many further numbers of a group; which."""
    country = world.store.need(group.one("country"))
    prefix = next(iter(world.links_to("nanpa_prefixes", "_group", group.ref)), None)
    numbers = [f"{country.attributes['prefix']}{group.hidden['next'] + step}" for step in range(amount)]
    group.hidden["next"] += amount
    for number in numbers:
        world.stock.add(group.ref, number, prefix.ref if prefix else None)
    return numbers


def _capacity(world: World) -> None:
    for name, codes, channels, rate in (("Standard", ("GB", "DE", "US", "CA"), 10, "0.01"), ("Extended", ("ZA",), 4, "0.03")):
        pool = world.store.add(
            Record(
                "capacity_pools",
                fixed_id(f"pool {name}"),
                {
                    "name": name,
                    "total_channels_count": channels,
                    "minimum_limit": 0,
                    "minimum_qty_per_order": 1,
                    "setup_price": "15.0",
                    "monthly_price": "15.0",
                    "metered_rate": rate,
                },
                {"countries": [_country(code) for code in codes]},
            )
        )
        world.store.add(
            Record(
                "qty_based_pricings",
                fixed_id(f"pricing {name}"),
                {"qty": 50, "setup_price": "12.0", "monthly_price": "12.0"},
                {"_pool": pool.ref},
            )
        )
