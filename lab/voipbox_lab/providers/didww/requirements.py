# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether identity, address and documents are what a country wants: one plain sentence a fault."""

from __future__ import annotations

from typing import Any

from .body import Given
from .handler import Handler
from .kinds import KINDS
from .records import Record, Ref
from .wire import sentence_error
from .world import World

_LABELS = {
    "birth_date": "Birth Date",
    "personal_tax_id": "Personal Tax ID",
    "id_number": "ID Number",
    "vat_id": "VAT ID",
    "company_reg_number": "Company Registration Number",
    "country": "Country",
    "birth_country": "Place of Birth",
    "contact_email": "Contact Email",
}


class Faults:
    """What is missing for a requirement. Parameters: group, the numbers' one, where there are numbers already."""

    def __init__(self, world: World, requirement: Record, group: Record | None = None) -> None:
        self._world = world
        self._store = world.store
        self._requirement = requirement
        self._group = group

    def of_identity(self, identity: Record) -> list[str]:
        """What is wrong with an identity and its documents."""
        wanted, kind = self._requirement.attributes, str(identity.attributes["identity_type"])
        if wanted["identity_type"] not in ("any", kind):
            return [f"Identity must be {str(wanted['identity_type']).capitalize()}"]
        found = [
            f"Identity {_LABELS.get(name, name)} is required"
            for name in wanted[f"{kind}_mandatory_fields"] or []
            if not (identity.one(name) if name in KINDS["identities"].relations else identity.attributes.get(name))
        ]
        level, country = wanted[f"{kind}_area_level"], self._requirement.one("country")
        if level in ("country", "area", "city") and identity.one("country") not in (None, country):
            found.append(f"Identity Country must be {self._name(country)}")
        found += self._proofs(identity, f"{kind}_proof", "Identity")
        return found + self._document(identity, self._requirement.one(f"{kind}_permanent_document"))

    def of_address(self, address: Record) -> list[str]:
        """What is wrong with an address and its documents."""
        found, level = [], self._requirement.attributes["address_area_level"]
        country = self._requirement.one("country")
        if level in ("country", "area", "city") and address.one("country") != country:
            found.append(f"Address Country must be {self._name(country)}")
        elif level in ("area", "city"):
            found += self._place(address, level)
        return found + self._proofs(address, "address_proof", "Address")

    def of_service(self, identity: Record, files: list[Any], description: Any) -> list[str]:
        """What is wrong with the one-time document and the description: too much is as wrong as too little."""
        found = []
        template = self._requirement.one(f"{identity.attributes['identity_type']}_onetime_document")
        if template and not files:
            found.append(f"Following one-time document required ({self._name(template)})")
        if files and not template:
            found.append("one-time document is not needed")
        needed = self._requirement.attributes["service_description_required"]
        if needed and not description:
            found.append("service description is required")
        if description and not needed:
            found.append("service description is not needed")
        return found

    def _place(self, address: Record, level: str) -> list[str]:
        wanted = self._numbers_place(level)
        if wanted is None and address.one(level):
            return []
        if wanted is None:
            return [f"Address {level.capitalize()} is required"]
        return [] if address.one(level) == wanted else [f"Address {level.capitalize()} must be {self._name(wanted)}"]

    def _numbers_place(self, level: str) -> Ref | None:
        city = self._store.at(self._group.one("city")) if self._group else None
        if city is None:
            return None
        return city.ref if level == "city" else city.one("area")

    def _proofs(self, entity: Record, name: str, label: str) -> list[str]:
        kinds = self._requirement.many(f"{name}_types")
        proofs = self._world.links_to("proofs", "entity", entity.ref)
        missing = int(self._requirement.attributes[f"{name}_qty"] or 0) - sum(
            proof.one("proof_type") in kinds for proof in proofs
        )
        if missing <= 0:
            return []
        return [f"{missing} {label} Proof(s) ({', '.join(map(self._name, kinds))}) required"]

    def _document(self, identity: Record, template: Ref | None) -> list[str]:
        documents = self._world.links_to("permanent_supporting_documents", "identity", identity.ref)
        if template is None or any(document.one("template") == template for document in documents):
            return []
        return [f"Following Supporting Document(s) required ({self._name(template)})"]

    def _name(self, ref: Ref | None) -> str:
        return str(self._store.need(ref).attributes["name"])


class Validations(Handler):
    """The dry run: nothing is kept."""

    kind = "address_requirement_validations"
    relations = KINDS["address_requirement_validations"].relations

    def create(self, given: Given) -> Record:
        """Say what is missing, or nothing."""
        given.require_links("address_requirement")
        identity, address = self.store.at(given.one("identity")), self.store.at(given.one("address"))
        if not identity and not address:
            given.fault_at_link("identity", "can't be blank")
        given.check()
        requirement = self.store.need(given.one("address_requirement"))
        faults = Faults(self.world, requirement)
        sentences = (faults.of_identity(identity) if identity else []) + (faults.of_address(address) if address else [])
        given.errors += [sentence_error(sentence) for sentence in sentences]
        given.check()
        return Record(self.kind, requirement.id, {})
