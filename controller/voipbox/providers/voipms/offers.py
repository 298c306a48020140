# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding numbers: places, patterns, and a row of the provider as an offer."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from voipbox.core.errors import Fault

from ..errors import BadRequest
from ..records import Capacity, CapacityKind, Location, LocationKind, Offer, Quote, Search
from .client import Client
from .decoding import Row, e164, flag, money, ten_digits, text

PER_MINUTE, FLAT = "1", "2"
COUNTRIES = (Location(LocationKind.COUNTRY, "CA", "Canada", "CA"), Location(LocationKind.COUNTRY, "US", "United States", "US"))
_SUFFIX = {"CA": "CAN", "US": "USA"}
_REGION_KEY = {"CA": "province", "US": "state"}
_LONGEST = 10  # digits
_PATTERN = re.compile(r"(\*?)\+?(\d+)(\*?)")


def places(client: Client, kind: LocationKind, parent: str) -> list[Location]:
    """Places of a kind. Ids: CA; CA-ON; the rate centre's name exactly as the provider writes it."""
    if kind is LocationKind.COUNTRY:
        return list(COUNTRIES)
    if kind is LocationKind.REGION:
        country = _country(parent)
        key = _REGION_KEY[country]
        found = client.rows("getProvinces" if country == "CA" else "getStates", f"{key}s")
        return [
            Location(LocationKind.REGION, f"{country}-{text(row, key)}", _title(text(row, "description")), text(row, key))
            for row in found
        ]
    if kind is LocationKind.CITY:
        country, region = _region(parent)
        found = client.rows(f"getRateCenters{_SUFFIX[country]}", "ratecenters", **{_REGION_KEY[country]: region})
        return [
            Location(
                LocationKind.CITY,
                str(row.get("ratecenter", "")),
                _title(str(row.get("ratecenter", ""))),
                has_numbers=flag(row.get("available")),
            )
            for row in found
        ]
    return []


def find(client: Client, wanted: Search) -> list[Offer]:
    """Numbers that can be bought now, in one call. Raises BadRequest."""
    country = _country(wanted.country)
    where = {}
    if wanted.region:
        if _region(wanted.region)[0] != country:
            raise _wrong("region", f"{wanted.region} is not in {country}")
        where = {_REGION_KEY[country]: _region(wanted.region)[1]}
    if wanted.number:
        found = client.rows(f"searchDIDs{_SUFFIX[country]}", "dids", type="starts", query=ten_digits(wanted.number), **where)
    elif wanted.pattern:
        kind, query = pattern_of(wanted.pattern)
        found = client.rows(f"searchDIDs{_SUFFIX[country]}", "dids", type=kind, query=query, **where)
    elif where:
        city = {"ratecenter": wanted.city} if wanted.city else {}
        found = client.rows(f"getDIDs{_SUFFIX[country]}", "dids", **where, **city)
    else:
        raise _wrong("region", "choose a province or state, or give a pattern")
    offers = (_offer(row, country) for row in found if wanted.city in ("", str(row.get("ratecenter", ""))))
    return [offer for offer in offers if offer is not None][: wanted.limit]


def quote(client: Client, offer: Offer, capacity: Capacity) -> Quote:
    """Ask for the very number again: its prices now, not available where it is gone."""
    for found in find(client, Search(offer.country, number=offer.number)):
        for plan in found.capacities:
            if found.number == offer.number and plan.id == capacity.id:
                return Quote(True, plan.setup, plan.monthly, plan.per_minute, plan.currency)
    return Quote(False, capacity.setup, capacity.monthly, capacity.per_minute, capacity.currency)


def pattern_of(pattern: str) -> tuple[str, str]:
    """*555* contains, 416* starts, *0100 ends; digits alone are contained, or ten of them the whole number."""
    match = _PATTERN.fullmatch(pattern.strip())
    if not match:
        raise _wrong("pattern", "write digits with a star at either end, such as *555*")
    before, digits, after = match.groups()
    kind = "contains"
    if after and not before:
        kind = "starts"
    elif before and not after:
        kind = "ends"
    elif not before and len(digits) >= _LONGEST:
        kind = "starts"
    if kind == "starts" and digits.startswith("1"):
        digits = digits[1:]  # the country; no area code begins with 1
    if not 0 < len(digits) <= _LONGEST:
        raise _wrong("pattern", "has more digits than a number, or none")
    return kind, digits


def _offer(row: Row, country: str) -> Offer | None:
    """None for a row without a price: it cannot be ordered by what it says. The token has the place as ids of Location."""
    plans = [plan for plan in (_plan(row, PER_MINUTE), _plan(row, FLAT)) if plan is not None]
    did = text(row, "did")
    if not plans or not did:
        return None
    key = _REGION_KEY[country]
    region, city = f"{country}-{text(row, key)}", str(row.get("ratecenter") or "")
    token: dict[str, Any] = {"did": did, "place": {"country": country, "region": region, "city": city}}
    return Offer(
        number=e164(did),
        country=country,
        region=_title(text(row, f"{key}_description")) or text(row, key),
        city=_title(city),
        capacities=tuple(plans),
        features=("sms",) if flag(row.get("sms")) else (),
        token=token,
    )


def _plan(row: Row, plan: str) -> Capacity | None:
    prefix = "perminute" if plan == PER_MINUTE else "flat"
    setup, monthly = money(row, f"{prefix}_setup"), money(row, f"{prefix}_monthly")
    minute = money(row, f"{prefix}_minute")
    if setup is None or monthly is None:
        return None
    if plan == PER_MINUTE:
        return None if minute is None else Capacity(plan, CapacityKind.PER_MINUTE, "Per minute", setup, monthly, minute)
    return Capacity(plan, CapacityKind.UNLIMITED, "Flat rate", setup, monthly, minute or Decimal(0))


def _country(written: str) -> str:
    if written.upper() not in _SUFFIX:
        raise _wrong("country", "this provider sells numbers of CA and US")
    return written.upper()


def _region(written: str) -> tuple[str, str]:
    country, dash, region = written.partition("-")
    if country not in _SUFFIX or not dash or not region:
        raise _wrong("region", f"{written or 'nothing'} is no region of this provider, such as CA-ON")
    return country, region


def _wrong(name: str, cause: str) -> BadRequest:
    return BadRequest(f"The search was not sent: {name}: {cause}.", faults=[Fault(name, cause)])


def _title(name: str) -> str:
    """Names of regions and of places in the USA come in upper case."""
    return name.title() if name.isupper() else name
