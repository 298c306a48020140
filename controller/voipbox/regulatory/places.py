# SPDX-License-Identifier: GPL-3.0-or-later
"""Matching a client's city to the provider's regulatory areas and cities."""

from __future__ import annotations

import difflib
import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voipbox.core import countries
from voipbox.core.errors import Fault, Refused
from voipbox.numbers import search
from voipbox.orders.models import Order
from voipbox.providers.errors import ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.papers import Requirements
from voipbox.providers.records import Location, LocationKind

from . import needs, provider
from .models import Registration

log = logging.getLogger("voipbox.regulatory")
_OFFERED = 12


@dataclass(frozen=True)
class Place:
    """Where an address lies for the provider. level: area, city or empty where the provider does not ask; id: its own."""

    level: str = ""
    id: str = ""
    name: str = ""


def match(order: Order, row: Registration, wanted: Requirements) -> Place:
    """The regulatory place of the address. Raises Refused with the field and the places there are, ProviderError."""
    level = needs.person(wanted, row.kind).area.level
    if level in ("", "world_wide"):
        return Place()
    country = _country(order)
    if country and row.where["country"] != country:
        raise Refused([Fault("address.country", f"is {country}: this number is for addresses in its own country")])
    if level == "country":
        return Place()
    account = order.provider
    assert account is not None
    kind = LocationKind.CITY if level == "city" else LocationKind.AREA
    known = _inside(account, kind, row.where["country"])
    asked, field = row.where.get("area") or row.where["city"], "address.area" if row.where.get("area") else "address.city"
    found = next((location for location in known if plain(location.name) == plain(asked)), None)
    own = _own(order, known)
    if own is not None and (found is None or found.id != own.id):
        raise Refused([Fault(field, f"is {asked}; this number is for addresses in {own.name}. Where that is right, give it as "
                             "address.area")])  # fmt: skip
    if found is None:
        raise Refused([Fault(field, _choices(asked, known, level))])
    return Place(level, found.id, found.name)


def countries_of(account: ProviderAccount | None) -> list[str]:
    """ISO codes of the countries that a provider of regulated numbers takes; none where all are good or it cannot be asked."""
    if not provider.regulates(account):
        return []
    assert account is not None
    try:
        return [one.code for one in search.places(account, LocationKind.COUNTRY) if one.code]
    except (ProviderError, Refused) as error:
        log.warning("the countries of %s could not be asked for: %s", account.slug, error)
        return []


def country_faults(account: ProviderAccount | None, identity: Mapping[str, Any], address: Mapping[str, Any]) -> list[Fault]:
    """The countries in identity and address that the provider does not take."""
    given = {
        "identity.country": identity.get("country"),
        "identity.birth_country": identity.get("birth_country"),
        "address.country": address.get("country"),
    }
    if not any(given.values()) or account is None or not (known := countries_of(account)):
        return []
    return [
        Fault(field, f"is {countries.name(code)}, which {account.name} does not take")
        for field, code in given.items()
        if code and code not in known
    ]


def number_country(number: str, offered: str = "") -> str:
    """ISO code of a number's country, from the number or, where the provider picks it, from its offer; empty where unknown."""
    if number:
        return countries.of_number(number)
    return offered if len(offered) == 2 else ""  # noqa: PLR2004 - an ISO code


def _own(order: Order, known: list[Location]) -> Location | None:
    """The number's own place, where the name of its city is one of the provider's regulatory places.

    The provider's dry run does not know the number: without this, a wrong place would be told only after the purchase.
    """
    choice = getattr(order, "choice", None)
    city = choice.offer.city if choice else ""
    return next((location for location in known if city and plain(location.name) == plain(city)), None)


def plain(name: str) -> str:
    """A place's name for comparing: without accents, case, blanks and hyphens. Sao Paulo is São-Paulo."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def _choices(asked: str, known: list[Location], level: str) -> str:
    names = {plain(location.name): location.name for location in known}
    near = [names[one] for one in difflib.get_close_matches(plain(asked), names, _OFFERED, 0.5)]
    shown = list(dict.fromkeys([*near, *sorted(names.values())]))[:_OFFERED]
    return f"{asked} is none of the provider's regulatory {level} names; give one as address.area: {', '.join(shown) or 'none'}"


def _inside(account: ProviderAccount, kind: LocationKind, country: str) -> list[Location]:
    for location in search.places(account, LocationKind.COUNTRY):
        if location.code == country:
            return search.places(account, kind, location.id)
    raise Refused([Fault("address.country", f"{country} is no country of {account.name}")])


def _country(order: Order) -> str:
    """ISO code of the number's country; empty where it cannot be told."""
    return number_country(order.number, "" if order.number else order.choice.offer.country)
