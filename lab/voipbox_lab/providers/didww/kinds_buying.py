# SPDX-License-Identifier: GPL-3.0-or-later
"""Types for finding and buying numbers."""

from __future__ import annotations

from .filters import at, contains, flag, meta_at_least, meta_flag, since, until
from .kind import ALL, COUNTRY, Kind, equal, to, to_many

_PLACES = {**COUNTRY, "region": to("regions"), "city": to("cities"), "did_group_type": to("did_group_types")}

KINDS: dict[str, Kind] = {
    "countries": Kind(
        ("name", "prefix", "iso"),
        {"regions": to_many("regions", via="country")},
        {**equal("name", "prefix", "iso"), "is_available": meta_flag("_available")},
        paged=False,
    ),
    "regions": Kind(("name", "iso"), COUNTRY, equal("country.id", "name", "iso"), paged=False),
    "areas": Kind(("name",), COUNTRY, equal("country.id", "name")),
    "cities": Kind(
        ("name",),
        {**COUNTRY, "region": to("regions"), "area": to("areas")},
        {**equal("country.id", "region.id", "area.id", "name"), "is_available": meta_flag("_available")},
    ),
    "did_group_types": Kind(("name",), {}, equal("name")),
    "did_groups": Kind(
        ("prefix", "features", "is_metered", "area_name", "allow_additional_channels", "service_restrictions"),
        {
            **COUNTRY,
            "city": to("cities"),
            "did_group_type": to("did_group_types"),
            "region": to("regions"),
            "stock_keeping_units": to_many("stock_keeping_units", via="_group"),
            "address_requirement": to("address_requirements"),
            "_nanpa": to_many("nanpa_prefixes", via="_group"),
        },
        {
            **equal("country.id", "region.id", "city.id", "did_group_type.id", "features", "prefix"),
            "area_name": at("area_name", folded=True),
            "is_metered": flag("is_metered"),
            "allow_additional_channels": flag("allow_additional_channels"),
            "needs_registration": meta_flag("needs_registration"),
            "is_available": meta_flag("is_available"),
            "available_dids_enabled": meta_flag("available_dids_enabled"),
            "meta.total_count_gteq": meta_at_least("total_count"),
            "nanpa_prefix.id": at("_nanpa.id"),
            "nanpa_prefix.npanxx": at("_nanpa._npanxx"),
        },
    ),
    "stock_keeping_units": Kind(("setup_price", "monthly_price", "channels_included_count"), {}, {}, frozenset()),
    "available_dids": Kind(
        ("number",),
        {"did_group": to("did_groups"), "nanpa_prefix": to("nanpa_prefixes")},
        {
            **{f"{name}.id": at(f"did_group.{name}.id") for name in _PLACES},
            **equal("did_group.id", "did_group.features", "nanpa_prefix.id"),
            "did_group.needs_registration": meta_flag("needs_registration", through="did_group"),
            "number_contains": contains("number"),
        },
        paged=False,
        total="total_count",
    ),
    "nanpa_prefixes": Kind(
        ("npa", "nxx"),
        {**COUNTRY, "region": to("regions"), "_group": to("did_groups")},
        {
            **equal("country.id", "region.id", "npa", "nxx"),
            "npanxx": at("_npanxx"),
            "did_group.features": at("_group.features"),
            "did_group.is_available": meta_flag("is_available", through="_group"),
        },
    ),
    "did_reservations": Kind(
        ("created_at", "expires_at", "description"),
        {"available_did": to("available_dids")},
        equal("description"),
        frozenset({"list", "get", "create", "delete"}),
    ),
    "orders": Kind(
        (
            "amount",
            "status",
            "created_at",
            "reference",
            "description",
            "items",
            "callback_url",
            "callback_method",
            "external_reference_id",
        ),
        {},
        {
            **equal("external_reference_id", "reference", "status"),
            "created_at_gteq": since("created_at"),
            "created_at_lteq": until("created_at"),
        },
        ALL,
    ),
    "balances": Kind(("balance", "credit", "total_balance"), verbs=frozenset()),
}
