# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that can be bought: groups with their prices, and single numbers where the account may choose them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from voipbox.core.errors import Fault
from voipbox.providers.errors import AccessDenied, BadRequest, NotFound
from voipbox.providers.records import Capacity, CapacityKind, Offer, Quote, Search

from . import capacities
from .client import PAGE, Client, at
from .document import Document, Resource
from .settings import Settings

_NANPA = "1"
_NPA, _NPANXX = 3, 6


@dataclass(frozen=True)
class Pattern:
    """What the digits of a number must be like. Parameters: digits; start, end, True where the pattern is tied to them."""

    digits: str = ""
    start: bool = False
    end: bool = False

    @classmethod
    def of(cls, wanted: Search) -> Pattern:
        """The pattern of a search. Raises BadRequest, field pattern or number."""
        if wanted.number:
            digits = wanted.number.removeprefix("+")
            cls._check("number", wanted.number, digits)
            return cls(digits, start=True, end=True)
        digits = wanted.pattern.strip("*")
        if digits:
            cls._check("pattern", wanted.pattern, digits)
        tied = bool(digits) and digits != wanted.pattern  # without any star it is looked for anywhere
        return cls(digits, tied and not wanted.pattern.startswith("*"), tied and not wanted.pattern.endswith("*"))

    @staticmethod
    def _check(field: str, given: str, digits: str) -> None:
        if not (digits.isascii() and digits.isdigit()):
            cause = "is digits, with a star at either end or both, such as *555*"
            raise BadRequest(f"{given!r} is no pattern of a number. Nothing was asked.", faults=[Fault(field, cause)])

    def fits(self, number: str, prefix: str) -> bool:
        """Whether a number without its plus fits; prefix is its country's, and people leave it out of a beginning."""
        begins = number.startswith(self.digits) or number.removeprefix(prefix).startswith(self.digits)
        if self.start and self.end:
            return self.digits in (number, number.removeprefix(prefix))
        if self.start:
            return begins
        return number.endswith(self.digits) if self.end else self.digits in number


class Numbers:
    """The provider's stock."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client, self._settings = client, settings

    def search(self, wanted: Search) -> list[Offer]:
        """Offers in at most three calls: groups; single numbers or prefixes of North America; the rate of a minute.

        Where single numbers cannot be listed, a group is offered under the empty number, but only when every number of it
        fits the pattern.
        """
        pattern = Pattern.of(wanted)
        groups = self._groups(wanted)
        if not groups.resources or wanted.limit < 1:
            return []
        calls = 1
        listed: Document | None = None
        if self._settings.choose_numbers and any(group.meta.get("available_dids_enabled") for group in groups.resources):
            listed, calls = self._listed(wanted, pattern), calls + 1
        prefixes: dict[str, Resource] = {}
        digits = pattern.digits.removeprefix(_NANPA)
        if listed is None and pattern.start and len(digits) in (_NPA, _NPANXX) and self._is_nanpa(groups):
            prefixes, calls = self._prefixes(wanted, digits), calls + 1
        rate = capacities.metered_rate(self._client, wanted.country) if calls < 3 else None  # noqa: PLR2004 - promised to the caller
        makers = {group.id: _Maker(groups, group, rate) for group in groups.resources}
        offers = list(self._chosen(listed, makers, pattern)) if listed is not None else []
        offers += self._picked(groups, makers, pattern, {offer.token["group"] for offer in offers}, prefixes, bool(wanted.number))
        return offers[: wanted.limit]

    def quote(self, offer: Offer, capacity: Capacity) -> Quote:
        """Prices now, and whether the number is still to be had; one that we hold ourselves is."""
        token = offer.token
        include = {"include": "stock_keeping_units,country"}
        answer = self._client.find(at("did_groups", str(token.get("group") or "")), include, "the price of a number")
        group = answer.one if answer else None
        unit = None
        if answer is not None and group is not None:
            unit = next((each for each in answer.related(group, "stock_keeping_units") if each.id == capacity.id), None)
        if answer is None or group is None or unit is None:
            return Quote(available=False)
        country = answer.relative(group, "country")
        metered = capacity.kind is CapacityKind.PER_MINUTE and country is not None
        rate = capacities.metered_rate(self._client, country.id) if metered and country is not None else None
        found = capacities.of([unit], rate)[0]
        available = (
            self._is_there(str(token.get("available_did") or "")) if offer.number else bool(group.meta.get("is_available", True))
        )
        percent = self._settings.vat_percent
        vat_rate = Decimal(percent) / 100 if percent else None
        return Quote(available, found.setup, found.monthly, found.per_minute, found.currency, vat_rate)

    def _groups(self, wanted: Search) -> Document:
        filters = {**_place(wanted), "filter[is_available]": "true", "page[size]": str(PAGE)}
        include = "stock_keeping_units,country,region,city"
        return self._client.get("did_groups", {"include": include, **filters}, "the search for numbers")

    def _listed(self, wanted: Search, pattern: Pattern) -> Document | None:
        """Single numbers of all groups of the place, in one call; None where the account may not list them."""
        filters = {"include": "did_group", **_place(wanted)}
        if pattern.digits:
            filters["filter[number_contains]"] = pattern.digits
        try:
            return self._client.get("available_dids", filters, "the list of numbers")
        except (AccessDenied, NotFound):
            return None  # the provider has this off until it is asked for; groups can be ordered all the same

    def _prefixes(self, wanted: Search, digits: str) -> dict[str, Resource]:
        """The prefixes of North America that begin with an area code or are an area code with its exchange, by digits."""
        filters = {"filter[country.id]": wanted.country, "filter[npa]": digits[:_NPA], "page[size]": str(PAGE)}
        if wanted.region:
            filters["filter[region.id]"] = wanted.region
        if len(digits) == _NPANXX:
            filters["filter[nxx]"] = digits[_NPA:]
        found = self._client.get("nanpa_prefixes", filters, "the prefixes of North America").resources
        return {each.text("npa") + each.text("nxx"): each for each in found}

    @staticmethod
    def _is_nanpa(groups: Document) -> bool:
        country = groups.relative(groups.resources[0], "country")
        return country is not None and country.text("prefix") == _NANPA

    @staticmethod
    def _chosen(listed: Document, makers: dict[str, _Maker], pattern: Pattern) -> Iterator[Offer]:
        for row in listed.resources:
            maker, number = makers.get(row.link("did_group")), row.text("number")
            if maker is not None and number and pattern.fits(number, maker.country_prefix):
                yield maker.offer(number, available_did=row.id)

    @staticmethod
    def _picked(
        groups: Document,
        makers: dict[str, _Maker],
        pattern: Pattern,
        listed: set[str],
        prefixes: dict[str, Resource],
        one_number: bool,
    ) -> Iterator[Offer]:
        """Groups without a listed number, where a number that the provider picks is sure to fit."""
        if one_number:
            return
        for group in groups.resources:
            if group.id in listed:
                continue
            maker = makers[group.id]
            if not pattern.digits or (pattern.start and not pattern.end and maker.all_begin_with(pattern.digits)):
                yield maker.offer("")
            elif prefixes:
                for digits, prefix in prefixes.items():
                    if digits.startswith(group.text("prefix")):
                        yield maker.offer(
                            "", nanpa_prefix=prefix.id, area=f"{maker.city} {digits[:_NPA]}-{digits[_NPA:]}".strip()
                        )

    def _is_there(self, available_did: str) -> bool:
        doing = "whether a number is still there"
        if not available_did:
            return False
        if self._client.find(at("available_dids", available_did), None, doing) is not None:
            return True
        ours = self._client.all("did_reservations", {"include": "available_did"}, doing)
        return any(each.link("available_did") == available_did for each in ours)


class _Maker:
    """Makes the offers of one group."""

    def __init__(self, groups: Document, group: Resource, rate: Decimal | None) -> None:
        country, region = groups.relative(group, "country"), groups.relative(group, "region")
        city = groups.relative(group, "city")
        self._group, self._capacities = group, capacities.of(groups.related(group, "stock_keeping_units"), rate)
        self.country_prefix = country.text("prefix") if country else ""
        self._country, self._region = country.text("iso") if country else "", region.text("name") if region else ""
        self.city = city.text("name") if city else group.text("area_name")
        features = group.attributes.get("features")
        self._features = tuple(str(each) for each in features) if isinstance(features, list) else ()
        places = {"country": country, "region": region, "city": city}
        self._token = {
            "group": group.id,
            "place": {name: found.id if found else "" for name, found in places.items()},
        }

    def all_begin_with(self, digits: str) -> bool:
        """Whether every number of the group begins so, with or without the country's prefix."""
        area = self._group.text("prefix")
        return area.startswith(digits) or (self.country_prefix + area).startswith(digits)

    def offer(self, number: str, available_did: str = "", nanpa_prefix: str = "", area: str = "") -> Offer:
        """One offer; number without its plus, empty where the provider picks."""
        token = {**self._token, "available_did": available_did, "nanpa_prefix": nanpa_prefix}
        return Offer(
            number=f"+{number}" if number else "",
            country=self._country,
            region=self._region,
            city=area or self.city,
            capacities=self._capacities,
            regulated=bool(self._group.meta.get("needs_registration")),
            features=self._features,
            restrictions=self._group.text("service_restrictions"),
            token=token,
        )


def _place(wanted: Search) -> dict[str, str]:
    """The narrowest place of a search, as filters."""
    filters = {"filter[country.id]": wanted.country}
    if wanted.city:
        filters["filter[city.id]"] = wanted.city
    elif wanted.region:
        filters["filter[region.id]"] = wanted.region
    return filters
