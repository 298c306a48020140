# SPDX-License-Identifier: GPL-3.0-or-later
"""Countries, regions, cities and regulatory areas."""

from __future__ import annotations

from voipbox.core.errors import Fault
from voipbox.providers.errors import BadRequest
from voipbox.providers.records import Location, LocationKind

from .client import Client
from .document import Resource


class Places:
    """Places, as lists and by code."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._countries: dict[str, Resource] = {}

    def of(self, kind: LocationKind, parent: str) -> list[Location]:
        """Places of a kind inside a parent (id): countries have none, cities may lie in a region or straight in a country."""
        if kind is LocationKind.COUNTRY:
            return self._places(kind, "countries", {}, "the list of countries")
        if not parent:
            raise BadRequest(
                f"A list of {kind.value} places needs the place around them.", faults=[Fault("parent", "is missing")]
            )
        if kind is LocationKind.REGION:
            found = self._client.get("regions", {"filter[country.id]": parent}, "the list of regions").resources
            return [self._place(kind, each, True) for each in found]
        if kind is LocationKind.AREA:
            areas = self._client.all("areas", {"filter[country.id]": parent}, "the list of regulatory areas")
            return [self._place(kind, each, True) for each in areas]
        for relation in ("region.id", "country.id"):
            cities = self._places(kind, "cities", {f"filter[{relation}]": parent}, "the list of cities")
            if cities:
                return cities
        return []

    def _places(self, kind: LocationKind, path: str, filters: dict[str, str], doing: str) -> list[Location]:
        """All places of a list, and which of them have numbers: addresses may lie in any, only some can be searched."""
        read = self._client.all if path == "cities" else self._whole
        found = read(path, filters, doing)
        available = {each.id for each in read(path, {**filters, "filter[is_available]": "true"}, doing)} if found else set()
        return [self._place(kind, each, each.id in available) for each in found]

    def _whole(self, path: str, filters: dict[str, str], doing: str) -> list[Resource]:
        """A list that the provider does not cut into pages."""
        return list(self._client.get(path, filters, doing).resources)

    def country(self, code: str) -> Resource:
        """The country of an ISO code. Raises BadRequest, field country."""
        wanted = code.strip().upper()
        if wanted not in self._countries:
            found = self._client.get("countries", {"filter[iso]": wanted}, f"the country {wanted}").resources if wanted else ()
            match = next((each for each in found if each.text("iso").upper() == wanted), None)
            if match is None:
                raise BadRequest(
                    f"The provider knows no country {code!r}. Nothing was sent.", faults=[Fault("country", "is no ISO 3166 code")]
                )
            self._countries[wanted] = match
        return self._countries[wanted]

    @staticmethod
    def _place(kind: LocationKind, found: Resource, has_numbers: bool) -> Location:
        return Location(kind, found.id, found.text("name"), found.text("iso"), has_numbers)
