# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding numbers: places, offers without those that somebody else holds, and prices."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import replace
from decimal import Decimal

from django.db import transaction
from pydantic import TypeAdapter

from voipbox.core import clock, countries
from voipbox.core.errors import Fault, Refused
from voipbox.orders.models import Order
from voipbox.orders.statuses import CLOSED
from voipbox.orders.text_rules import national_digits
from voipbox.providers.drivers import open_driver
from voipbox.providers.models import ProviderAccount
from voipbox.providers.records import Location, LocationKind, Offer, Quote, Search

from . import offers
from .models import Hold, PlaceList

_PLACES_LIVE = datetime.timedelta(hours=24)
_LOCATIONS = TypeAdapter(list[Location])
_PATTERN = re.compile(r"\*?[0-9]{1,15}\*?")
_LAYOUT = re.compile(r"[\s()./-]")
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_NANP_LENGTH = 11  # digits of a number of the North American plan with its country code
_MOST = 500


def places(account: ProviderAccount, kind: LocationKind, parent: str = "") -> list[Location]:
    """Places of a kind inside a parent (id), by their names, asked for once a day. Raises ProviderError, Refused."""
    kept = PlaceList.objects.filter(account=account, kind=kind, parent=parent).first()
    now = clock.now()
    if kept is not None and kept.fetched_at > now - _PLACES_LIVE:
        return sorted(_LOCATIONS.validate_python(kept.places), key=_by_name)
    with open_driver(account) as driver:
        found = driver.locations(kind, parent)
    PlaceList.objects.update_or_create(
        account=account,
        kind=kind,
        parent=parent,
        defaults={"places": _LOCATIONS.dump_python(found, mode="json"), "fetched_at": now},
    )
    return sorted(found, key=_by_name)


def _by_name(place: Location) -> str:
    """As people look for it: without accents and case."""
    return unicodedata.normalize("NFKD", place.name).casefold()


def find(account: ProviderAccount, wanted: Search, owner: str = "") -> list[Offer]:
    """Numbers that can be had now, without those that another customer holds or ordered, in their order.

    Raises ProviderError, Refused.

    Parameters: account; wanted; owner, whose own hold does not count.
    """
    wanted = replace(wanted, pattern=digits_of(wanted.pattern, _code_of(account, wanted.country)))
    if not 1 <= wanted.limit <= _MOST:
        raise Refused([Fault("limit", f"is 1 to {_MOST}")])
    country = country_id(account, wanted.country)
    if not country:
        raise Refused([Fault("country", f"{account.name} has no numbers of {wanted.country}")])
    iso = next((one.code for one in places(account, LocationKind.COUNTRY) if one.id == country), "")
    with open_driver(account) as driver:
        found = driver.search(replace(wanted, country=country, pattern=national_digits(wanted.pattern, iso)))
    taken = taken_numbers([offer.number for offer in found if offer.number], owner)
    free = [offer for offer in found if offer.number not in taken]
    return sorted(free, key=lambda offer: (not offer.number, offer.number, offer.region, offer.city))


def digits_of(text: str, country: str = "") -> str:
    """What is looked for in numbers: digits with a star at one end or both. Raises Refused.

    Letters stand for the keys they are on (1-800-FLOWERS), a plus or a whole number of the North American plan brings its
    country code, which such numbers are searched without. Parameters: text, as people write it; country, ISO code.
    """
    bare = _LAYOUT.sub("", text.strip()).upper()
    plus = bare.startswith("+")
    pattern = bare.removeprefix("+").translate(_KEYS)
    if pattern and not _PATTERN.fullmatch(pattern):
        raise Refused([Fault("pattern", "must be digits or letters, with a star at one end or both, such as *555*")])
    digits = pattern.strip("*")
    whole = len(digits) == _NANP_LENGTH and not pattern.startswith("*")
    if digits.startswith("1") and (plus or whole) and countries.calling_code(country) == 1:
        pattern = pattern[1:] if digits != "1" else "*"
    return "" if pattern.strip("*") == "" else pattern


def _code_of(account: ProviderAccount, country: str) -> str:
    return next((one.code for one in places(account, LocationKind.COUNTRY) if country in (one.id, one.code)), "")


def taken_numbers(numbers: list[str], owner: str = "") -> set[str]:
    """Those of the numbers that somebody else holds or has ordered."""
    held = Hold.objects.filter(number__in=numbers, expires_at__gt=clock.now()).exclude(owner=owner)
    ordered = Order.objects.filter(number__in=numbers).exclude(status__in=sorted(CLOSED))
    if owner.startswith("order:"):
        ordered = ordered.exclude(pk=int(owner.removeprefix("order:")))
    return set(held.values_list("number", flat=True)) | set(ordered.values_list("number", flat=True))


def quote(account: ProviderAccount, offer: Offer, capacity_id: str = "") -> Quote:
    """What an offer costs now, and whether it is still there. Raises ProviderError, Refused."""
    capacity = offers.capacity_of(offer, capacity_id)
    with open_driver(account) as driver:
        answer = driver.quote(offer, capacity)
    if answer.vat_rate is None and account.options.get("vat_rate"):
        answer = replace(answer, vat_rate=Decimal(str(account.options["vat_rate"])))
    return answer


def exactly(account: ProviderAccount, number: str) -> Offer | None:
    """The offer of one number, None where it is not on offer. Raises ProviderError, Refused."""
    iso = countries.of_number(number)
    country = country_id(account, iso) if iso else ""
    if not country:
        return None
    with open_driver(account) as driver:
        found = driver.search(Search(country=country, number=number, limit=_MOST))
    return next((offer for offer in found if offer.number == number), None)


def country_id(account: ProviderAccount, country: str) -> str:
    """The provider's id of a country that is given by it or by its ISO code; empty where it has none. Raises ProviderError."""
    known = places(account, LocationKind.COUNTRY)
    return next((one.id for one in known if country in (one.id, one.code)), "")


def forget_places(account: ProviderAccount) -> None:
    """Ask for places anew the next time: the account changed."""
    with transaction.atomic():
        PlaceList.objects.filter(account=account).delete()
