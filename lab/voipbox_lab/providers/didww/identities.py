# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses numbers and where: identities and their addresses."""

from __future__ import annotations

import datetime
from typing import ClassVar

from .body import Given
from .handler import Handler
from .kinds import KINDS
from .records import Record

_FIXED = ("created_at", "verified")


class Identities(Handler):
    """Persons and companies. What kind it is cannot be changed."""

    kind = "identities"
    attributes: ClassVar[tuple[str, ...]] = tuple(name for name in KINDS["identities"].attributes if name not in _FIXED)
    changeable: ClassVar[tuple[str, ...]] = tuple(name for name in attributes if name != "identity_type")
    relations: ClassVar = {name: KINDS["identities"].relations[name] for name in ("country", "birth_country")}

    def create(self, given: Given) -> Record:
        """Make one. A company has a name and a country besides."""
        given.require("identity_type", "first_name", "last_name", "phone_number")
        given.one_of("identity_type", ("personal", "business"))
        if given.attributes.get("identity_type") == "business":
            given.require("company_name")
            given.require_links("country")
        self._check(given)
        record = self.world.make(self.kind, {**dict.fromkeys(self.attributes), "verified": False})
        given.onto(record)
        return record

    def update(self, record: Record, given: Given) -> None:
        """Change one; what was verified is so no more."""
        given.require(*(name for name in ("first_name", "last_name", "phone_number") if name in given.attributes))
        self._check(given)
        before = dict(record.attributes), dict(record.links)
        given.onto(record)
        if (record.attributes, record.links) != before and set(given.attributes) != {"external_reference_id"}:
            record.attributes["verified"] = False

    def _check(self, given: Given) -> None:
        given.short()
        phone = given.attributes.get("phone_number")
        if phone and not str(phone).isdigit():
            given.fault("phone_number", "is invalid")
        if given.attributes.get("birth_date"):
            try:
                datetime.date.fromisoformat(str(given.attributes["birth_date"]))
            except ValueError:
                given.fault("birth_date", "is invalid")
        given.check()

    def delete(self, record: Record) -> None:
        """Remove one with its addresses and documents."""
        for address in self.world.links_to("addresses", "identity", record.ref):
            self._with_proofs(address)
        for document in self.world.links_to("permanent_supporting_documents", "identity", record.ref):
            self.store.drop(document.ref)
        self._with_proofs(record)

    def _with_proofs(self, record: Record) -> None:
        for proof in self.world.links_to("proofs", "entity", record.ref):
            self.store.drop(proof.ref)
        self.store.drop(record.ref)


class Addresses(Handler):
    """Addresses of identities."""

    kind = "addresses"
    attributes: ClassVar[tuple[str, ...]] = ("city_name", "postal_code", "address", "description", "external_reference_id")
    relations: ClassVar = {name: KINDS["addresses"].relations[name] for name in ("identity", "country", "area", "city")}

    def create(self, given: Given) -> Record:
        """Make one."""
        given.require("city_name", "postal_code", "address")
        given.require_links("identity", "country")
        self._check(given, None)
        record = self.world.make(self.kind, {**dict.fromkeys(self.attributes), "verified": False})
        given.onto(record)
        return record

    def update(self, record: Record, given: Given) -> None:
        """Change one; what was verified is so no more."""
        given.require(*(name for name in ("city_name", "postal_code", "address") if name in given.attributes))
        self._check(given, record)
        given.onto(record)
        if set(given.attributes) != {"external_reference_id"}:
            record.attributes["verified"] = False

    def _check(self, given: Given, record: Record | None) -> None:
        given.short()
        country = given.one("country") or (record.one("country") if record else None)
        for name in ("area", "city"):
            place = self.store.at(given.one(name))
            if place and place.one("country") != country:
                given.fault_at_link(name)
        given.check()

    def delete(self, record: Record) -> None:
        """Remove one with its proofs."""
        for proof in self.world.links_to("proofs", "entity", record.ref):
            self.store.drop(proof.ref)
        self.store.drop(record.ref)
