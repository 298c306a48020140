# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching numbers on the page: places to choose from, offers as rows, and a wider search where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.core import signing
from django.http import HttpRequest

from voipbox.core.errors import Fault, Refused
from voipbox.numbers import offers, search
from voipbox.providers.errors import BadRequest, ProviderError
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Capacity, Location, LocationKind, Offer, Search

from .. import attempts

_SALT = "voipbox.pages.client.checkout.offer"
_FRESH = 3600  # seconds that a row of a result can be chosen
_MOST = 30


@dataclass(frozen=True)
class Row:
    """An offer with one way to pay for it. key: signed, so that a browser changes neither price nor number."""

    offer: Offer
    capacity: Capacity
    key: str


@dataclass
class Found:
    """What the search form shows. trouble: why there is nothing, for everybody; for_staff: the provider's words;
    hint: what is to be chosen first."""

    countries: list[Location] = field(default_factory=list)
    regions: list[Location] = field(default_factory=list)
    cities: list[Location] = field(default_factory=list)
    country: str = ""
    region: str = ""
    city: str = ""
    pattern: str = ""
    pattern_fault: str = ""
    rows: list[tuple[Offer, list[Row]]] = field(default_factory=list)
    searched: bool = False
    wider: str = ""
    hint: str = ""
    trouble: str = ""
    for_staff: str = ""


def run(request: HttpRequest, account: ProviderAccount, owner: str) -> Found:
    """The places and offers that the page's address asks for. Never raises for what a provider answers."""
    asked = {name: request.GET.get(name, "")[:100].strip() for name in ("country", "region", "city", "pattern")}
    found = Found(country=asked["country"], region=asked["region"], city=asked["city"], pattern=asked["pattern"])
    if not attempts.take(attempts.SEARCH, request.user.pk):
        found.trouble = "You searched very often. Wait some minutes; a number that you hold stays yours."
        return found
    try:
        _places(found, account)
        if found.country:
            _offers(found, account, owner)
        elif "country" in request.GET:
            found.hint = "choose a country first"
    except Refused as error:
        found.pattern_fault = "; ".join(fault.cause for fault in error.faults)
    except ProviderError as error:
        found.trouble = "Numbers cannot be searched at present. Nothing was ordered; try again in a moment."
        found.for_staff = error.sentence
    return found


def _places(found: Found, account: ProviderAccount) -> None:
    found.countries = [place for place in search.places(account, LocationKind.COUNTRY) if place.has_numbers]
    if len(found.countries) == 1 and not found.country:
        found.country = found.countries[0].id
    if _known(found.country, found.countries):
        found.regions = [place for place in search.places(account, LocationKind.REGION, found.country) if place.has_numbers]
    else:
        found.country = ""
    if not _known(found.region, found.regions):
        found.region = ""
    if found.country and (found.region or not found.regions):
        found.cities = [
            place for place in search.places(account, LocationKind.CITY, found.region or found.country) if place.has_numbers
        ]
    if not _known(found.city, found.cities):
        found.city = ""


def _offers(found: Found, account: ProviderAccount, owner: str) -> None:
    """The offers, from a wider search where the wanted one gives none."""
    wanted = Search(found.country, found.region, found.city, found.pattern, limit=_MOST)
    wider = [(wanted, "")]
    if found.pattern:
        wider.append((replace(wanted, pattern=""), f"There is no number like {found.pattern} there. These have other digits."))
    if found.city:
        wider.append((replace(wanted, pattern="", city=""), "There is none in this city at present. These are in its region."))
    if found.region:
        wider.append(
            (replace(wanted, pattern="", city="", region=""), "There is none there at present. These are in the same country.")
        )
    for one, words in wider:
        try:
            offered = search.find(account, one, owner)
        except BadRequest as error:
            if words:  # wider than this provider searches
                continue
            _explain(found, error)
            return
        found.searched = True
        if offered:
            found.wider = words
            found.rows = rows(offered[:_MOST])
            return


def _explain(found: Found, error: BadRequest) -> None:
    """What the provider wants to be told before it searches, or what is wrong with the digits."""
    for fault in error.faults:
        if fault.field == "pattern":
            found.pattern_fault = fault.cause
        else:
            found.hint = fault.cause
    found.hint = found.hint or ("" if found.pattern_fault else str(error))


def rows(offered: list[Offer]) -> list[tuple[Offer, list[Row]]]:
    """Offers with a row for each way to pay, the cheapest first."""
    return [
        (
            offer,
            [
                Row(offer, capacity, sign(offer, capacity.id))
                for capacity in sorted(offer.capacities, key=lambda one: one.monthly)
            ],
        )
        for offer in offered
        if offer.capacities
    ]


def sign(offer: Offer, capacity_id: str) -> str:
    """An offer for a form."""
    return signing.dumps([offers.offer_to_json(offer), capacity_id], salt=_SALT, compress=True)


def unsign(key: str) -> tuple[Offer, str]:
    """The offer and the capacity of a form's value. Raises Refused for one that is not ours or too old."""
    try:
        content, capacity_id = signing.loads(key, salt=_SALT, max_age=_FRESH)
    except signing.BadSignature:
        raise Refused([Fault("number", "was on the page for too long; search again and choose it")]) from None
    return offers.offer_from_json(content), str(capacity_id)


def place_of(offer: Offer) -> str:
    """City, region and country, as far as they are told."""
    return ", ".join(dict.fromkeys(part for part in (offer.city, offer.region, offer.country) if part))


def _known(wanted: str, among: list[Location]) -> bool:
    return any(place.id == wanted for place in among)
