# SPDX-License-Identifier: GPL-3.0-or-later
"""Countries, regions, cities and regulatory areas."""

from __future__ import annotations

from voipbox.core.errors import Fault
from voipbox.providers.errors import BadRequest
from voipbox.providers.protocol import Location, LocationKind

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
            found = self._client.get("countries", {"filter[is_available]": "true"}, "the list of countries").resources
            return [self._place(kind, each) for each in found]
        if not parent:
            raise BadRequest(
                f"A list of {kind.value} places needs the place around them.", faults=[Fault("parent", "is missing")]
            )
        if kind is LocationKind.REGION:
            found = self._client.get("regions", {"filter[country.id]": parent}, "the list of regions").resources
            return [self._place(kind, each) for each in found]
        if kind is LocationKind.AREA:
            areas = self._client.all("areas", {"filter[country.id]": parent}, "the list of regulatory areas")
            return [self._place(kind, each) for each in areas]
        for relation in ("region.id", "country.id"):
            filters = {f"filter[{relation}]": parent, "filter[is_available]": "true"}
            cities = self._client.all("cities", filters, "the list of cities")
            if cities:
                return [self._place(kind, each) for each in cities]
        return []

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
    def _place(kind: LocationKind, found: Resource) -> Location:
        return Location(kind=kind, id=found.id, name=found.text("name"), code=found.text("iso"))
